import Attributes
import Configuration
import Secrets

/// The settings of a sign-in as lines of a stored account.
///
/// `section.KEY[]=` and `override.KEY[]=` in their order, `section=yes` where the account had a
/// section, and `resource_url=`; each with a prefix for the settings of a registration.
struct StoredSettings {
  /// What is said of the settings themselves; empty for those of the session.
  enum Owner: String, CaseIterable {
    case session = ""
    case registration = "registration_"
  }

  /// Keys of a section that count in the file alone, as it is then: nobody looks for them here. What
  /// says who gets a token is not among them, for a section that has vanished keeps its rules.
  private static let unneeded: Set<String> = ["credential_url", "login"]

  private var hasSection = false
  private var section: [Setting] = []
  private var overrides: [Setting] = []
  private var resourceURL: String?

  static func append(
    _ settings: SignInSettings, of owner: Owner, to block: inout SecretBuffer
  ) throws(AttributeFault) {
    let prefix = owner.rawValue
    if let section = settings.section {
      try block.append(key: prefix + "section", value: "yes")
      try append(section.settings, prefix + "section.", to: &block)
    }
    try append(settings.overrides, prefix + "override.", to: &block)
    if let url = settings.resourceURL {
      try block.append(key: prefix + "resource_url", value: url)
    }
  }

  private static func append(
    _ settings: [Setting], _ prefix: String, to block: inout SecretBuffer
  ) throws(AttributeFault) {
    for setting in settings where !unneeded.contains(setting.key) {
      // A secret of the client stays in the file it stands in.
      let value = setting.key == KnownKey.clientSecret ? "" : setting.value
      try block.append(key: prefix + setting.key, isList: true, value: value)
    }
  }

  /// Takes one line, its key without the owner's prefix; false when it is none of these.
  mutating func take(
    _ key: Substring, isList: Bool, _ value: UnsafeRawBufferPointer
  ) throws(RestoreFault) -> Bool {
    switch key {
    case "section":
      guard !isList, value.elementsEqual("yes".utf8) else { throw .malformed(key: "section") }
      hasSection = true
    case "resource_url":
      resourceURL = try StoredAccount.text(value, isList: isList, key: "resource_url")
    default:
      for (prefix, list) in [("section.", \Self.section), ("override.", \Self.overrides)]
      where key.hasPrefix(prefix) {
        let name = String(key.dropFirst(prefix.count))
        guard KnownKey.named(name)?.isForAccounts == true else {
          throw .unknownKey(String(key))
        }
        let value = try StoredAccount.text(value, isList: !isList, key: String(key))
        self[keyPath: list].append(Setting(key: name, value: value))
        return true
      }
      return false
    }
    return true
  }

  /// The settings that were written.
  func settings(
    of name: AccountName, sharing parts: inout SharedParts
  ) throws(RestoreFault) -> SignInSettings {
    guard hasSection || section.isEmpty else { throw .malformed(key: "section") }
    let section = hasSection ? parts.shared(section) : nil
    return SignInSettings(
      name: name, section: section.map { AccountSettings(name: name, settings: $0) },
      overrides: parts.shared(overrides), resourceURL: resourceURL)
  }
}
