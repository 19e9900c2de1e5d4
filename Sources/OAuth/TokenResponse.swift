/// How an access token is used (RFC 6749 §7.1).
package enum TokenType: String, Sendable, Hashable {
  /// Whoever has it may use it (RFC 6750).
  case bearer = "Bearer"
  /// Only with proofs by the key it is bound to (RFC 9449 §5).
  case dpop = "DPoP"
}

/// A successful answer of the token endpoint (RFC 6749 §5.1), every part of it checked.
///
/// Whoever holds one may put its texts into a header field, a line protocol or a terminal.
package struct TokenResponse: Sendable, Redacted {
  /// The longest token kept, in bytes: a line of git's credential protocol holds 65,535.
  package static let maximumLength = 65_000

  /// The value of `token_type` where no proof is used.
  package static let tokenType = TokenType.bearer.rawValue

  /// Visible ASCII without space (RFC 6750 §2.1).
  package let accessToken: String
  package let type: TokenType
  package let expiresIn: Lifetime
  /// The scope that was granted, where the server says it; GitHub puts commas between.
  package let scope: String?
  /// The refresh token to use from now on; `nil` means that the former one stays (RFC 6749 §6).
  package let refreshToken: String?
  /// An ID token not yet checked.
  package let idToken: String?
  /// What was issued in exchange (RFC 8693 §2.2.1); `nil` for every other grant.
  package let issuedTokenType: SecurityTokenType?

  /// Checks the answer to a request.
  ///
  /// - Parameter now: seconds since 1970, to read a `Retry-After` date.
  /// - Throws: the server's error, or why the answer is refused.
  package init(
    validating answer: EndpointAnswer, to request: TokenRequest, now: Int64
  ) throws(EndpointFailure) {
    let members = AnswerMembers(
      try answer.members(redacting: request.post.secrets, now: now))
    do { try self.init(members, to: request) } catch { throw .faulty(error) }
  }

  private init(_ members: AnswerMembers, to request: TokenRequest) throws(TokenResponseFault) {
    type = try Self.type(in: members, isProven: request.post.proof != nil)
    accessToken = try members.requiredToken("access_token")
    guard Grammar.isVisible(accessToken) else { throw .badCharacters("access_token") }
    expiresIn = try Lifetime(members["expires_in"])
    scope = try Self.scope(in: members)
    refreshToken = try members.token("refresh_token")
    idToken = try members.token("id_token")
    issuedTokenType =
      request.grant == .tokenExchange ? try SecurityTokenType(issuedIn: members) : nil
  }

  /// The ID token that `openid` asks for (OpenID Connect Core 1.0 §3.1.3.3).
  package func requireIDToken() throws(TokenResponseFault) -> String {
    guard let idToken else { throw .missing("id_token") }
    return idToken
  }

  /// A type must be understood to be used (RFC 6749 §7.1); its case does not matter (§5.1).
  ///
  /// Where a proof was sent, a bearer token in return is a protection lost on the way and refused
  /// (RFC 9449 §5).
  private static func type(
    in members: AnswerMembers, isProven: Bool
  ) throws(TokenResponseFault) -> TokenType {
    guard let text = try members.text("token_type") else { throw .missing("token_type") }
    let name = text.lowercased()
    if name.isIdentical(to: "bearer") {
      guard !isProven else { throw .bearerInsteadOfDPoP }
      return .bearer
    }
    guard name.isIdentical(to: "dpop") else { throw .unknownTokenType(PrintableText(text)) }
    guard isProven else { throw .proofNotUsed }
    return .dpop
  }

  private static func scope(in members: AnswerMembers) throws(TokenResponseFault) -> String? {
    // Twitch sends an array.
    guard let tokens = members["scope"].stringsValue else { return try members.token("scope") }
    return try AnswerMembers(["scope": .string(tokens.joined(separator: " "))]).token("scope")
  }
}
