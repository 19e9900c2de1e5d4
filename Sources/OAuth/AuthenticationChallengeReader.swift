/// A walk over the bytes of one `WWW-Authenticate` field.
///
/// The grammar has a trap: the comma stands between challenges and between their parameters. What
/// follows a comma is a parameter when a `=` follows its first word, else a new challenge.
struct AuthenticationChallengeReader {
  private let bytes: [UInt8]
  private var position = 0

  init(bytes: [UInt8]) { self.bytes = bytes }

  private var next: UInt8? { position < bytes.count ? bytes[position] : nil }

  mutating func challenges() throws(AuthenticationChallengeFault) -> [AuthenticationChallenge] {
    var challenges: [AuthenticationChallenge] = []
    skipSeparators()
    while next != nil { challenges.append(try challenge()) }
    return challenges
  }

  private mutating func challenge() throws(AuthenticationChallengeFault) -> AuthenticationChallenge
  {
    let scheme = try token()
    guard skipSpace() else {
      try endElement()
      return AuthenticationChallenge(scheme: scheme)
    }
    if let text = takeToken68() {
      try endElement()
      return AuthenticationChallenge(scheme: scheme, token68: text)
    }
    return AuthenticationChallenge(scheme: scheme, parameters: try parameters())
  }

  private mutating func parameters() throws(AuthenticationChallengeFault) -> [String: String] {
    var parameters: [String: String] = [:]
    skipSeparators()
    while let name = takeName() {
      guard parameters.count < AuthenticationChallenge.maximumCount else { throw .tooMany }
      let value = next == UInt8(ascii: "\"") ? try quotedString() : try token()
      guard parameters.updateValue(value, forKey: name) == nil else {
        throw .repeated(PrintableText(name))
      }
      try endElement()
    }
    return parameters
  }

  /// A name and its `=`, in lower case; takes nothing where another challenge begins.
  private mutating func takeName() -> String? {
    let start = position
    if let name = try? token() {
      skipSpace()
      if take(UInt8(ascii: "=")) {
        skipSpace()
        return name.lowercased()
      }
    }
    position = start
    return nil
  }

  /// What stands alone up to the next comma and is no word and no parameter (RFC 9110 §11.2);
  /// takes nothing otherwise.
  private mutating func takeToken68() -> String? {
    let start = position
    while let byte = next, Grammar.isAlphanumeric(byte) || "-._~+/".utf8.contains(byte) {
      position += 1
    }
    let end = position
    while take(UInt8(ascii: "=")) {}
    let text = text(start..<position)
    skipSpace()
    if end > start, next == nil || next == UInt8(ascii: ",") { return text }
    position = start
    return nil
  }

  private mutating func token() throws(AuthenticationChallengeFault) -> String {
    let start = position
    while let byte = next, Grammar.isTokenCharacter(byte) { position += 1 }
    guard position > start else { throw .malformed }
    return text(start..<position)
  }

  private mutating func quotedString() throws(AuthenticationChallengeFault) -> String {
    position += 1
    var value: [UInt8] = []
    while var byte = next {
      position += 1
      if byte == UInt8(ascii: "\"") {
        guard let text = String(validating: value, as: UTF8.self) else { throw .malformed }
        return text
      }
      if byte == UInt8(ascii: "\\") {
        guard let escaped = next else { throw .malformed }
        position += 1
        byte = escaped
      }
      guard byte >= 0x20 && byte != 0x7F || byte == 0x09 else { throw .malformed }
      value.append(byte)
    }
    throw .malformed
  }

  /// The end of the field or a comma; empty elements of the list are skipped (RFC 9110 §5.6.1).
  private mutating func endElement() throws(AuthenticationChallengeFault) {
    skipSpace()
    guard next == nil || next == UInt8(ascii: ",") else { throw .malformed }
    skipSeparators()
  }

  private mutating func skipSeparators() {
    while let byte = next, byte == UInt8(ascii: ",") || byte == 0x20 || byte == 0x09 {
      position += 1
    }
  }

  /// Skips blanks; whether there were any.
  @discardableResult
  private mutating func skipSpace() -> Bool {
    let start = position
    while let byte = next, byte == 0x20 || byte == 0x09 { position += 1 }
    return position > start
  }

  private mutating func take(_ byte: UInt8) -> Bool {
    guard next == byte else { return false }
    position += 1
    return true
  }

  private func text(_ range: Range<Int>) -> String {
    String(decoding: bytes[range], as: UTF8.self)
  }
}
