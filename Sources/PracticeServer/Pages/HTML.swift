/// HTML that is put together without a way to forget the escaping: text is escaped when it goes
/// in, and only ``markup(_:)`` takes what is HTML already.
struct HTML: Sendable, ExpressibleByStringInterpolation {
  private(set) var text: String

  init(stringLiteral value: String) { text = value }

  init(stringInterpolation: StringInterpolation) { text = stringInterpolation.text }

  struct StringInterpolation: StringInterpolationProtocol {
    fileprivate var text = ""

    init(literalCapacity: Int, interpolationCount: Int) { text.reserveCapacity(literalCapacity) }

    mutating func appendLiteral(_ literal: String) { text += literal }

    /// Text of any origin, for between tags and between double quotes.
    mutating func appendInterpolation(_ value: String) { text += Self.escaped(value) }

    mutating func appendInterpolation(markup: HTML) { text += markup.text }

    mutating func appendInterpolation(markup parts: [HTML]) {
      for part in parts { text += part.text }
    }

    private static func escaped(_ value: String) -> String {
      var output = ""
      for scalar in value.unicodeScalars {
        switch scalar {
        case "&": output += "&amp;"
        case "<": output += "&lt;"
        case ">": output += "&gt;"
        case "\"": output += "&quot;"
        case "'": output += "&#39;"
        default: output.unicodeScalars.append(scalar)
        }
      }
      return output
    }
  }
}
