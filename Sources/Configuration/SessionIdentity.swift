extension AccountSettings {
  /// The settings that say whose session an account holds and where its secrets may be sent.
  private static let identity = [
    "issuer", "client_id", "authorization_endpoint", "token_endpoint", "revocation_endpoint",
    "end_session_endpoint", "jwks_uri", "userinfo_endpoint", "token_endpoint_auth_method",
    "require_pushed_authorization_requests", "dpop_bound_access_tokens",
  ]

  /// The first setting by which a session made under `former` must not be used under these
  /// settings; nil when it may.
  ///
  /// It must not when the server, the client or the way it authenticates has changed: a refresh
  /// token goes only to the server that issued it (RFC 6749 §10.4). A changed `scope`, `resource`
  /// or `redirect_uri` counts from the next sign-in and ends nothing; neither does a changed
  /// secret, CA file or proxy, which serve the same session.
  package func securityRelevantDifference(from former: AccountSettings) -> String? {
    Self.identity.first { self[$0] != former[$0] }
  }

  /// Why a sign-in must be refused with these settings, or nil.
  ///
  /// They ask for something this version cannot do, and doing without would be weaker.
  package var refusal: ConfigurationFault? {
    for setting in settings {
      guard let known = KnownKey.named(setting.key) else { continue }
      let isAsked =
        switch known.support {
        case .full:
          setting.key == "token_endpoint_auth_method" && !Self.built.contains(setting.value)
        case .later: false
        case .refusedUntilBuilt: ValueRule.flag(setting.value) == true
        }
      if isAsked {
        return ConfigurationFault(
          line: setting.line == 0 ? nil : setting.line,
          "\(setting.key) = \(setting.value) is not supported yet, and the sign-in would be weaker"
            + " without it")
      }
    }
    return nil
  }

  /// The client authentication methods this version can use.
  private static let built = ["none", "client_secret_basic", "client_secret_post"]
}
