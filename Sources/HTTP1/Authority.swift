/// The authority of a URI without user information: `host [ ":" port ]` (RFC 3986 §3.2).
enum Authority {
  /// Whether `text` can be one; an empty one cannot, for every request here is for somebody.
  static func isValid(_ text: some StringProtocol) -> Bool {
    let bytes = Array(text.utf8)
    guard let first = bytes.first else { return false }
    if first == UInt8(ascii: "[") {
      guard let end = bytes.firstIndex(of: UInt8(ascii: "]")), end > 1 else { return false }
      return bytes[1..<end].allSatisfy(isLiteralCharacter) && isPort(bytes[(end + 1)...])
    }
    let end = bytes.firstIndex(of: Syntax.colon) ?? bytes.endIndex
    return end > 0 && bytes[..<end].allSatisfy(isNameCharacter) && isPort(bytes[end...])
  }

  private static func isPort(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first else { return true }
    return first == Syntax.colon && bytes.count <= 6 && bytes.dropFirst().allSatisfy(Syntax.isDigit)
  }

  /// `IP-literal` (RFC 3986 §3.2.2), by its characters alone.
  private static func isLiteralCharacter(_ byte: UInt8) -> Bool {
    byte == Syntax.colon || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "%")
      || isAlphanumeric(byte)
  }

  /// `reg-name` (RFC 3986 §3.2.2).
  private static func isNameCharacter(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "-._~%!$&'()*+,;=".utf8.contains(byte)
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool {
    let lower = Syntax.lowercased(byte)
    return Syntax.isDigit(byte) || (lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z"))
  }
}
