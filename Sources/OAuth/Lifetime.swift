/// How long an access token is valid.
package enum Lifetime: Sendable, Hashable {
  /// The longest lifetime kept, in seconds: ten years, so that no sum with it can overflow.
  package static let maximum: Int64 = 10 * 365 * 86400

  /// Seconds from the moment of the answer.
  case seconds(Int64)
  /// The server does not say (GitHub's tokens, for one, do not expire).
  case unknown

  /// Reads `expires_in`: a number of seconds, floored and clamped.
  ///
  /// PayPal-like servers send it as a string.
  init(_ value: JSONValue) throws(TokenResponseFault) {
    guard value != .null else {
      self = .unknown
      return
    }
    guard let seconds = Self.wholeSeconds(value) else { throw .badLifetime }
    self = .seconds(seconds)
  }

  /// A number of seconds, floored, and at most `maximum`; `nil` for everything else.
  static func wholeSeconds(_ value: JSONValue) -> Int64? {
    let seconds: Double? =
      switch value {
      case .number(let number): number.double
      case .string(let text): decimal(text)
      default: nil
      }
    guard let seconds, seconds >= 0 else { return nil }
    return Int64(exactly: min(seconds, Double(maximum)).rounded(.down))
  }

  private static func decimal(_ text: String) -> Double? {
    guard text.utf8.first.map(Grammar.isDigit) == true,
      text.utf8.allSatisfy({ Grammar.isDigit($0) || $0 == UInt8(ascii: ".") })
    else { return nil }
    return Double(text)
  }
}
