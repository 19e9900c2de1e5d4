import Configuration

/// The settings of one sign-in: an account's section, and what the asker's command line put over
/// it.
struct SignInSettings {
  /// The section as it was at sign-in; nil for a name that was not configured.
  let section: AccountSettings?
  /// What came with the request.
  let overrides: [Setting]
  /// What holds: the section with `overrides` over it.
  let effective: AccountSettings

  init(name: AccountName, section: AccountSettings?, overrides: [Setting]) {
    self.section = section
    self.overrides = overrides
    effective = (section ?? AccountSettings(name: name)).overridden(by: overrides)
  }

  subscript(_ key: String) -> String? { effective[key] }

  /// Whether they do not say where to sign in.
  var namesNoServer: Bool { self["issuer"] == nil && self["token_endpoint"] == nil }

  /// The first setting by which the session of this sign-in is no longer that of the account as it
  /// is configured now; nil while it is.
  ///
  /// A name that has vanished from the file keeps its session: an editor that writes a file in two
  /// steps must not cost anybody a sign-in.
  func difference(from current: AccountSettings?) -> String? {
    current?.securityRelevantDifference(from: section ?? effective)
  }

  /// The settings for a later job: the section as it is now where there is one, for it may have a
  /// new secret or proxy, with the same overrides.
  func renewed(by current: AccountSettings?) -> SignInSettings {
    SignInSettings(name: effective.name, section: current ?? section, overrides: overrides)
  }
}
