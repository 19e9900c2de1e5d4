import HTTP1
import OAuth

extension AuthorizationServer {
  /// The revocation endpoint (RFC 7009 §2).
  ///
  /// A refresh token takes its whole grant with it; an access token only itself.
  mutating func revoke(
    _ request: Request, in surroundings: Surroundings
  ) throws(Refusal) -> Reply {
    let form = try request.form()
    let client = try authenticatedClient(request, form, in: surroundings)
    guard let text = form.value(of: "token") else { throw .invalidRequest("token is missing") }
    // The hint could only make the search shorter (§2.1), and it is two look-ups long.
    guard let grantID = refreshTokens[text]?.grantID ?? accessTokens[text]?.grantID else {
      // RFC 7009 §2.2: a token that is not known is as good as revoked.
      return Self.empty
    }
    guard grants[grantID]?.clientID == client.id else {
      throw Refusal(.unauthorizedClient, "the token was given to another client")
    }
    if refreshTokens[text] != nil { end(grant: grantID) } else { accessTokens[text] = nil }
    return Self.empty
  }

  private static var empty: Reply {
    Reply(Response(status: 200, fields: ["Cache-Control": "no-store"]))
  }
}
