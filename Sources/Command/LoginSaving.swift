import Configuration
import Platform

/// Keeps what a sign-in was made with, once it has worked.
enum LoginSaving {
  /// Saves the settings of an account that is not configured yet; says what was done.
  ///
  /// The sign-in stays whatever happens here: a file that cannot be written is a warning.
  ///
  /// - Parameter isNameDerived: the person has not chosen the name, and so does not know it.
  static func save(
    _ settings: [Setting], account: String?, in configuration: Configured, isWanted: Bool,
    isNameDerived: Bool = false
  ) {
    guard !settings.isEmpty, let name = account.flatMap(AccountName.init) else { return }
    if let configured = configuration.file.account(name.text) {
      guard differ(settings, from: configured) else { return }
      for line in unsaved(settings, configured, path: configuration.path, isWanted: isWanted) {
        Diagnostics.tell(line)
      }
      return
    }
    guard isWanted else {
      if isNameDerived { Diagnostics.tell("the account is \(name): sallyport token \(name)") }
      return
    }
    guard let path = configuration.path else {
      return warn("neither XDG_CONFIG_HOME nor HOME is set")
    }
    do throws(ConfigurationFault) {
      let account = AccountSettings(name: name, settings: settings)
      try ConfigurationStore.replace(path: path) { (text) throws(ConfigurationFault) in
        try ConfigurationEditor.adding(account, to: text)
      }
      Diagnostics.tell(
        isNameDerived
          ? "saved under the name \(name) in \(path): sallyport token \(name)"
          : "saved \(name) in \(path)")
    } catch { warn(error.sentence(path: path)) }
  }

  /// Whether a sign-in with `settings` is another one than the configuration describes.
  static func differ(_ settings: [Setting], from configured: AccountSettings) -> Bool {
    Set(settings.map(\.key)).contains { key in
      settings.filter { $0.key == key }.map(\.value) != configured.all(key)
    }
  }

  /// What of `settings` the file does not have, and how it gets there.
  ///
  /// - Parameter isWanted: false after `--no-save`, when nobody wants to hear how to save.
  static func unsaved(
    _ settings: [Setting], _ configured: AccountSettings, path: String?, isWanted: Bool
  ) -> [String] {
    guard isWanted else {
      return ["the options counted for this sign-in; the configuration is as it was"]
    }
    let missing = settings.filter { !configured.all($0.key).contains($0.value) }
    guard !missing.isEmpty else {
      return ["the options counted for this sign-in; \(configured.name) is as it was"]
    }
    var keys: [String] = []
    for setting in missing where !keys.contains(setting.key) { keys.append(setting.key) }
    let name = configured.name
    let place = "below [\(name)] in \(path ?? "the configuration")"
    let (changed, added) = (missing.filter(replaces), missing.filter { !replaces($0) })
    var lines = [
      "not saved, because \(name) is configured already: " + keys.joined(separator: ", ")
    ]
    if !added.isEmpty { lines += ["  to keep this, add \(place):"] + added.map(line) }
    if !changed.isEmpty { lines += ["  to keep this, change \(place):"] + changed.map(line) }
    return lines

    func replaces(_ setting: Setting) -> Bool {
      configured[setting.key] != nil && KnownKey.named(setting.key)?.isRepeatable != true
    }
  }

  /// A line for the file; values that may have a password in them are left to the person.
  private static func line(_ setting: Setting) -> String {
    let mayHoldSecret = ["proxy", "client_secret_command"].contains(setting.key)
    let value =
      mayHoldSecret ? "…" : (try? ConfigurationEditor.spelled(setting.value, key: setting.key))
    return "    \(setting.key) = \(value ?? "…")"
  }

  private static func warn(_ reason: String) {
    Diagnostics.report("signed in, but the account is not saved: \(reason)")
  }
}
