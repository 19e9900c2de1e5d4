/// A request to the revocation endpoint (RFC 7009 §2.1).
package struct RevocationRequest: Sendable, Redacted {
  /// What kind of token it is, for a server that would otherwise have to search.
  package enum Hint: String, Sendable {
    case refreshToken = "refresh_token"
    case accessToken = "access_token"
  }

  package let post: FormPost

  package init(token: String, hint: Hint, client: Client, endpoint: Endpoint) {
    post = FormPost(
      endpoint: endpoint,
      leading: [FormParameter("token", token), FormParameter("token_type_hint", hint.rawValue)],
      client: client, secrets: [token])
  }

  /// Whether the token is gone now.
  ///
  /// 200 says so, for an unknown token too (RFC 7009 §2.2), and its body means nothing, which is
  /// what 204 says outright; after a 503 the token still exists (§2.2.1).
  package func check(_ answer: EndpointAnswer, now: Int64) throws(EndpointFailure) {
    guard answer.status != 204 else { return }
    if let failure = answer.failure(redacting: post.secrets, now: now) { throw failure }
  }
}
