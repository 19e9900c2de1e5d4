/// The name of an account: a section of the configuration file, and a word on a command line.
///
/// The syntax is narrow so that a name is never a path, an option, or an escape sequence.
package struct AccountName: Hashable, Sendable, CustomStringConvertible {
  /// Characters a name may have; it has to fit a line of `status`.
  package static let longest = 64

  /// The rule in words, for error messages.
  package static let rule =
    "a name is up to \(longest) letters, digits and ._@- and starts with a letter or digit"

  package let text: String

  /// Takes `[A-Za-z0-9][A-Za-z0-9._@-]{0,63}`; nil for anything else.
  package init?(_ text: String) {
    guard let first = text.utf8.first, first.isLetterOrDigit, text.utf8.count <= Self.longest,
      text.utf8.allSatisfy({ $0.isLetterOrDigit || "._@-".utf8.contains($0) })
    else { return nil }
    self.text = text
  }

  package var description: String { text }
}

extension UInt8 {
  /// ALPHA or DIGIT of RFC 5234 appendix B.1.
  var isLetterOrDigit: Bool { isLetter || isDigit }

  /// DIGIT of RFC 5234 appendix B.1.
  var isDigit: Bool { self >= UInt8(ascii: "0") && self <= UInt8(ascii: "9") }

  /// ALPHA of RFC 5234 appendix B.1.
  var isLetter: Bool {
    let lower = self | 0x20
    return lower >= UInt8(ascii: "a") && lower <= UInt8(ascii: "z")
  }
}
