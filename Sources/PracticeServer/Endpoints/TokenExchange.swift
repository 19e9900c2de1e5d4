import OAuth

extension AuthorizationServer {
  /// The value of `grant_type` (RFC 8693 §2.1).
  static let exchangeGrantType = "urn:ietf:params:oauth:grant-type:token-exchange"
  /// The only type of token taken and given (RFC 8693 §3).
  private static let accessTokenType = "urn:ietf:params:oauth:token-type:access_token"

  /// An access token for another audience in exchange for one the client has (RFC 8693 §2).
  ///
  /// It is of the same grant, so that it ends with it, and never wider.
  mutating func exchangeToken(
    _ form: FormParameters, from client: RegisteredClient, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    guard form.value(of: "actor_token") == nil else {
      throw .invalidRequest("only impersonation is supported, without an actor_token")
    }
    guard form.value(of: "subject_token_type") == Self.accessTokenType,
      form.value(of: "requested_token_type") ?? Self.accessTokenType == Self.accessTokenType
    else { throw .invalidRequest("only access tokens are exchanged, and for access tokens") }
    guard let text = form.value(of: "subject_token"),
      let (token, grant) = validAccessToken(text, at: surroundings.now),
      grant.clientID == client.id
    else {
      throw .invalidRequest("the subject_token is not a valid access token of this client")
    }
    guard token.keyThumbprint == nil || token.keyThumbprint == key else {
      throw .invalidRequest("the subject_token is bound to another key than the proof's")
    }
    let audience = try Resources.checked(form) + form.values(of: "audience")
    guard audience.allSatisfy(Grammar.isVSCHAR) else {
      throw Refusal(.invalidTarget, "an audience is not printable ascii")
    }
    let narrow = Grant(
      clientID: grant.clientID, user: grant.user, scope: token.scope, nonce: nil,
      authenticatedAt: grant.authenticatedAt, contextClass: grant.contextClass)
    let order = TokenOrder(
      grant: grant, grantID: token.grantID, scope: try Self.narrowed(form, within: narrow),
      audience: audience.isEmpty ? token.audience : audience.uniqued,
      refreshToken: .unchanged, nonce: nil, key: key, isExchange: true)
    try makeRoom(at: surroundings.now)
    return try issue(order, in: &surroundings)
  }

  /// What RFC 8693 §2.2.1 adds to a token response.
  static let exchangeMembers: [String: JSONValue] = ["issued_token_type": .string(accessTokenType)]
}
