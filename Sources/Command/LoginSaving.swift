import Configuration
import Platform

/// Keeps what a sign-in was made with, once it has worked.
enum LoginSaving {
  /// Saves the settings of an account that is not configured yet; says what was done.
  ///
  /// The sign-in stays whatever happens here: a file that cannot be written is a warning.
  static func save(
    _ settings: [Setting], account: String?, in configuration: Configured, isWanted: Bool
  ) {
    guard !settings.isEmpty, let name = account.flatMap(AccountName.init) else { return }
    if let configured = configuration.file.account(name.text) {
      if differ(settings, from: configured) {
        Diagnostics.tell("the options counted for this sign-in; the configuration is as it was")
      }
      return
    }
    guard isWanted else { return }
    guard let path = configuration.path else {
      return warn("neither XDG_CONFIG_HOME nor HOME is set")
    }
    do throws(ConfigurationFault) {
      let account = AccountSettings(name: name, settings: settings)
      try ConfigurationStore.replace(path: path) { (text) throws(ConfigurationFault) in
        try ConfigurationEditor.adding(account, to: text)
      }
      Diagnostics.tell("saved \(name) in \(path)")
    } catch { warn(error.sentence(path: path)) }
  }

  /// Whether a sign-in with `settings` is another one than the configuration describes.
  static func differ(_ settings: [Setting], from configured: AccountSettings) -> Bool {
    Set(settings.map(\.key)).contains { key in
      settings.filter { $0.key == key }.map(\.value) != configured.all(key)
    }
  }

  private static func warn(_ reason: String) {
    Diagnostics.report("signed in, but the account is not saved: \(reason)")
  }
}
