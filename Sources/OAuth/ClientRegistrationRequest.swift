/// A document to be sent to an endpoint by POST, once, and never to where a redirect points.
package struct JSONPost: Sendable, Redacted {
  package let endpoint: Endpoint
  package let body: [UInt8]
  /// The value of the `Authorization` header; `nil` where there must be none.
  package let authorization: String?

  /// The header fields it brings, besides `Host` and `Content-Length`.
  package var headerFields: [(name: String, value: String)] {
    var fields = [
      (name: "Content-Type", value: "application/json"),
      (name: "Accept", value: "application/json"),
    ]
    if let authorization { fields.append((name: "Authorization", value: authorization)) }
    return fields
  }
}

/// A request to be known as a client (RFC 7591 §3.1).
package struct ClientRegistrationRequest: Sendable, Redacted {
  package let post: JSONPost

  /// The addresses that were asked for; the answer must have kept them.
  let redirectURIs: [RedirectURI]
  /// The grants without which the client is of no use.
  let neededGrants: [String]
  let secrets: [String]

  /// Asks for a public client of the authorization code grant.
  ///
  /// - Parameters:
  ///   - redirectURIs: at least the one the sign-in will use.
  ///   - initialAccessToken: what some servers give out to register with; `nil` for open ones.
  ///   - isProven: whether tokens will be bound to a key (RFC 9449 §5.2).
  ///   - usesDevices: whether people will sign in on another device too (RFC 8628 §3.4). Only where
  ///     it is so: there are servers that take one way to sign in for a client.
  package init(
    redirectURIs: [RedirectURI], clientName: String, scope: Scope?,
    initialAccessToken: String? = nil, isProven: Bool = false, usesDevices: Bool = false,
    endpoint: Endpoint
  ) {
    neededGrants =
      ["authorization_code"] + (usesDevices ? [TokenRequest.Grant.deviceCode.rawValue] : [])
    var members: [String: JSONValue] = [
      "redirect_uris": .array(redirectURIs.map { .string($0.text) }),
      "client_name": .string(clientName),
      "token_endpoint_auth_method": "none",
      "grant_types": .array((neededGrants + ["refresh_token"]).map { .string($0) }),
      "response_types": ["code"],
      // Without it, servers of OpenID Connect refuse loopback addresses (Registration 1.0 §2).
      "application_type": "native",
    ]
    members["scope"] = scope.map { .string($0.text) }
    if isProven { members["dpop_bound_access_tokens"] = true }
    self.redirectURIs = redirectURIs
    secrets = [initialAccessToken].compactMap { $0 }
    post = JSONPost(
      endpoint: endpoint, body: JSONValue.object(members).serialized(),
      authorization: initialAccessToken.map { "Bearer \($0)" })
  }
}
