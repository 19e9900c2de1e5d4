/// The character sets of RFC 6749 appendix A, over whole texts; none of them allows an empty text.
package enum Grammar {
  /// `1*VSCHAR`: printable ASCII with space (codes, states, refresh tokens, client identifiers).
  package static func isVSCHAR(_ text: String) -> Bool { isMade(text) { (0x20...0x7E) ~= $0 } }

  /// `1*%x21-7E`: printable ASCII without space, which a token in a header field must be.
  ///
  /// RFC 6749 A.12 has the space too; RFC 6750 §2.1 has no room for it.
  package static func isVisible(_ text: String) -> Bool { isMade(text) { (0x21...0x7E) ~= $0 } }

  /// `1*NQSCHAR`: printable ASCII without the double quote and the backslash (error codes).
  package static func isNQSCHAR(_ text: String) -> Bool { isMade(text, of: isNQSCHAR) }

  /// `1*NQCHAR`: `NQSCHAR` without space, which is one scope token (RFC 6749 §3.3).
  package static func isScopeToken(_ text: String) -> Bool {
    isMade(text) { $0 != 0x20 && isNQSCHAR($0) }
  }

  /// `1*unreserved` of RFC 3986 §2.3, which a code verifier is made of.
  package static func isUnreserved(_ text: String) -> Bool { isMade(text, of: isUnreserved) }

  /// Whether one byte is `unreserved` (RFC 3986 §2.3).
  static func isUnreserved(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || [UInt8(ascii: "-"), 0x2E, 0x5F, 0x7E].contains(byte)
  }

  /// `token` of RFC 9110 §5.6.2: names of methods, schemes and parameters.
  package static func isToken(_ text: String) -> Bool { isMade(text, of: isTokenCharacter) }

  static func isTokenCharacter(_ byte: UInt8) -> Bool {
    isAlphanumeric(byte) || "!#$%&'*+-.^_`|~".utf8.contains(byte)
  }

  static func isAlphanumeric(_ byte: UInt8) -> Bool { isLetter(byte) || isDigit(byte) }

  static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A) ~= byte | 0x20 }

  static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39) ~= byte }

  private static func isNQSCHAR(_ byte: UInt8) -> Bool {
    (0x20...0x7E) ~= byte && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  private static func isMade(_ text: String, of isAllowed: (UInt8) -> Bool) -> Bool {
    !text.isEmpty && text.utf8.allSatisfy(isAllowed)
  }
}
