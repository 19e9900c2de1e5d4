/// How long a server asks to be left alone (RFC 9110 §10.2.3).
package enum RetryAfter {
  /// The longest wait believed, in seconds: a longer one would be an outage made by a header.
  package static let maximum: Int64 = 300

  /// The wait in seconds, from seconds or a date, between 0 and the maximum; `nil` for nonsense.
  package static func parse(_ field: String?, now: Int64) -> Int64? {
    guard let field, !field.isEmpty else { return nil }
    if field.utf8.allSatisfy(Grammar.isDigit) {
      return min(Int64(field) ?? maximum, maximum)
    }
    guard let date = HTTPDate.parse(field, now: now) else { return nil }
    let (wait, overflow) = date.subtractingReportingOverflow(now)
    return overflow ? nil : min(max(wait, 0), maximum)
  }
}
