/// The configuration file as values.
///
/// INI, as sallyport.conf(5) has it: `key = value` lines, the agent's before the first `[NAME]`. A comment
/// starts with `;` or `#`, at the start of a line or after white space. A value in double quotes
/// keeps what stands between them; there are no escapes.
package struct ConfigurationFile: Equatable, Sendable {
  /// Bytes a file may have: room for more than 10,000 accounts.
  package static let longest = 4 * 1024 * 1024

  /// The settings before the first section: those of the agent.
  package let agent: [Setting]
  /// The accounts, in the order of the file.
  package let accounts: [AccountSettings]

  /// A configuration without any setting.
  package init() {
    agent = []
    accounts = []
  }

  /// Reads a whole file; every key and every value that can be judged cheaply is checked.
  package init(parsing bytes: UnsafeRawBufferPointer) throws(ConfigurationFault) {
    guard bytes.count <= Self.longest else {
      throw ConfigurationFault("the file is longer than \(Self.longest) bytes")
    }
    var agent: [Setting] = []
    var accounts: [AccountSettings] = []
    var names: Set<AccountName> = []
    var lines = LineReader(bytes)
    while let line = lines.next() {
      switch try ConfigurationLine(bytes, line) {
      case .empty: continue
      case .section(let name):
        guard names.insert(name).inserted else {
          throw ConfigurationFault(
            line: line.number, "there is another section [\(name)] above; an account has one")
        }
        accounts.append(AccountSettings(name: name))
      case .setting(let setting, let known):
        if accounts.isEmpty {
          try Self.append(setting, known, to: &agent)
        } else {
          try accounts[accounts.count - 1].append(setting, known)
        }
      }
    }
    self.agent = agent
    self.accounts = accounts
  }

  /// The account of that name; nil when there is none.
  package func account(_ name: String) -> AccountSettings? {
    accounts.first { $0.name.text == name }
  }

  /// Where the vault's key is to come from; nil when the file leaves it open.
  package var vault: VaultSource? {
    agent.first { $0.key == KnownKey.vault }.flatMap { VaultSource($0.value) }
  }

  /// Whether a `client_secret` stands in the file: then nobody else may read it.
  package var holdsSecret: Bool { accounts.contains(where: \.holdsSecret) }

  /// The accounts whose `credential_url` answers a request, as ``CredentialURL`` decides.
  package func accounts(answering request: CredentialRequest) -> [AccountSettings] {
    CredentialURL.accounts(answering: request, among: accounts)
  }

  private static func append(
    _ setting: Setting, _ known: KnownKey, to agent: inout [Setting]
  ) throws(ConfigurationFault) {
    guard known.place == .agent else {
      throw ConfigurationFault(
        line: setting.line, "\(setting.key) belongs to an account: write it below a [NAME] line")
    }
    guard !agent.contains(where: { $0.key == setting.key }) else {
      throw .repeated(setting)
    }
    agent.append(setting)
  }
}

extension AccountSettings {
  fileprivate mutating func append(
    _ setting: Setting, _ known: KnownKey
  ) throws(ConfigurationFault) {
    guard known.place == .account else {
      throw ConfigurationFault(
        line: setting.line,
        "\(setting.key) is a setting of the agent: write it above the first [NAME] line")
    }
    guard known.isRepeatable || self.setting(setting.key) == nil else { throw .repeated(setting) }
    append(setting)
  }
}

extension ConfigurationFault {
  fileprivate static func repeated(_ setting: Setting) -> ConfigurationFault {
    ConfigurationFault(line: setting.line, "\(setting.key) is given twice")
  }
}
