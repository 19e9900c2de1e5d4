import Glibc
import OAuth
import Platform

/// The secret that systemd has decrypted for the service (systemd.exec(5), credentials).
enum VaultCredential {
  /// The name of the credential.
  static let name = "sallyport-vault"
  /// Bytes; a secret has under a hundred.
  private static let maximumLength = 64 * 1024

  /// All of it, but for the line end that an editor or `echo` leaves.
  static func read(_ environment: Environment) throws(CourierFailure) -> [UInt8] {
    guard let folder = environment["CREDENTIALS_DIRECTORY"] else {
      throw .noKey(
        "the vault's key comes from a credential, and the agent was started without any:"
          + " its unit needs LoadCredentialEncrypted=\(name)")
    }
    let path = "\(folder)/\(name)"
    var bytes: [UInt8]
    do throws(SystemError) {
      // Without O_NONBLOCK a pipe in the file's place would be waited for.
      let file = try Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      try check(file.number)
      bytes = try readAll(file.number, limit: maximumLength)
    } catch { throw failure(error, path) }
    if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
    guard !bytes.isEmpty else { throw .noKey("the credential \(shown(path)) is empty") }
    return bytes
  }

  /// It belongs to the person, or to root: systemd lets the service in by an access control list then,
  /// whose mask stands in the mode in the place of the group.
  private static func check(_ file: Int32) throws(SystemError) {
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw .last("fstat") }
    guard facts.st_mode & S_IFMT == S_IFREG else { throw SystemError(EINVAL, in: "open") }
    let isMine = facts.st_uid == geteuid()
    let forbidden: mode_t = facts.st_uid == 0 ? 0o037 : 0o077
    guard isMine || facts.st_uid == 0, facts.st_mode & forbidden == 0 else {
      throw SystemError(EPERM, in: "fstat")
    }
  }

  private static func failure(_ error: SystemError, _ path: String) -> CourierFailure {
    let path = shown(path)
    return switch error.number {
    case ENOENT: .noKey("there is no credential \(path)")
    case EINVAL, ELOOP: .noKey("refusing the credential \(path): it is not a file")
    case EPERM: .noKey("refusing the credential \(path): others can read it, or have written it")
    case EFBIG: .noKey("refusing the credential \(path): it is larger than 64 KiB")
    default: .noKey("cannot read the credential \(path): \(error.reason)")
    }
  }
}
