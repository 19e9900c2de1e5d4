/// The date of HTTP header fields (RFC 9110 §5.6.7), in its three forms.
package enum HTTPDate {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  private static let weekdays = [
    "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday",
  ]

  /// Seconds since 1970; `nil` for every other form.
  ///
  /// The three are `Sun, 06 Nov 1994 08:49:37 GMT`, `Sunday, 06-Nov-94 08:49:37 GMT` and
  /// `Sun Nov  6 08:49:37 1994`; senders may use the first only, recipients must take them all.
  ///
  /// - Parameter now: seconds since 1970, which a year of two digits is read by; without it, the
  ///   form that has one is refused.
  package static func parse(_ text: String, now: Int64? = nil) -> Int64? {
    guard text.utf8.count <= 40 else { return nil }
    let parts = split(text, at: " ")
    if let name = parts.first, name.hasSuffix(",") {
      return name.utf8.count == 4 ? current(parts) : obsolete(parts, now: now)
    }
    return asctime(parts)
  }

  /// The one form that is still made.
  private static func current(_ parts: [String]) -> Int64? {
    guard parts.count == 6, parts[5] == "GMT",
      weekdays.contains(where: { "\($0.prefix(3))," == parts[0] })
    else { return nil }
    return seconds(day: parts[1], month: parts[2], year: parts[3], clock: parts[4])
  }

  /// RFC 850's form.
  private static func obsolete(_ parts: [String], now: Int64?) -> Int64? {
    guard let now, parts.count == 4, parts[3] == "GMT",
      weekdays.contains(where: { "\($0)," == parts[0] })
    else { return nil }
    let date = split(parts[1], at: "-")
    guard date.count == 3, let year = number(date[2], digits: 2, in: 0...99) else { return nil }
    // More than 50 years ahead is the last year in the past with these digits (§5.6.7).
    let thisYear = 1970 + now / 31_556_952
    var whole = thisYear - thisYear % 100 + year
    if whole > thisYear + 50 { whole -= 100 }
    return seconds(day: date[0], month: date[1], year: String(whole), clock: parts[2])
  }

  /// The form of C's `asctime`; a day of one digit has a blank in front.
  private static func asctime(_ parts: [String]) -> Int64? {
    guard let name = parts.first, weekdays.contains(where: { $0.prefix(3) == name }) else {
      return nil
    }
    if parts.count == 6, parts[2].isEmpty, parts[3].utf8.count == 1 {
      return seconds(day: "0" + parts[3], month: parts[1], year: parts[5], clock: parts[4])
    }
    guard parts.count == 5, parts[2].utf8.first != UInt8(ascii: "0") else { return nil }
    return seconds(day: parts[2], month: parts[1], year: parts[4], clock: parts[3])
  }

  private static func seconds(
    day: String, month: String, year: String, clock: String
  ) -> Int64? {
    let clock = split(clock, at: ":")
    guard let day = number(day, digits: 2, in: 1...31),
      let month = months.firstIndex(of: month),
      let year = number(year, digits: 4, in: 1970...9999), clock.count == 3,
      let hour = number(clock[0], digits: 2, in: 0...23),
      let minute = number(clock[1], digits: 2, in: 0...59),
      // A leap second is a legal 60.
      let second = number(clock[2], digits: 2, in: 0...60)
    else { return nil }
    let days = days(year: year, month: Int64(month) + 1, day: day)
    return ((days * 24 + hour) * 60 + minute) * 60 + second
  }

  private static func split(_ text: String, at separator: Unicode.Scalar) -> [String] {
    text.utf8.split(separator: UInt8(ascii: separator), omittingEmptySubsequences: false)
      .map { String($0) ?? "" }
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
