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
      "the response mode \(PrintableText(mode)) is not supported, only query"
    }
  }
}

/// The request a browser takes to the authorization endpoint (RFC 6749 §4.1.1, RFC 7636 §4.3,
/// OpenID Connect Core 1.0 §3.1.2.1).
package struct AuthorizationRequest: Sendable {
  /// Names that come from the sign-in alone, and the ones that would replace or betray it.
  private static let reservedNames: Set<String> = [
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "code_verifier", "client_secret", "request", "request_uri",
  ]

  /// The whole address for the browser: nothing but characters of RFC 3986.
  package let url: String
  /// The nonce the ID token must have; `nil` where none is asked for.
  package let sentNonce: Nonce?

  /// Puts the request together.
  ///
  /// - Parameters:
  ///   - redirectURI: with its port, exactly as the token request will repeat it.
  ///   - nonce: sent where the scope has `openid`; there are servers that insist on it then.
  ///   - additional: parameters the account asks for, such as `prompt` or `audience`.
  package init(
    endpoint: Endpoint, clientID: String, redirectURI: RedirectURI, scope: Scope?, state: State,
    nonce: Nonce, challenge: CodeChallenge, additional: FormParameters = []
  ) throws(AuthorizationRequestFault) {
    var parameters: FormParameters = [
      FormParameter("response_type", "code"),
      FormParameter("client_id", clientID),
      FormParameter("redirect_uri", redirectURI.text),
    ]
    if let scope { parameters.append("scope", scope.text) }
    parameters.append("state", state.text)
    sentNonce = scope?.asksForIDToken == true ? nonce : nil
    if let sentNonce { parameters.append("nonce", sentNonce.text) }
    parameters.append("code_challenge", challenge.text)
    parameters.append("code_challenge_method", CodeChallenge.method)
    try Self.check(additional)
    for extra in additional { parameters.append(extra.name, extra.value) }
    try Self.checkUnique(parameters, beside: endpoint)
    url = endpoint.appending(parameters)
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
    let all = FormParameters(own.parameters + parameters.parameters)
    guard let name = all.repeatedNames.subtracting(["resource"]).min() else { return }
    throw .repeated(name)
  }
}
