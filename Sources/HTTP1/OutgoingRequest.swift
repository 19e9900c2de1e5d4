/// A client's request, one to a connection (RFC 9112 §3, §9.6).
package struct OutgoingRequest: Sendable, Equatable {
  package var method: String

  /// Origin-form `/as/token?x=y`; absolute-form towards a proxy; `host:port` for CONNECT.
  package var target: String

  /// The value of the Host field: `auth.example`, `auth.example:8443`, `[::1]:8080`.
  package var host: String

  /// Everything but Host, Connection, Content-Length and Transfer-Encoding, which are the
  /// serializer's.
  package var fields: HeaderFields

  /// The content; nil for a request that has none.
  package var body: [UInt8]?

  package init(
    method: String, target: String, host: String, fields: HeaderFields = [:], body: [UInt8]? = nil
  ) {
    self.method = method
    self.target = target
    self.host = host
    self.fields = fields
    self.body = body
  }

  /// The whole request as it goes on the wire, with `Connection: close` (but for CONNECT, whose
  /// connection is to become a tunnel).
  ///
  /// Throws where a part would break out of its place: control characters, spaces, second lines.
  package func serialized() throws(SerializationError) -> [UInt8] {
    guard Syntax.isToken(method.utf8) else { throw .invalidMethod }
    guard !target.isEmpty, target.utf8.allSatisfy(Syntax.isTargetCharacter) else {
      throw .invalidTarget
    }
    guard Authority.isValid(host) else { throw .invalidHost }
    var bytes = Array("\(method) \(target) HTTP/1.1\r\nHost: \(host)\r\n".utf8)
    try bytes.append(fieldLines: fields, reserved: ["Host"])
    if let body { bytes.append(fieldLine: "Content-Length", String(body.count)) }
    if method != "CONNECT" { bytes.append(fieldLine: "Connection", "close") }
    bytes.append(contentsOf: "\r\n".utf8)
    bytes.append(contentsOf: body ?? [])
    return bytes
  }
}
