import Attributes
import OAuth

/// What a server tells about a person, as lines: nothing in them moves a cursor or forges a line.
struct FlattenedClaims {
  /// Characters of one claim's text.
  private static let maximumLength = 1000
  /// Lines, and bytes of them all: a block holds no more than 512 lines and 512 KiB.
  private static let maximumCount = 256
  private static let maximumSize = 256 * 1024
  /// Bytes of the whole as one line.
  private static let maximumDocumentLength = 60_000

  /// One line a claim, sorted by name.
  let lines: [(name: String, value: String)]
  /// The whole as compact JSON; nil where it is too long for a line.
  let document: String?
  let warnings: [String]

  init(_ claims: [String: JSONValue]) {
    var lines: [(name: String, value: String)] = []
    var warnings: [String] = []
    var size = 0
    for (name, value) in claims.sorted(by: { $0.key < $1.key }) where Self.isKey(name) {
      let text = shown(value.stringValue ?? Self.json(value), limit: Self.maximumLength)
      size += name.utf8.count + text.utf8.count
      guard lines.count < Self.maximumCount, size <= Self.maximumSize else {
        warnings.append("the server tells more than can be shown; the rest was left out")
        break
      }
      lines.append((name, text))
    }
    self.lines = lines
    let document = Self.json(.object(claims))
    let fits = document.utf8.count <= Self.maximumDocumentLength
    self.document = fits ? document : nil
    if !fits { warnings.append("the userinfo as a whole is too long for one line") }
    self.warnings = warnings
  }

  /// Whether a name can stand in front of `=`; others are in the document alone.
  private static func isKey(_ name: String) -> Bool {
    !name.isEmpty && name.utf8.count <= 200 && !name.hasSuffix("[]")
      && name.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "=") }
  }

  /// Compact JSON in which characters that no terminal should get stand as escapes.
  private static func json(_ value: JSONValue) -> String {
    var result = ""
    for scalar in String(decoding: value.serialized(), as: UTF8.self).unicodeScalars {
      if shown(String(scalar)).unicodeScalars.first == scalar {
        result.unicodeScalars.append(scalar)
        continue
      }
      for unit in String(scalar).utf16 {
        let digits = String(unit, radix: 16)
        result += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
      }
    }
    return result
  }
}
