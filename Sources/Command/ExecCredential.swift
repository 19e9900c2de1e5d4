import Attributes

/// kubectl's credential plugins: client.authentication.k8s.io.
extension TokenFormat {
  static var currentAPIVersion: StaticString { "client.authentication.k8s.io/v1" }

  /// The version to answer with: kubectl refuses another one than it wrote to KUBERNETES_EXEC_INFO.
  static func execCredentialVersion(_ request: String?) -> StaticString {
    let older: StaticString = "client.authentication.k8s.io/v1beta1"
    guard let request, request.utf8.count <= 1 << 20 else { return currentAPIVersion }
    return request.split(separator: "\"").contains("\(older)") ? older : currentAPIVersion
  }

  func writeExecCredential(
    _ answer: AttributeBlock, _ apiVersion: StaticString, to buffer: inout WipedBuffer
  ) throws(Failure) {
    let token = try bearerToken(answer)
    var json = JSONText()
    json.beginObject()
    json.add("apiVersion", "\(apiVersion)")
    json.add("kind", "ExecCredential")
    json.beginObject("status")
    // Without a time kubectl keeps the token until the server refuses it.
    if let instant = answer.integer("expires_at") {
      json.add("expirationTimestamp", Timestamp.text(instant))
    }
    json.add("token", token)
    json.endObject()
    json.endObject()
    buffer.append(json.buffer.bytes)
  }
}
