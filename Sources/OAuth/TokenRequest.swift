/// A request to the token endpoint (RFC 6749 §4.1.3 and §6, RFC 8628 §3.4, RFC 8693 §2.1).
package struct TokenRequest: Sendable, Redacted {
  package enum Grant: String, Sendable {
    case authorizationCode = "authorization_code"
    case refreshToken = "refresh_token"
    case deviceCode = "urn:ietf:params:oauth:grant-type:device_code"
    case tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"
  }

  package let grant: Grant
  package let post: FormPost

  private init(grant: Grant, post: FormPost) {
    self.grant = grant
    self.post = post
  }

  private init(
    _ grant: Grant, _ leading: [FormParameter], _ client: Client, _ trailing: [FormParameter],
    _ endpoint: Endpoint, secrets: [String]
  ) {
    let leading = [FormParameter("grant_type", grant.rawValue)] + leading
    self.init(
      grant: grant,
      post: FormPost(
        endpoint: endpoint, leading: leading, client: client, trailing: trailing,
        secrets: secrets))
  }

  /// Exchanges a code.
  ///
  /// - Parameters:
  ///   - response: the checked answer; nothing else has a code.
  ///   - redirectURI: the one of the authorization request, byte for byte.
  ///   - verifier: the one whose challenge was sent (RFC 7636 §4.5).
  ///   - resources: where the access token is to be used (RFC 8707 §2.2).
  package init(
    exchanging response: AuthorizationResponse, redirectURI: RedirectURI,
    verifier: CodeVerifier, resources: [ResourceIndicator] = [], client: Client,
    endpoint: Endpoint
  ) {
    self.init(
      .authorizationCode,
      [FormParameter("code", response.code), FormParameter("redirect_uri", redirectURI.text)],
      client, [FormParameter("code_verifier", verifier.text)] + resources.parameters, endpoint,
      secrets: [response.code, verifier.text])
  }

  /// Refreshes.
  ///
  /// - Parameters:
  ///   - scope: only to ask for less than was granted (RFC 6749 §6).
  ///   - resources: which of the granted places the token is for (RFC 8707 §2.2).
  package init(
    refreshing refreshToken: String, scope: Scope? = nil, resources: [ResourceIndicator] = [],
    client: Client, endpoint: Endpoint
  ) {
    self.init(
      .refreshToken, [FormParameter("refresh_token", refreshToken)], client,
      scope.parameters + resources.parameters, endpoint, secrets: [refreshToken])
  }

  /// Asks whether the person has finished on the other device (RFC 8628 §3.4).
  ///
  /// - Parameter verifier: the one whose challenge went into the device authorization request.
  package init(
    polling response: DeviceAuthorizationResponse, verifier: CodeVerifier? = nil,
    resources: [ResourceIndicator] = [], client: Client, endpoint: Endpoint
  ) {
    let verifiers = verifier.map { [FormParameter("code_verifier", $0.text)] } ?? []
    self.init(
      .deviceCode, [FormParameter("device_code", response.deviceCode)], client,
      verifiers + resources.parameters, endpoint,
      secrets: [response.deviceCode] + (verifier.map { [$0.text] } ?? []))
  }

  /// Exchanges a token for another one (RFC 8693 §2.1).
  package init(exchange: TokenExchange, client: Client, endpoint: Endpoint) {
    self.init(
      .tokenExchange, exchange.parameters, client, [], endpoint, secrets: exchange.secrets)
  }

  /// The same request with a proof; from then on no bearer token is taken for an answer
  /// (RFC 9449 §5).
  package func proven(by proof: DPoPProof) -> TokenRequest {
    TokenRequest(grant: grant, post: post.proven(by: proof))
  }
}

extension Scope? {
  var parameters: [FormParameter] { map { [FormParameter("scope", $0.text)] } ?? [] }
}
