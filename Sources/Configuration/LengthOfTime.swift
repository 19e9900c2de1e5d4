/// A length of time as a person types it: a number and `s`, `m`, `h` or `d`.
package enum LengthOfTime {
  /// Seconds a setting may last: ten years; a longer one is a slip of the keyboard.
  package static let longest: Int64 = 3650 * 86_400

  /// The seconds `text` means, without a unit too; nil when it is no length of time.
  package static func seconds(_ text: String) -> Int64? {
    guard let last = text.utf8.last else { return nil }
    let units: [UInt8: Int64] = [
      UInt8(ascii: "s"): 1, UInt8(ascii: "m"): 60, UInt8(ascii: "h"): 3600,
      UInt8(ascii: "d"): 86_400,
    ]
    let unit = units[last]
    let digits = unit == nil ? text[...] : text.dropLast()
    // Int64 would take a sign as well.
    guard digits.utf8.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }),
      let count = Int64(digits)
    else { return nil }
    let (seconds, isTooLong) = count.multipliedReportingOverflow(by: unit ?? 1)
    return isTooLong ? nil : seconds
  }

  /// What is wrong with a setting that is a length of time, to be put behind its key.
  static func judge(_ value: String) -> String? {
    guard let seconds = seconds(value) else {
      return "is no length of time, such as 30m, 8h or 7d"
    }
    if seconds == 0 { return "is no time at all: leave it out where there is no limit" }
    return seconds <= longest ? nil : "is longer than \(longest / 86_400)d"
  }
}

extension AccountSettings {
  /// The seconds of a key that is a length of time; nil when it is absent.
  package func seconds(_ key: String) -> Int64? { self[key].flatMap(LengthOfTime.seconds) }
}
