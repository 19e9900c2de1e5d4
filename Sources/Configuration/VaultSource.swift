/// Where the key of the vault comes from: the setting `vault`.
package enum VaultSource: Equatable, Sendable {
  /// Nothing is written to the disk.
  case memory
  /// A random key, kept by the desktop's keyring.
  case secretService
  case passphrase
  /// A file of `$CREDENTIALS_DIRECTORY`, which systemd has decrypted.
  case credential
  /// What a command line prints first, such as a password manager's.
  case command(String)

  /// What stands before the command line in the value of the setting, and in a vault's header.
  package static let commandName = "command"

  /// Reads the value of the setting; nil when it is none.
  ///
  /// A command line stands behind a second equals sign: `vault = command = pass show sallyport`.
  package init?(_ value: String) {
    switch value {
    case "memory": self = .memory
    case "secret-service": self = .secretService
    case "passphrase": self = .passphrase
    case "credential": self = .credential
    default:
      guard value.hasPrefix(Self.commandName) else { return nil }
      let rest = value.dropFirst(Self.commandName.count).drop { $0 == " " || $0 == "\t" }
      guard rest.first == "=" else { return nil }
      let line = rest.dropFirst().drop { $0 == " " || $0 == "\t" }
      guard !line.isEmpty else { return nil }
      self = .command(String(line))
    }
  }

  /// The word for it, which stands in the vault's header too.
  package var name: String {
    switch self {
    case .memory: "memory"
    case .secretService: "secret-service"
    case .passphrase: "passphrase"
    case .credential: "credential"
    case .command: Self.commandName
    }
  }

  /// The value of the setting.
  package var setting: String {
    if case .command(let line) = self { return "\(Self.commandName) = \(line)" }
    return name
  }
}
