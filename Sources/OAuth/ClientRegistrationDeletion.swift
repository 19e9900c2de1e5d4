/// A request to forget a client that was registered (RFC 7592 §2.3): a DELETE without a body.
package struct ClientRegistrationDeletion: Sendable, Redacted {
  package static let method = "DELETE"

  package let endpoint: Endpoint
  package let authorization: String
  private let secrets: [String]

  package init(_ management: ClientRegistrationResponse.Management) {
    endpoint = management.endpoint
    authorization = "Bearer \(management.accessToken)"
    secrets = [management.accessToken]
  }

  package var headerFields: [(name: String, value: String)] {
    [(name: "Accept", value: "application/json"), (name: "Authorization", value: authorization)]
  }

  /// Whether the client is gone now: 204, or 200 from servers that are loose about it.
  ///
  /// 401 is thrown like every other refusal: a client that is gone already is answered so, and so
  /// is a token that is not right (§2.3); only the account knows which is likelier.
  package func check(_ answer: EndpointAnswer, now: Int64) throws(EndpointFailure) {
    guard answer.status != 204 else { return }
    if let failure = answer.failure(redacting: secrets, now: now) { throw failure }
  }
}
