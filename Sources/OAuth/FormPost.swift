/// A form to be sent to an endpoint by POST, once, and never to where a redirect points.
package struct FormPost: Sendable, Redacted {
  package let endpoint: Endpoint
  package let parameters: FormParameters
  /// The value of the `Authorization` header; `nil` where there must be none.
  package let authorization: String?
  /// The proof that goes along (RFC 9449 §5); `nil` where none is used.
  package private(set) var proof: DPoPProof?

  /// What the form holds that must not come back in a message.
  let secrets: [String]

  /// Puts a form together; what names the client stands between `leading` and `trailing`.
  init(
    endpoint: Endpoint, leading: [FormParameter], client: Client, trailing: [FormParameter] = [],
    secrets: [String]
  ) {
    self.endpoint = endpoint
    // A pushed request names the client among its own parameters already.
    let named = Set(leading.map(\.name))
    let naming = client.bodyParameters.filter { !named.contains($0.name) }
    parameters = FormParameters(leading + naming + trailing)
    authorization = client.authorization
    self.secrets = secrets + client.secrets
  }

  /// The same form with a proof; a form that is sent again needs a new one (RFC 9449 §4.2).
  package func proven(by proof: DPoPProof) -> FormPost {
    var copy = self
    copy.proof = proof
    return copy
  }

  package var body: [UInt8] { Array(parameters.encoded().utf8) }

  /// The header fields the form brings, besides `Host` and `Content-Length`.
  ///
  /// Without `Accept`, GitHub answers with a form.
  package var headerFields: [(name: String, value: String)] {
    var fields = [
      (name: "Content-Type", value: "application/x-www-form-urlencoded"),
      (name: "Accept", value: "application/json"),
    ]
    if let authorization { fields.append((name: "Authorization", value: authorization)) }
    if let proof { fields.append((name: DPoPProof.fieldName, value: proof.text)) }
    return fields
  }
}
