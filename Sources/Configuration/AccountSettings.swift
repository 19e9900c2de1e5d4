/// One `key = value` line of the configuration file.
package struct Setting: Equatable, Sendable {
  package let key: String
  /// The value; empty for `client_secret`, whose value stays in the file.
  package let value: String
  /// The line it stands on, counted from 1.
  package let line: Int
  /// Where the value stands in the file, in bytes, without its quotes.
  package let valueRange: Range<Int>

  package init(key: String, value: String, line: Int = 0, valueRange: Range<Int> = 0..<0) {
    self.key = key
    self.value = value
    self.line = line
    self.valueRange = valueRange
  }
}

/// The settings of one account: a section of the configuration file, in its order.
package struct AccountSettings: Equatable, Sendable {
  package let name: AccountName
  package private(set) var settings: [Setting]

  package init(name: AccountName, settings: [Setting] = []) {
    self.name = name
    self.settings = settings
  }

  /// The value of a key, the first one of a repeatable key; nil when it is absent.
  ///
  /// For `client_secret` this is the empty string: see ``Setting/valueRange``.
  package subscript(_ key: String) -> String? { settings.first { $0.key == key }?.value }

  /// All values of a repeatable key, in their order.
  package func all(_ key: String) -> [String] {
    settings.filter { $0.key == key }.map(\.value)
  }

  /// The line and place of a key; nil when it is absent.
  package func setting(_ key: String) -> Setting? { settings.first { $0.key == key } }

  /// Whether the account is configured with a `client_secret` that stands in the file itself.
  package var holdsSecret: Bool { setting(KnownKey.clientSecret) != nil }

  /// `authorize.NAME` settings as NAME and value, in their order.
  package var authorizeParameters: [(name: String, value: String)] {
    settings.filter { $0.key.hasPrefix(KnownKey.authorizePrefix) }.map {
      (String($0.key.dropFirst(KnownKey.authorizePrefix.count)), $0.value)
    }
  }

  /// Adds a setting at the end.
  package mutating func append(_ setting: Setting) { settings.append(setting) }

  /// These settings with `others` in the place of those that have the same key.
  ///
  /// What is given on a command line wins over the file, and a list replaces the whole list.
  package func overridden(by others: [Setting]) -> AccountSettings {
    let keys = Set(others.map(\.key))
    return AccountSettings(
      name: name, settings: settings.filter { !keys.contains($0.key) } + others)
  }
}
