/// A key the configuration file may hold, spelled as its specification spells it.
package struct KnownKey: Sendable {
  package enum Place: Sendable {
    /// Before the first section.
    case agent
    /// In an account's section.
    case account
  }

  package static let clientSecret = "client_secret"
  package static let authorizePrefix = "authorize."
  package static let allow = "allow"
  package static let confirm = "confirm"
  package static let vault = "vault"
  package static let lifetime = "lifetime"
  package static let idle = "idle"

  /// How often a person is asked whether a program may have a token.
  package static let confirmations = ["never", "first", "always"]

  /// The key; for a family of keys, such as `authorize.NAME`, its name in the manual.
  package let name: String
  package let place: Place
  package let isRepeatable: Bool
  let rule: ValueRule

  /// Whether the key may stand in an account's section.
  package var isForAccounts: Bool { place == .account }

  /// What is wrong with a value of this key, to be put behind its name; nil when nothing is.
  package func fault(in value: String) -> String? {
    if value.isEmpty { return "has no value" }
    if value.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) { return "has a control character" }
    return rule.judge(value)
  }

  /// Whether the key is `authorize.NAME`, with a NAME of the person's choice.
  var isFamily: Bool { name == Self.authorize.name }

  private init(
    _ name: String, _ rule: ValueRule, place: Place = .account, isRepeatable: Bool = false
  ) {
    self.name = name
    self.rule = rule
    self.place = place
    self.isRepeatable = isRepeatable
  }

  /// `authorize.NAME`: any other parameter of the authorization request.
  static let authorize = KnownKey("authorize.NAME", .text)

  /// All keys, in the order of the manual.
  package static let all: [KnownKey] = [
    KnownKey(vault, .vault, place: .agent),
    KnownKey("issuer", .endpoint),
    KnownKey("authorization_endpoint", .endpoint),
    KnownKey("token_endpoint", .endpoint),
    KnownKey("device_authorization_endpoint", .endpoint),
    KnownKey("pushed_authorization_request_endpoint", .endpoint),
    KnownKey("revocation_endpoint", .endpoint),
    KnownKey("registration_endpoint", .endpoint),
    KnownKey("end_session_endpoint", .endpoint),
    KnownKey("jwks_uri", .endpoint),
    KnownKey("userinfo_endpoint", .endpoint),
    KnownKey("ca_file", .path),
    KnownKey("proxy", .text),
    KnownKey("client_id", .visible),
    KnownKey(clientSecret, .visible),
    KnownKey("client_secret_file", .path),
    KnownKey("client_secret_command", .text),
    KnownKey("token_endpoint_auth_method", .word(authenticationMethods)),
    KnownKey("token_endpoint_auth_signing_alg", .word(signingAlgorithms)),
    KnownKey("client_key_file", .path),
    KnownKey("client_key_id", .visible),
    KnownKey("client_certificate_file", .path),
    KnownKey("client_assertion_audience", .word(assertionAudiences)),
    KnownKey("client_id_metadata_document", .documentURL),
    KnownKey("initial_access_token_file", .path),
    KnownKey("redirect_uri", .uri, isRepeatable: true),
    KnownKey("redirect_certificate", .path),
    KnownKey("redirect_key", .path),
    KnownKey("post_logout_redirect_uri", .uri),
    KnownKey("scope", .scope),
    KnownKey("resource", .uri, isRepeatable: true),
    KnownKey("response_mode", .word(responseModes)),
    KnownKey("require_pushed_authorization_requests", .flag),
    KnownKey("dpop_bound_access_tokens", .flag),
    authorize,
    KnownKey("credential_url", .credentialURL, isRepeatable: true),
    KnownKey("username", .text),
    KnownKey("login", .word(["on-demand", "manual"])),
    KnownKey(allow, .peers, isRepeatable: true),
    KnownKey(confirm, .word(confirmations)),
    KnownKey(lifetime, .lengthOfTime),
    KnownKey(idle, .lengthOfTime),
  ]

  /// The algorithms of RFC 7518 and RFC 8037 a client assertion can be signed with; HS256 is the
  /// one of `client_secret_jwt`.
  package static let signingAlgorithms = ["RS256", "PS256", "ES256", "EdDSA", "HS256"]

  /// Whom a client assertion is made out to (RFC 7523 §3).
  package static let assertionAudiences = ["issuer", "token_endpoint", "endpoint"]

  /// OAuth 2.0 Multiple Response Types §2.1, OAuth 2.0 Form Post Response Mode and JARM §2.3; a
  /// fragment never leaves the browser.
  package static let responseModes = ["query", "form_post", "jwt", "query.jwt", "form_post.jwt"]

  /// OpenID Connect Core 9 and RFC 8705 §2, as registered by RFC 7591 §2.
  package static let authenticationMethods = [
    "none", "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
    "tls_client_auth", "self_signed_tls_client_auth",
  ]

  /// The key of that name; nil when there is none.
  package static func named(_ name: String) -> KnownKey? {
    if name.hasPrefix(authorizePrefix) {
      return AuthorizeParameter.refusal(of: String(name.dropFirst(authorizePrefix.count))) == nil
        ? authorize : nil
    }
    return all.first { $0.name == name }
  }

  /// Finds the key that stands at `range`, or names the nearest one.
  static func find(
    _ bytes: UnsafeRawBufferPointer, _ range: Range<Int>, line: Int
  ) throws(ConfigurationFault) -> KnownKey {
    let name = String(decoding: bytes[range].prefix(longestKey), as: UTF8.self)
    if let known = named(name) { return known }
    if name.hasPrefix(authorizePrefix) {
      let parameter = String(name.dropFirst(authorizePrefix.count))
      throw ConfigurationFault(
        line: line, AuthorizeParameter.refusal(of: parameter) ?? "unknown key")
    }
    if let meant = meant(by: name) {
      throw ConfigurationFault(line: line, "there is no key \(name); did you mean \(meant)?")
    }
    let nearest = nearestWord(to: name, in: all.map(\.name)) ?? ""
    guard isMisspelling(name, of: nearest) else {
      throw ConfigurationFault(line: line, "unknown key; the nearest known one is \(nearest)")
    }
    throw ConfigurationFault(line: line, "there is no key \(name); did you mean \(nearest)?")
  }

  /// The key that `name` is the beginning of, or `authorize.NAME` for a parameter that has no key.
  ///
  /// Either way `name` is a word of a specification and no piece of a secret.
  private static func meant(by name: String) -> String? {
    if parameters.contains(name) { return authorizePrefix + name }
    guard name.utf8.count >= shortestBeginning else { return nil }
    return all.first { $0.name.hasPrefix(name) }?.name
  }

  /// Parameters of the authorization request that people look for among the keys (OpenID Connect
  /// Core §3.1.2.1; `audience` is what some servers call a resource).
  private static let parameters = [
    "audience", "max_age", "prompt", "login_hint", "acr_values", "display", "ui_locales",
  ]

  /// Bytes of a name that is taken for a beginning; fewer could be anything's.
  private static let shortestBeginning = 3

  /// Whether `name` can be repeated in a message: a misspelt key, as far as that can be told.
  ///
  /// Anything else is not: a secret that was broken over two lines looks like a key.
  private static func isMisspelling(_ name: String, of known: String) -> Bool {
    name.utf8.count <= longestShownKey && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F }
      && editDistance(name, known) <= max(1, known.utf8.count / 3)
  }

  /// Bytes of a misspelt key that is shown.
  private static let longestShownKey = 40

  /// Bytes of a key that are looked at; the longest known one has 38.
  private static let longestKey = 128
}
