/// A request to the token endpoint (RFC 6749 §4.1.3 and §6).
package struct TokenRequest: Sendable, Redacted {
  package enum Grant: String, Sendable {
    case authorizationCode = "authorization_code"
    case refreshToken = "refresh_token"
  }

  package let grant: Grant
  package let post: FormPost

  /// Exchanges a code.
  ///
  /// - Parameters:
  ///   - response: the checked answer; nothing else has a code.
  ///   - redirectURI: the one of the authorization request, byte for byte.
  ///   - verifier: the one whose challenge was sent (RFC 7636 §4.5).
  package init(
    exchanging response: AuthorizationResponse, redirectURI: RedirectURI,
    verifier: CodeVerifier, client: Client, endpoint: Endpoint
  ) {
    grant = .authorizationCode
    post = FormPost(
      endpoint: endpoint,
      leading: [
        FormParameter("grant_type", Grant.authorizationCode.rawValue),
        FormParameter("code", response.code),
        FormParameter("redirect_uri", redirectURI.text),
      ], client: client, trailing: [FormParameter("code_verifier", verifier.text)],
      secrets: [response.code, verifier.text])
  }

  /// Refreshes; `scope` only to ask for less than was granted (RFC 6749 §6).
  package init(
    refreshing refreshToken: String, scope: Scope? = nil, client: Client, endpoint: Endpoint
  ) {
    grant = .refreshToken
    post = FormPost(
      endpoint: endpoint,
      leading: [
        FormParameter("grant_type", Grant.refreshToken.rawValue),
        FormParameter("refresh_token", refreshToken),
      ], client: client, trailing: scope.map { [FormParameter("scope", $0.text)] } ?? [],
      secrets: [refreshToken])
  }
}
