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

  /// The addresses of the server to which a client proves who it is.
  private static let authenticated = [
    "issuer", "token_endpoint", "revocation_endpoint", "device_authorization_endpoint",
    "pushed_authorization_request_endpoint",
  ]

  /// What it proves that with.
  private static let credentials = [
    KnownKey.clientSecret, "client_secret_file", "client_secret_command", "client_key_file",
  ]

  /// The key of what proves who the client of this account is, and that of the address among
  /// `overrides` by which another server would see it; nil where none would.
  ///
  /// A secret is shared with one server alone (RFC 6749 §2.3.1). Where the account names no server,
  /// whoever gives one says which that is; and a credential that comes with the address is its own.
  package func misdirection(by overrides: [Setting]) -> (credential: String, address: String)? {
    guard self["issuer"] != nil || self["token_endpoint"] != nil else { return nil }
    let wanted = overridden(by: overrides)
    let given = Set(overrides.map(\.key))
    guard let address = Self.authenticated.first(where: { wanted.server($0) != server($0) }),
      let credential = Self.credentials.first(where: {
        setting($0) != nil && !given.contains($0)
      })
    else { return nil }
    return (credential, address)
  }

  /// An address, where a slash at its end is a slip of the pen.
  private func server(_ key: String) -> Substring? {
    self[key].map { $0.hasSuffix("/") ? $0.dropLast() : Substring($0) }
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
