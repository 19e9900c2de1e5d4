import Configuration
import Glibc
import Platform

/// What `doctor` finds about the files an account names.
enum FileCheck {
  /// What a file is for, and so what it has to be like.
  private enum Kind {
    case certificates
    case privateKey
    /// A secret or a token on its first line.
    case secret
  }

  private static let kinds: [(key: String, kind: Kind)] = [
    ("client_secret_file", .secret), ("client_key_file", .privateKey),
    ("client_certificate_file", .certificates), ("initial_access_token_file", .secret),
    ("redirect_certificate", .certificates), ("redirect_key", .privateKey),
    ("ca_file", .certificates),
  ]

  /// Bytes of a file that are looked at; a bundle of certificates has some hundred thousand.
  private static let longestFile = 4 * 1024 * 1024

  static func findings(_ settings: AccountSettings) -> [Finding] {
    kinds.compactMap { key, kind in
      settings[key].flatMap { judge(expanded($0), kind, key: key, of: settings.name) }
    }
  }

  /// The path with `~/` for the person's own folder.
  static func expanded(_ path: String) -> String {
    guard path.hasPrefix("~/"), let home = environmentVariable("HOME") else { return path }
    return home + path.dropFirst()
  }

  private static func judge(
    _ path: String, _ kind: Kind, key: String, of name: AccountName
  ) -> Finding? {
    let subject = "\(name): the \(key) \(path)"
    do throws(SystemError) {
      // Without O_NONBLOCK a pipe in the file's place would be waited for.
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      var facts = stat()
      guard fstat(file.number, &facts) == 0 else { throw .last("fstat") }
      guard facts.st_mode & S_IFMT == S_IFREG else { return .problem("\(subject) is not a file") }
      if kind != .certificates, facts.st_mode & 0o077 != 0 {
        return .problem(
          "\(subject) can be read by others", hint: "chmod 600 \(shellQuoted(path))")
      }
      var bytes = try readAll(file.number, limit: longestFile)
      // A key may be among them.
      defer { wipe(&bytes) }
      return content(bytes, kind).map { .problem("\(subject) \($0)") }
    } catch { return .problem("\(subject) cannot be read: \(error.reason)") }
  }

  /// What is wrong with a file's bytes, as far as it can be told without a library for them.
  private static func content(_ bytes: [UInt8], _ kind: Kind) -> String? {
    switch kind {
    case .secret:
      let line = bytes.prefix { $0 != UInt8(ascii: "\n") }
      return line.isEmpty ? "has nothing on its first line" : nil
    case .certificates:
      return contains(bytes, "-----BEGIN CERTIFICATE-----")
        ? nil : "has no certificate in PEM: it should have a line BEGIN CERTIFICATE"
    case .privateKey:
      if contains(bytes, "ENCRYPTED") {
        return "is encrypted, and there is nobody to ask for the passphrase: give one that is not"
      }
      return contains(bytes, "PRIVATE KEY-----")
        ? nil : "has no private key in PEM: it should have a line BEGIN PRIVATE KEY"
    }
  }

  private static func contains(_ bytes: [UInt8], _ text: StaticString) -> Bool {
    let wanted = UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount)
    guard let first = wanted.first else { return true }
    return bytes.indices.contains { place in
      bytes[place] == first && bytes[place...].starts(with: wanted)
    }
  }

  private static func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { bytes in
      guard let start = bytes.baseAddress else { return }
      explicit_bzero(start, bytes.count)
    }
  }
}
