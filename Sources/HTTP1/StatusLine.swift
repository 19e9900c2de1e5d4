/// The status line (RFC 9112 §4).
struct StatusLine: Sendable {
  var status: Int
  var reason: String
  var isHTTP10: Bool

  /// Nil for anything but `HTTP/1.x SP 3DIGIT [ SP reason ]`; the space before an absent reason is
  /// demanded by the RFC and left out by many.
  init?(_ line: ArraySlice<UInt8>) {
    let bytes = Array(line)
    guard bytes.count >= 12, bytes.starts(with: "HTTP/1.".utf8), Syntax.isDigit(bytes[7]),
      bytes[8] == Syntax.space,
      let status = Syntax.decimal(String(decoding: bytes[9..<12], as: UTF8.self)),
      (100...599).contains(status), bytes.count == 12 || bytes[12] == Syntax.space,
      bytes.allSatisfy(Syntax.isFieldValueCharacter)
    else { return nil }
    self.status = status
    reason = String(decoding: bytes.dropFirst(13), as: UTF8.self)
    isHTTP10 = bytes[7] == UInt8(ascii: "0")
  }

  /// Whether the first bytes of an unfinished line can still become a status line.
  static func canBegin(with bytes: ArraySlice<UInt8>) -> Bool {
    zip(bytes, "HTTP/1.".utf8).allSatisfy { $0 == $1 }
  }
}
