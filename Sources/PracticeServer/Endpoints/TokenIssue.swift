import OAuth

/// What a token response does about the refresh token.
enum RefreshTokenIssue {
  /// A new one, unless this server gives none.
  case new
  /// The client keeps the one it has.
  case unchanged
}

extension AuthorizationServer {
  /// Seconds an ID token lives; it is looked at once, when it arrives.
  static let idTokenLifetime: Int64 = 3600

  /// A successful token response (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
  mutating func issue(
    for grant: Grant, _ grantID: String, scope: [String], refreshToken: RefreshTokenIssue,
    nonce: String?, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let accessToken = try newAccessToken(for: grant, grantID, scope: scope, in: &surroundings)
    var members: [String: JSONValue] = [
      "access_token": .string(accessToken), "token_type": "Bearer",
    ]
    if !scope.isEmpty { members["scope"] = .string(scope.joined(separator: " ")) }
    if settings.behaviour.expiryNotice == .given {
      members["expires_in"] = .seconds(settings.behaviour.accessTokenLifetime)
    }
    if refreshToken == .new, settings.behaviour.refreshTokens != .none {
      members["refresh_token"] = .string(try newRefreshToken(for: grantID, in: &surroundings))
    }
    if scope.contains("openid") {
      members["id_token"] = .string(
        try idToken(
          for: grant, scope: scope, nonce: nonce, accessToken: accessToken, at: surroundings.now))
    }
    return .json(members)
  }

  private mutating func newAccessToken(
    for grant: Grant, _ grantID: String, scope: [String], in surroundings: inout Surroundings
  ) throws(Refusal) -> String {
    let now = surroundings.now
    let expiresAt = now.adding(settings.behaviour.accessTokenLifetime)
    let identifier = try surroundings.secret()
    let text =
      switch settings.behaviour.accessTokenForm {
      case .opaque: identifier
      case .jwt:
        // RFC 9068 §2.
        try settings.signer.sign(
          [
            "iss": .string(settings.issuer), "sub": .string(grant.user),
            "aud": .string(settings.address(of: .resource)), "client_id": .string(grant.clientID),
            "scope": .string(scope.joined(separator: " ")), "iat": .seconds(now),
            "exp": .seconds(expiresAt), "jti": .string(identifier),
          ], type: "at+jwt")
      }
    accessTokens[text] = AccessToken(
      grantID: grantID, scope: scope, issuedAt: now, expiresAt: expiresAt)
    return text
  }

  private mutating func newRefreshToken(
    for grantID: String, in surroundings: inout Surroundings
  ) throws(Refusal) -> String {
    let text = try surroundings.secret()
    refreshTokens[text] = RefreshToken(
      grantID: grantID, issuedAt: surroundings.now,
      expiresAt: surroundings.now.adding(settings.behaviour.refreshTokenLifetime))
    return text
  }

  /// OpenID Connect Core 1.0 §2, §3.1.3.6.
  private func idToken(
    for grant: Grant, scope: [String], nonce: String?, accessToken: String, at now: Int64
  ) throws(Refusal) -> String {
    var claims = Self.claims(about: grant.user, scope: scope)
    claims["iss"] = .string(settings.issuer)
    claims["aud"] = .string(grant.clientID)
    claims["iat"] = .seconds(now)
    claims["exp"] = .seconds(now.adding(Self.idTokenLifetime))
    claims["auth_time"] = .seconds(grant.authenticatedAt)
    claims["at_hash"] = .string(try settings.signer.hash(ofAccessToken: accessToken))
    if let nonce { claims["nonce"] = .string(nonce) }
    return try settings.signer.sign(claims, type: "JWT")
  }

  /// What a client may know about a user (OpenID Connect Core 1.0 §5.4).
  static func claims(about user: String, scope: [String]) -> [String: JSONValue] {
    var claims: [String: JSONValue] = ["sub": .string(user)]
    if scope.contains("profile") {
      claims["preferred_username"] = .string(user)
      claims["name"] = .string(UserName.display(user))
    }
    if scope.contains("email") {
      // A domain that RFC 2606 §2 keeps from ever being somebody's.
      claims["email"] = .string("\(user)@practice.example")
      claims["email_verified"] = true
    }
    return claims
  }
}

extension JSONValue {
  static func seconds(_ number: Int64) -> JSONValue { .number(JSONNumber(number)) }
}

extension Int64 {
  /// The sum, or the farthest time there is.
  func adding(_ seconds: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(seconds)
    return overflow ? .max : sum
  }
}
