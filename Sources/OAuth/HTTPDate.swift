/// The date of HTTP header fields (RFC 9110 §5.6.7), in its one current form.
package enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]

  /// Seconds since 1970 of `Sun, 06 Nov 1994 08:49:37 GMT`; `nil` for every other form.
  package static func parse(_ text: String) -> Int64? {
    let parts = text.utf8.split(separator: UInt8(ascii: " ")).map { String($0) ?? "" }
    guard parts.count == 6, parts[0].utf8.count == 4, parts[0].hasSuffix(","), parts[5] == "GMT",
      let day = number(parts[1], digits: 2, in: 1...31),
      let month = months.firstIndex(of: parts[2]),
      let year = number(parts[3], digits: 4, in: 1970...9999)
    else { return nil }
    let clock = parts[4].utf8.split(separator: UInt8(ascii: ":")).map { String($0) ?? "" }
    guard clock.count == 3,
      let hour = number(clock[0], digits: 2, in: 0...23),
      let minute = number(clock[1], digits: 2, in: 0...59),
      // A leap second is a legal 60.
      let second = number(clock[2], digits: 2, in: 0...60)
    else { return nil }
    let days = days(year: year, month: Int64(month) + 1, day: day)
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  private static func number(_ text: String, digits: Int, in range: ClosedRange<Int64>) -> Int64? {
    guard text.utf8.count == digits, text.utf8.allSatisfy(Grammar.isDigit),
      let value = Int64(text), range.contains(value)
    else { return nil }
    return value
  }

  /// Days since 1970-01-01, with years counted from March so that leap days come last.
  private static func days(year: Int64, month: Int64, day: Int64) -> Int64 {
    let year = month > 2 ? year : year - 1
    let era = year / 400
    let yearOfEra = year - era * 400
    let dayOfYear = (153 * (month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1
    let dayOfEra = yearOfEra * 365 + yearOfEra / 4 - yearOfEra / 100 + dayOfYear
    return era * 146_097 + dayOfEra - 719_468
  }
}

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
    guard let date = HTTPDate.parse(field) else { return nil }
    let (wait, overflow) = date.subtractingReportingOverflow(now)
    return overflow ? nil : min(max(wait, 0), maximum)
  }
}
