/// A form to be sent to an endpoint by POST, once, and never to where a redirect points.
package struct FormPost: Sendable, Redacted {
  package let endpoint: Endpoint
  package let parameters: FormParameters
  /// The value of the `Authorization` header; `nil` where there must be none.
  package let authorization: String?

  /// What the form holds that must not come back in a message.
  let secrets: [String]

  /// Puts a form together; what names the client stands between `leading` and `trailing`.
  init(
    endpoint: Endpoint, leading: [FormParameter], client: Client, trailing: [FormParameter] = [],
    secrets: [String]
  ) {
    self.endpoint = endpoint
    parameters = FormParameters(leading + client.bodyParameters + trailing)
    authorization = client.authorization
    self.secrets = secrets + [client.secret].compactMap { $0 }
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
    return fields
  }
}
