import Glibc
import Platform

/// A file the configuration names for a secret, a key or a certificate.
enum PrivateFile {
  /// Bytes; keys, chains and secrets have a few thousand.
  private static let maximumLength = 64 * 1024

  /// Who may read it besides the person.
  enum Readers {
    /// Nobody: what others can read is not a secret any more.
    case ownerOnly
    /// Anybody: it is shown to strangers in any case.
    case everybody
  }

  /// The path with the home folder in the place of a `~` at its start.
  static func expanded(_ path: String, _ environment: Environment) -> String {
    guard path.hasPrefix("~/"), let home = environment["HOME"] else { return path }
    return home + path.dropFirst()
  }

  /// The whole contents.
  ///
  /// - Parameters:
  ///   - path: `~/` at its start is the home folder.
  ///   - key: the name of the setting, for messages.
  static func read(
    _ path: String, for key: String, readers: Readers, environment: Environment
  ) throws(CourierFailure) -> [UInt8] {
    let path = expanded(path, environment)
    func fault(_ reason: String, hint: String? = nil) -> CourierFailure {
      CourierFailure(.failed, "cannot use \(key) \(shown(path)): \(reason)", hint: hint)
    }
    do throws(SystemError) {
      // Without O_NONBLOCK a pipe in the file's place would be waited for.
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      var facts = stat()
      guard fstat(file.number, &facts) == 0 else { throw .last("fstat") }
      guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemError(EINVAL, in: "open") }
      guard readers == .everybody || facts.st_mode & 0o077 == 0 else {
        throw SystemError(EPERM, in: "fstat")
      }
      return try readAll(file.number, limit: maximumLength)
    } catch {
      switch error.number {
      case EINVAL: throw fault("it is not a file")
      case EPERM: throw fault("others can read it", hint: "chmod 600 \(shellQuoted(path))")
      case EFBIG: throw fault("it is larger than 64 KiB")
      default: throw fault(error.reason)
      }
    }
  }
}
