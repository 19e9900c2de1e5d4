import HTTP1
import OAuth

extension AuthorizationServer {
  private static let realm = "Bearer realm=\"practice\""

  /// The token of the `Authorization` field (RFC 6750 §2.1), or the challenge of §3.
  func bearer(
    of request: Request, at now: Int64
  ) throws(Refusal) -> (token: AccessToken, grant: Grant) {
    guard let header = try request.authorization() else {
      // §3.1: without a token there is nothing wrong with it either.
      throw Refusal(
        .invalidToken, "a bearer token is needed", status: 401, challenge: Self.realm)
    }
    guard header.scheme == "bearer", let valid = validAccessToken(header.credentials, at: now)
    else {
      throw Refusal(
        .invalidToken, "the access token is unknown, expired or revoked", status: 401,
        challenge: "\(Self.realm), error=\"invalid_token\"")
    }
    return valid
  }

  /// The userinfo endpoint (OpenID Connect Core 1.0 §5.3).
  func userInfo(_ request: Request, at now: Int64) throws(Refusal) -> Reply {
    let (token, grant) = try bearer(of: request, at: now)
    guard token.scope.contains("openid") else {
      throw Refusal(
        .insufficientScope, "the access token has no openid scope", status: 403,
        challenge: "\(Self.realm), error=\"insufficient_scope\", scope=\"openid\"")
    }
    return .json(Self.claims(about: grant.user, scope: token.scope))
  }

  /// A protected resource: it tells the bearer what the token is good for.
  func resource(_ request: Request, at now: Int64) throws(Refusal) -> Reply {
    let (token, grant) = try bearer(of: request, at: now)
    return .json([
      "message": .string("hello, \(UserName.display(grant.user))"), "sub": .string(grant.user),
      "client_id": .string(grant.clientID),
      "scope": .string(token.scope.joined(separator: " ")),
      "expires_in": .seconds(token.expiresAt - now),
    ])
  }
}
