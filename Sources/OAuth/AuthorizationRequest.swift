/// Why an authorization request cannot be made.
package enum AuthorizationRequestFault: Error, Equatable, CustomStringConvertible {
  case reserved(String)
  case repeated(String)
  case responseMode(String)

  package var description: String {
    switch self {
    case .reserved(let name):
      "\(PrintableText(name)) is set by the sign-in itself and cannot be given beside it"
    case .repeated(let name):
      "\(PrintableText(name)) would stand twice in the authorization request"
    case .responseMode(let mode):
      "the response mode \(PrintableText(mode)) is not supported: query, form_post, query.jwt and "
        + "form_post.jwt are"
    }
  }
}

/// The request a browser takes to the authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3,
/// OpenID Connect Core 1.0 §3.1.2.1).
package struct AuthorizationRequest: Sendable {
  /// Names that come from the sign-in alone, and the ones that would replace or betray it.
  private static let reservedNames: Set<String> = [
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "code_verifier", "client_secret", "client_assertion",
    "client_assertion_type", "dpop_jkt", "request", "request_uri",
  ]

  package let endpoint: Endpoint
  /// Everything that is asked for, to be put into the address or to be pushed.
  package let parameters: FormParameters
  /// The nonce the ID token must have; `nil` where none is asked for.
  package let sentNonce: Nonce?

  private let clientID: String

  /// The whole address for the browser: nothing but characters of RFC 3986.
  package var url: String { endpoint.appending(parameters) }

  /// Puts the request together.
  ///
  /// - Parameters:
  ///   - redirectURI: with its port, exactly as the token request will repeat it.
  ///   - nonce: sent where the scope has `openid`; there are servers that insist on it then.
  ///   - responseMode: how the answer is to come back; `nil` leaves it at the query without saying.
  ///   - resources: where the access token is to be used (RFC 8707 §2.1).
  ///   - proofKey: the thumbprint of the key the code is to be bound to (RFC 9449 §10).
  ///   - additional: parameters the account asks for, such as `prompt` or `audience`.
  package init(
    endpoint: Endpoint, clientID: String, redirectURI: RedirectURI, scope: Scope?, state: State,
    nonce: Nonce, challenge: CodeChallenge, responseMode: ResponseMode? = nil,
    resources: [ResourceIndicator] = [], proofKey: String? = nil, additional: FormParameters = []
  ) throws(AuthorizationRequestFault) {
    self.endpoint = endpoint
    self.clientID = clientID
    sentNonce = scope?.asksForIDToken == true ? nonce : nil
    var parameters: FormParameters = [
      FormParameter("response_type", "code"),
      FormParameter("client_id", clientID),
      FormParameter("redirect_uri", redirectURI.text),
    ]
    if let scope { parameters.append("scope", scope.text) }
    parameters.append("state", state.text)
    if let sentNonce { parameters.append("nonce", sentNonce.text) }
    parameters.append("code_challenge", challenge.text)
    parameters.append("code_challenge_method", CodeChallenge.method)
    if let responseMode { parameters.append("response_mode", responseMode.rawValue) }
    if let proofKey { parameters.append("dpop_jkt", proofKey) }
    try Self.check(additional)
    let extras = resources.parameters + additional.parameters
    self.parameters = FormParameters(parameters.parameters + extras)
    try Self.checkUnique(self.parameters, beside: endpoint)
  }

  /// The address for the browser after the parameters were pushed: it holds nothing but the
  /// client's name and the reference, so that nothing can be read from it or changed in it
  /// (RFC 9126 §4).
  package func url(pushedAs response: PushedAuthorizationResponse) -> String {
    endpoint.appending([
      FormParameter("client_id", clientID), FormParameter("request_uri", response.requestURI),
    ])
  }

  private static func check(_ additional: FormParameters) throws(AuthorizationRequestFault) {
    for extra in additional {
      guard !reservedNames.contains(extra.name) else { throw .reserved(extra.name) }
      guard extra.name != "response_mode" || extra.value == "query" else {
        throw .responseMode(extra.value)
      }
    }
  }

  /// Each parameter once (RFC 6749 §3.1), those of the endpoint's own query included; only
  /// `resource` may be repeated (RFC 8707 §2).
  private static func checkUnique(
    _ parameters: FormParameters, beside endpoint: Endpoint
  ) throws(AuthorizationRequestFault) {
    // An endpoint whose query is no form cannot clash with one.
    let own = (try? FormParameters(decoding: endpoint.query ?? "")) ?? []
    // The pushed form of the request has this one.
    let reference = FormParameter("request_uri", "")
    let all = FormParameters(own.parameters + parameters.parameters + [reference])
    guard let name = all.repeatedNames.subtracting(["resource"]).min() else { return }
    throw .repeated(name)
  }
}
