import HTTP1
import OAuth

extension AuthorizationServer {
  /// The introspection endpoint (RFC 7662 §2), for clients that can prove who they are (§2.1).
  mutating func introspect(
    _ request: Request, in surroundings: Surroundings
  ) throws(Refusal) -> Reply {
    let now = surroundings.now
    let form = try request.form()
    let client = try authenticatedClient(request, form, in: surroundings)
    guard !client.isPublic else {
      throw Refusal(.invalidClient, "only a client with a secret may ask", status: 401)
    }
    guard let text = form.value(of: "token") else { throw .invalidRequest("token is missing") }
    if let (token, grant) = validAccessToken(text, at: now) {
      var members = described(
        grant, scope: token.scope, from: token.issuedAt, until: token.expiresAt)
      members["token_type"] = token.keyThumbprint == nil ? "Bearer" : "DPoP"
      if !token.audience.isEmpty { members["aud"] = .strings(token.audience) }
      // RFC 9449 §6.2.
      if let key = token.keyThumbprint { members["cnf"] = ["jkt": .string(key)] }
      return .json(members)
    }
    if let token = refreshTokens[text], token.state == .fresh, token.expiresAt > now,
      let grant = grants[token.grantID]
    {
      return .json(
        described(grant, scope: grant.scope, from: token.issuedAt, until: token.expiresAt))
    }
    // §2.2: nothing but this about any other token.
    return .json(["active": false])
  }

  private func described(
    _ grant: Grant, scope: [String], from issuedAt: Int64, until expiresAt: Int64
  ) -> [String: JSONValue] {
    [
      "active": true, "scope": .string(scope.joined(separator: " ")),
      "client_id": .string(grant.clientID), "username": .string(grant.user),
      "sub": .string(grant.user), "iss": .string(settings.issuer), "iat": .seconds(issuedAt),
      "exp": .seconds(expiresAt),
    ]
  }
}
