/// Instants and lengths of time as text.
enum Timestamp {
  /// The last second RFC 3339 can write: the end of the year 9999.
  private static let last: Int64 = 253_402_300_799

  /// `2026-11-21T10:00:00Z` (RFC 3339); what lies outside its years is the nearest it can write.
  static func text(_ secondsSince1970: Int64) -> String {
    let seconds = min(max(secondsSince1970, 0), last)
    let (year, month, day) = date(daysSince1970: seconds / 86_400)
    let time = seconds % 86_400
    return "\(digits(year, 4))-\(digits(month, 2))-\(digits(day, 2))T"
      + "\(digits(time / 3600, 2)):\(digits(time / 60 % 60, 2)):\(digits(time % 60, 2))Z"
  }

  /// A length of time as a person says it: `45 s`, `12 min`, `3 h 5 min`, `4 d 2 h`.
  static func length(_ seconds: Int64) -> String {
    switch seconds {
    case ..<0: return "no time"
    case 0..<120: return "\(seconds) s"
    case 120..<7200: return "\((seconds + 30) / 60) min"
    case 7200..<172_800:
      let minutes = seconds / 60 % 60
      return minutes == 0 ? "\(seconds / 3600) h" : "\(seconds / 3600) h \(minutes) min"
    default:
      let hours = seconds / 3600 % 24
      return hours == 0 ? "\(seconds / 86_400) d" : "\(seconds / 86_400) d \(hours) h"
    }
  }

  /// The Gregorian date, counted in eras of 400 years that start on 1 March.
  private static func date(daysSince1970 days: Int64) -> (year: Int64, month: Int64, day: Int64) {
    let daysInEra: Int64 = 146_097
    let shifted = days + 719_468
    let dayOfEra = shifted % daysInEra
    let yearOfEra =
      (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / (daysInEra - 1)) / 365
    let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
    let fromMarch = (5 * dayOfYear + 2) / 153
    let month = fromMarch < 10 ? fromMarch + 3 : fromMarch - 9
    let year = yearOfEra + shifted / daysInEra * 400 + (month <= 2 ? 1 : 0)
    return (year, month, dayOfYear - (153 * fromMarch + 2) / 5 + 1)
  }

  private static func digits(_ number: Int64, _ width: Int) -> String {
    let text = String(number)
    return String(repeating: "0", count: max(0, width - text.utf8.count)) + text
  }
}
