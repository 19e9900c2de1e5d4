import Platform

/// A moment that has passed, perhaps before this machine was started: that one no clock but the
/// wall's remembers.
struct PastMoment: Equatable {
  /// Seconds past which nobody remembers anything: what a file says of a time has no other bound.
  private static let longestAge: Int64 = 1 << 36
  /// Seconds a clock is set back by without anybody noticing: those of a correction, and of rounding.
  private static let unnoticed: Int64 = 60

  /// An instant of this start of the machine, and how many seconds before it the moment was.
  let reference: BootInstant
  let secondsBefore: Int64

  /// A moment that is now.
  init(_ now: BootInstant) {
    reference = now
    secondsBefore = 0
  }

  /// A moment so many seconds ago.
  init(secondsBefore: Int64, _ now: BootInstant) {
    reference = now
    self.secondsBefore = min(max(0, secondsBefore), Self.longestAge)
  }

  /// Seconds that have passed since; they count suspended time, and nobody sets them.
  func seconds(until now: BootInstant) -> Int64 {
    now.seconds(since: reference) + secondsBefore
  }

  /// The moment in seconds since the Unix epoch, by the wall clock as it is now.
  var wallClockSeconds: Int64 { reference.wallClockSeconds - secondsBefore }

  /// The moment in seconds since the Unix epoch, where `wallNow` is now.
  ///
  /// Of several moments told with the same two values none is told before one it follows.
  func wallClockSeconds(at now: BootInstant, _ wallNow: Int64) -> Int64 {
    wallNow + reference.seconds(since: now) - secondsBefore
  }

  /// Seconds from `moment`, in seconds since the Unix epoch, to `wallNow`; nil where the clock has
  /// been set back since, so that nobody can tell.
  static func seconds(since moment: Int64, at wallNow: Int64) -> Int64? {
    let (passed, isTooFar) = wallNow.subtractingReportingOverflow(moment)
    guard !isTooFar, passed >= -unnoticed else { return nil }
    return min(max(0, passed), longestAge)
  }
}
