/// A request to the device authorization endpoint (RFC 8628 §3.1).
package struct DeviceAuthorizationRequest: Sendable, Redacted {
  /// Names that come from the sign-in alone; a browser's answer is not part of this grant.
  private static let reservedNames: Set<String> = [
    "client_id", "client_secret", "client_assertion", "client_assertion_type", "scope",
    "device_code", "grant_type", "response_type", "redirect_uri", "state", "code_challenge",
    "code_challenge_method", "code_verifier", "response_mode", "request", "request_uri",
  ]

  package let post: FormPost

  /// Puts the request together.
  ///
  /// - Parameters:
  ///   - challenge: not part of RFC 8628; Keycloak wants it where the client must use PKCE, and
  ///     other servers are to ignore it (RFC 6749 §3.2).
  ///   - additional: parameters the account asks for, such as `audience`.
  package init(
    scope: Scope?, resources: [ResourceIndicator] = [], challenge: CodeChallenge? = nil,
    additional: FormParameters = [], client: Client, endpoint: Endpoint
  ) throws(AuthorizationRequestFault) {
    for extra in additional {
      guard !Self.reservedNames.contains(extra.name) else { throw .reserved(extra.name) }
    }
    var trailing = scope.parameters
    if let challenge {
      trailing.append(FormParameter("code_challenge", challenge.text))
      trailing.append(FormParameter("code_challenge_method", CodeChallenge.method))
    }
    trailing += resources.parameters + additional.parameters
    let repeated = FormParameters(trailing).repeatedNames.subtracting(["resource"])
    if let name = repeated.min() { throw .repeated(name) }
    post = FormPost(
      endpoint: endpoint, leading: [], client: client, trailing: trailing, secrets: [])
  }
}
