import OAuth

extension Fault {
  /// Servers whose clock is not this machine's.
  static let clocks: [Fault] = [
    clock("clock-ahead", .refused(1), by: 7200),
    clock("clock-behind", .refused(1), by: -7200),
    clock("clock-slightly-ahead", .works, by: 45),
    clock("clock-slightly-behind", .works, by: -45),
  ]

  /// Seconds the server's clock is ahead; its answers tell the time by it, and so do its tokens.
  private static func clock(
    _ name: String, _ expectation: Expectation, by seconds: Int64
  ) -> Fault {
    Fault(
      name, .login, expectation, "RFC 7519 §4.1.4",
      .token {
        for claim in ["iat", "exp", "auth_time"] {
          guard let time = $0[claim]?.numberValue?.double else { continue }
          $0[claim] = .seconds(Int64(time) + seconds)
        }
      },
      .reply(.tokens) { reply, scene in
        reply.set("Date", DateField.text(scene.now.adding(seconds)))
      })
  }
}

/// The time as HTTP tells it (RFC 9110 §5.6.7).
enum DateField {
  private static let months = [
    "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
  ]
  /// 1970 began on the first of them.
  private static let weekdays = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"]

  /// - Parameter seconds: since 1970, and not before.
  static func text(_ seconds: Int64) -> String {
    let (days, rest) = max(0, seconds).quotientAndRemainder(dividingBy: 86_400)
    let (year, month, day) = date(days)
    let clock = [rest / 3600, rest / 60 % 60, rest % 60].map(twoDigits).joined(separator: ":")
    return "\(weekdays[Int(days % 7)]), \(twoDigits(day)) \(months[month]) \(year) \(clock) GMT"
  }

  private static func twoDigits(_ number: Int64) -> String {
    number < 10 ? "0\(number)" : "\(number)"
  }

  /// Year, month from 0 and day of the month of a day since 1970.
  private static func date(_ days: Int64) -> (year: Int64, month: Int, day: Int64) {
    var rest = days
    var year: Int64 = 1970
    while rest >= length(of: year) {
      rest -= length(of: year)
      year += 1
    }
    var month = 0
    while rest >= length(of: month, in: year) {
      rest -= length(of: month, in: year)
      month += 1
    }
    return (year, month, rest + 1)
  }

  private static func isLeap(_ year: Int64) -> Bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
  }

  private static func length(of year: Int64) -> Int64 { isLeap(year) ? 366 : 365 }

  private static func length(of month: Int, in year: Int64) -> Int64 {
    switch month {
    case 1: isLeap(year) ? 29 : 28
    case 3, 5, 8, 10: 30
    default: 31
    }
  }
}
