/// Text from a server, made fit to be shown: one line, printable, bounded.
///
/// Control characters, escape sequences and everything that turns the direction of writing are
/// taken out (CWE-150), so that it can neither command a terminal nor forge a second line. It is
/// not escaped for HTML.
package struct PrintableText: Sendable, Hashable, CustomStringConvertible {
  /// The most characters kept: enough for a sentence or two.
  package static let maximumLength = 200
  /// The bytes looked at before cleaning: redaction takes time for each of them.
  private static let maximumSource = 8192
  /// The shortest secret redacted, in bytes: a shorter one would blank out ordinary words.
  private static let minimumSecret = 8

  package let text: String

  package var description: String { text }

  /// Cleans `raw`, first taking every one of `secrets` out of it.
  ///
  /// Servers are known to repeat a code or a verifier in `error_description`; a person would paste
  /// it into a report.
  package init(_ raw: String, redacting secrets: [String] = []) {
    var scalars = String.UnicodeScalarView()
    var isSpacePending = false
    var source = Self.redact(raw, secrets).unicodeScalars[...]
    while let scalar = source.popFirst(), scalars.count < Self.maximumLength {
      if scalar == "\u{1B}" || scalar == "\u{9B}" {
        Self.skipEscapeSequence(startedBy: scalar, in: &source)
      } else if Self.isSpace(scalar) {
        isSpacePending = !scalars.isEmpty
      } else if Self.isPrintable(scalar) {
        if isSpacePending { scalars.append(" ") }
        isSpacePending = false
        scalars.append(scalar)
      }
    }
    text = String(scalars.prefix(Self.maximumLength))
  }

  private static func redact(_ raw: String, _ secrets: [String]) -> String {
    var bytes = Array(raw.utf8.prefix(maximumSource))
    for secret in secrets where secret.utf8.count >= minimumSecret {
      bytes = replacing(Array(secret.utf8), in: bytes)
      bytes = replacing(Array(FormParameters.encode(secret).utf8), in: bytes)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  private static func replacing(_ pattern: [UInt8], in bytes: [UInt8]) -> [UInt8] {
    var output: [UInt8] = []
    var rest = bytes[...]
    while let byte = rest.first {
      if rest.starts(with: pattern) {
        output += "…".utf8
        rest = rest.dropFirst(pattern.count)
      } else {
        output.append(byte)
        rest = rest.dropFirst()
      }
    }
    return output
  }

  /// Skips what ECMA-48 §5.4 and §5.6 call a control sequence or control string.
  private static func skipEscapeSequence(
    startedBy first: Unicode.Scalar, in source: inout Substring.UnicodeScalarView
  ) {
    guard let introducer = first == "\u{9B}" ? "[" : source.popFirst() else { return }
    switch introducer {
    case "[":
      while let scalar = source.popFirst() {
        if ("\u{40}"..."\u{7E}").contains(scalar) { return }
      }
    case "]", "P", "X", "^", "_":
      while let scalar = source.popFirst() {
        if scalar == "\u{07}" || scalar == "\u{9C}" { return }
        if scalar == "\u{1B}" {
          _ = source.popFirst()
          return
        }
      }
    default: return
    }
  }

  private static func isSpace(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .spaceSeparator, .lineSeparator, .paragraphSeparator: true
    default: ("\u{09}"..."\u{0D}").contains(scalar) || scalar == "\u{85}"
    }
  }

  private static func isPrintable(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    // Format covers the bidirectional controls and the invisible characters.
    case .control, .format, .surrogate, .privateUse, .unassigned: false
    default: true
    }
  }
}
