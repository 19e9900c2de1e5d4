/// A client as the server registered it (RFC 7591 §3.2.1), checked for being of use.
package struct ClientRegistrationResponse: Sendable, Redacted {
  /// What the registration is managed with later (RFC 7592 §3).
  package struct Management: Sendable, Redacted {
    package let endpoint: Endpoint
    package let accessToken: String

    /// Takes what was kept of a registration; `nil` for a token that fits no header field.
    package init?(endpoint: Endpoint, accessToken: String) {
      guard Grammar.isVisible(accessToken) else { return nil }
      self.endpoint = endpoint
      self.accessToken = accessToken
    }
  }

  /// `VSCHAR` (RFC 6749 §A.1).
  package let clientID: String
  /// A secret, where the server gives one although none was asked for.
  package let clientSecret: String?
  /// When the secret dies, in seconds since 1970; `nil` for never.
  package let clientSecretExpiresAt: Int64?
  /// The method the server has chosen; of those that need no key.
  package let method: ClientAuthenticationMethod
  /// `nil` where the server does not let registrations be managed, or only elsewhere.
  package let management: Management?

  /// Checks the answer to a request: 201, or 200 from servers that are loose about it.
  ///
  /// - Parameter now: seconds since 1970, to read a `Retry-After` date.
  package init(
    validating answer: EndpointAnswer, to request: ClientRegistrationRequest, now: Int64
  ) throws(EndpointFailure) {
    let members = AnswerMembers(
      try answer.members(redacting: request.secrets, now: now, successes: 200...201))
    do { try self.init(members, request) } catch { throw .faulty(error) }
  }

  private init(
    _ members: AnswerMembers, _ request: ClientRegistrationRequest
  ) throws(TokenResponseFault) {
    clientID = try members.requiredToken("client_id")
    clientSecret = try members.token("client_secret")
    clientSecretExpiresAt = try Self.expiration(in: members)
    method = try Self.method(in: members, hasSecret: clientSecret != nil)
    management = try Self.management(in: members, of: request.post.endpoint)
    try Self.check(members, request)
  }

  /// A server may change what was asked for (§3.2.1); what is left must still be the client that
  /// the sign-in needs.
  private static func check(
    _ members: AnswerMembers, _ request: ClientRegistrationRequest
  ) throws(TokenResponseFault) {
    if let uris = try members.strings("redirect_uris") {
      let kept = request.redirectURIs.allSatisfy { uris.contains(where: $0.text.isIdentical) }
      guard kept else { throw .notAgreed("redirect_uris") }
    }
    if let grants = try members.strings("grant_types") {
      let isWhole = request.neededGrants.allSatisfy { grants.contains($0) }
      guard isWhole else { throw .notAgreed("grant_types") }
    }
    if let types = try members.strings("response_types") {
      guard types.contains("code") else { throw .notAgreed("response_types") }
    }
  }

  /// 0 means never, and so does silence, although the specification wants a word with a secret.
  private static func expiration(in members: AnswerMembers) throws(TokenResponseFault) -> Int64? {
    let latest = Int64(IDTokenClaims.latestDate)
    guard members["client_secret_expires_at"] != .null else { return nil }
    guard let number = members["client_secret_expires_at"].numberValue?.double, number >= 0,
      let seconds = Int64(exactly: min(number, Double(latest)).rounded(.down))
    else { throw .badSeconds("client_secret_expires_at") }
    return seconds == 0 ? nil : seconds
  }

  /// Where the server is silent, a secret is for `client_secret_basic` (§2).
  private static func method(
    in members: AnswerMembers, hasSecret: Bool
  ) throws(TokenResponseFault) -> ClientAuthenticationMethod {
    let name = "token_endpoint_auth_method"
    guard let text = try members.text(name) else { return hasSecret ? .basic : .none }
    guard let method = ClientAuthenticationMethod(rawValue: text) else { throw .notAgreed(name) }
    switch method {
    case .none: return method
    case .basic, .post, .secretJWT:
      guard hasSecret else { throw .notAgreed(name) }
      return method
    case .privateKeyJWT, .tls, .selfSignedTLS: throw .notAgreed(name)
    }
  }

  /// Only where the client is managed at the place it was registered at: a request to delete it
  /// would else go wherever the server says, be it to another server or to a program that listens
  /// on this machine, with the token it has made up for that.
  private static func management(
    in members: AnswerMembers, of registration: Endpoint
  ) throws(TokenResponseFault) -> Management? {
    guard let endpoint = try members.endpoint("registration_client_uri"),
      let token = try members.token("registration_access_token"),
      endpoint.isSameOrigin(as: registration)
    else { return nil }
    guard let management = Management(endpoint: endpoint, accessToken: token) else {
      throw .badCharacters("registration_access_token")
    }
    return management
  }
}
