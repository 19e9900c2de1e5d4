import OAuth

/// What a token response does about the refresh token.
enum RefreshTokenIssue {
  /// A new one, unless this server gives none; bound to the key of that thumbprint, if any.
  case new(boundTo: String?)
  /// The client keeps the one it has.
  case unchanged
}

/// What a token response is to say.
struct TokenOrder {
  let grant: Grant
  let grantID: String
  let scope: [String]
  /// Where the access token may be used; empty says nothing about it.
  let audience: [String]
  let refreshToken: RefreshTokenIssue
  let nonce: String?
  /// The thumbprint of the key the access token is bound to.
  let key: String?
  /// Whether one token was given for another (RFC 8693).
  var isExchange = false
}

extension AuthorizationServer {
  /// Seconds an ID token lives; it is looked at once, when it arrives.
  static let idTokenLifetime: Int64 = 3600

  /// A successful token response (RFC 6749 §5.1, OpenID Connect Core 1.0 §3.1.3.3).
  mutating func issue(
    _ order: TokenOrder, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let accessToken = try newAccessToken(order, in: &surroundings)
    var members: [String: JSONValue] = order.isExchange ? Self.exchangeMembers : [:]
    members["access_token"] = .string(accessToken)
    members["token_type"] = order.key == nil ? "Bearer" : "DPoP"
    if !order.scope.isEmpty {
      members["scope"] = .string(order.scope.joined(separator: " "))
    }
    if settings.behaviour.expiryNotice == .given {
      members["expires_in"] = .seconds(settings.behaviour.accessTokenLifetime)
    }
    if case .new(let key) = order.refreshToken, settings.behaviour.refreshTokens != .none {
      members["refresh_token"] = .string(
        try newRefreshToken(for: order.grantID, boundTo: key, in: &surroundings))
    }
    if order.scope.contains("openid"), !order.isExchange {
      members["id_token"] = .string(
        try idToken(order, accessToken: accessToken, at: surroundings.now))
    }
    return .json(members)
  }

  private mutating func newAccessToken(
    _ order: TokenOrder, in surroundings: inout Surroundings
  ) throws(Refusal) -> String {
    let now = surroundings.now
    let expiresAt = now.adding(settings.behaviour.accessTokenLifetime)
    let identifier = try surroundings.secret()
    let text =
      switch settings.behaviour.accessTokenForm {
      case .opaque: identifier
      case .jwt:
        try signedAccessToken(order, identifier: identifier, from: now, until: expiresAt)
      }
    accessTokens[text] = AccessToken(
      grantID: order.grantID, scope: order.scope, issuedAt: now, expiresAt: expiresAt,
      audience: order.audience, keyThumbprint: order.key)
    return text
  }

  /// RFC 9068 §2; `cnf` after RFC 9449 §6.1.
  private func signedAccessToken(
    _ order: TokenOrder, identifier: String, from now: Int64, until expiresAt: Int64
  ) throws(Refusal) -> String {
    let audience = order.audience.isEmpty ? [settings.address(of: .resource)] : order.audience
    var claims: [String: JSONValue] = [
      "iss": .string(settings.issuer), "sub": .string(order.grant.user),
      "aud": audience.count == 1 ? .string(audience[0]) : .strings(audience),
      "client_id": .string(order.grant.clientID),
      "scope": .string(order.scope.joined(separator: " ")), "iat": .seconds(now),
      "exp": .seconds(expiresAt), "jti": .string(identifier),
    ]
    if let key = order.key { claims["cnf"] = ["jkt": .string(key)] }
    if let context = order.grant.contextClass { claims["acr"] = .string(context) }
    return try settings.signer.sign(claims, type: "at+jwt")
  }

  private mutating func newRefreshToken(
    for grantID: String, boundTo key: String?, in surroundings: inout Surroundings
  ) throws(Refusal) -> String {
    let text = try surroundings.secret()
    refreshTokens[text] = RefreshToken(
      grantID: grantID, issuedAt: surroundings.now,
      expiresAt: surroundings.now.adding(settings.behaviour.refreshTokenLifetime),
      keyThumbprint: key)
    return text
  }

  /// OpenID Connect Core 1.0 §2, §3.1.3.6.
  private func idToken(
    _ order: TokenOrder, accessToken: String, at now: Int64
  ) throws(Refusal) -> String {
    let grant = order.grant
    var claims = Self.claims(about: grant.user, scope: order.scope)
    claims["iss"] = .string(settings.issuer)
    claims["aud"] = .string(grant.clientID)
    claims["iat"] = .seconds(now)
    claims["exp"] = .seconds(now.adding(Self.idTokenLifetime))
    claims["auth_time"] = .seconds(grant.authenticatedAt)
    claims["at_hash"] = .string(try settings.signer.hash(ofAccessToken: accessToken))
    if let nonce = order.nonce { claims["nonce"] = .string(nonce) }
    if let context = grant.contextClass { claims["acr"] = .string(context) }
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
  static func strings(_ texts: [String]) -> JSONValue { .array(texts.map { .string($0) }) }

  static func seconds(_ number: Int64) -> JSONValue { .number(JSONNumber(number)) }
}

extension Int64 {
  /// The sum, or the farthest time there is.
  func adding(_ seconds: Int64) -> Int64 {
    let (sum, overflow) = addingReportingOverflow(seconds)
    return overflow ? .max : sum
  }
}
