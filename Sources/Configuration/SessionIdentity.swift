extension AccountSettings {
  /// The settings that say whose session an account holds and where its secrets may be sent.
  private static let identity = [
    "issuer", "client_id", "authorization_endpoint", "token_endpoint", "revocation_endpoint",
    "end_session_endpoint", "jwks_uri", "userinfo_endpoint", "token_endpoint_auth_method",
    "require_pushed_authorization_requests", "dpop_bound_access_tokens",
    "client_id_metadata_document",
  ]

  /// The first setting by which a session made under `former` must not be used under these
  /// settings; nil when it may.
  ///
  /// It must not when the server, the client or the way it authenticates has changed: a refresh
  /// token goes only to the server that issued it (RFC 6749 §10.4). A changed `scope`, `resource`
  /// or `redirect_uri` counts from the next sign-in and ends nothing; neither does a changed
  /// secret, key, certificate, CA file or proxy, which serve the same session. Where the resource
  /// is what leads to the server (RFC 9728), another resource may lead to another server.
  package func securityRelevantDifference(from former: AccountSettings) -> String? {
    if let key = Self.identity.first(where: { meaning(of: $0) != former.meaning(of: $0) }) {
      return key
    }
    guard findsServerByResource || former.findsServerByResource else { return nil }
    return all("resource") == former.all("resource") ? nil : "resource"
  }

  /// What a key says: `no` is what a switch that is not there says, and `true` is `yes`.
  private func meaning(of key: String) -> String? {
    guard let value = self[key], let flag = ValueRule.flag(value),
      case .flag? = KnownKey.named(key)?.rule
    else { return self[key] }
    return flag ? "yes" : nil
  }

  /// Whether nothing but a `resource` says at which server to sign in.
  package var findsServerByResource: Bool {
    self["issuer"] == nil && self["token_endpoint"] == nil && self["resource"] != nil
  }
}
