extension Response {
  /// What the server does with the connection afterwards (RFC 9112 §9.6).
  package enum Connection: Sendable, Equatable {
    case close
    case keepAlive
  }

  /// The whole response as it goes on the wire: status line, fields, Content-Length, content.
  ///
  /// `method` is the request's: the answer to HEAD has the same head and no content (RFC 9110
  /// §9.3.2). Throws where a part would break out of its place, and for a field that is the
  /// serializer's own (Connection, Content-Length, Transfer-Encoding).
  package func serialized(
    answering method: String = "GET", connection: Connection = .close
  ) throws(SerializationError) -> [UInt8] {
    guard (100...599).contains(status) else { throw .invalidStatus }
    guard reason.utf8.allSatisfy(Syntax.isFieldValueCharacter) else { throw .invalidReason }
    var bytes = Array("HTTP/1.1 \(status) \(reason)\r\n".utf8)
    try bytes.append(fieldLines: fields, reserved: [])
    if Self.mayHaveContent(status) {
      bytes.append(fieldLine: "Content-Length", String(body.count))
    }
    if connection == .close { bytes.append(fieldLine: "Connection", "close") }
    bytes.append(contentsOf: "\r\n".utf8)
    if Self.mayHaveContent(status), method != "HEAD" { bytes.append(contentsOf: body) }
    return bytes
  }

  /// The interim answer that lets a waiting client send its content (RFC 9110 §15.2.1).
  package static let `continue` = Array("HTTP/1.1 100 Continue\r\n\r\n".utf8)

  /// RFC 9112 §6.3: interim answers, 204 and 304 end with their head.
  static func mayHaveContent(_ status: Int) -> Bool {
    status >= 200 && status != 204 && status != 304
  }
}

extension [UInt8] {
  /// The fields that frame a message; written by the serializers only (RFC 9112 §6, §9.6).
  private static var framing: [String] { ["Connection", "Content-Length", "Transfer-Encoding"] }

  mutating func append(
    fieldLines fields: HeaderFields, reserved: [String]
  ) throws(SerializationError) {
    for name in Self.framing + reserved where fields.contains(name) {
      throw .reservedField(name: name)
    }
    for field in fields.fields {
      guard Syntax.isToken(field.name.utf8) else { throw .invalidFieldName }
      guard field.value.utf8.allSatisfy(Syntax.isFieldValueCharacter) else {
        throw .invalidFieldValue(name: field.name)
      }
      append(fieldLine: field.name, field.value)
    }
  }

  mutating func append(fieldLine name: String, _ value: String) {
    append(contentsOf: "\(name): \(value)\r\n".utf8)
  }
}
