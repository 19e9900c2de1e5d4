/// A length of time as a person types it: a number and `s`, `m`, `h` or `d`.
enum LengthOfTime {
  /// The seconds `text` means, without a unit too; nil when it is no length of time.
  static func seconds(_ text: String) -> Int64? {
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
}
