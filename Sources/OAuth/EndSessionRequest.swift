/// A request that ends the person's session at the server, by the browser (OpenID Connect
/// RP-Initiated Logout 1.0 §2).
package struct EndSessionRequest: Sendable, Redacted {
  /// Where the browser is to come back to, and what shows that it is this logout's return.
  package struct Return: Sendable {
    let redirectURI: RedirectURI
    let state: State

    package init(to redirectURI: RedirectURI, state: State) {
      self.redirectURI = redirectURI
      self.state = state
    }
  }

  /// The whole address for the browser; the ID token in it says who is meant.
  package let url: String

  /// Puts the request together.
  ///
  /// - Parameters:
  ///   - idToken: the last one, expired or not (§4); without it the server asks the person.
  ///   - comingBack: only to an address that is registered for it (§3).
  /// - Throws: `repeated` for a parameter the endpoint's own query has already.
  package init(
    endpoint: Endpoint, clientID: String, idToken: String?, comingBack: Return? = nil
  ) throws(AuthorizationRequestFault) {
    var parameters = FormParameters()
    if let idToken { parameters.append("id_token_hint", idToken) }
    parameters.append("client_id", clientID)
    if let comingBack {
      parameters.append("post_logout_redirect_uri", comingBack.redirectURI.text)
      parameters.append("state", comingBack.state.text)
    }
    let own = (try? FormParameters(decoding: endpoint.query ?? "")) ?? []
    let all = FormParameters(own.parameters + parameters.parameters)
    if let name = all.repeatedNames.min() { throw .repeated(name) }
    url = endpoint.appending(parameters)
  }

  /// Whether a request at the return address is this logout's: it has its `state` and has it once.
  package static func isReturn(query: String, state: State) -> Bool {
    guard let parameters = try? FormParameters(decoding: query) else { return false }
    return AuthorizationResponse.mismatch(of: parameters, with: state) == nil
  }
}
