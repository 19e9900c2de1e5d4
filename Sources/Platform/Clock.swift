import CPlatform

/// An instant of CLOCK_BOOTTIME, in nanoseconds: it counts suspended time and nobody sets it.
package struct BootInstant: Comparable, Hashable, Sendable {
  package let nanoseconds: UInt64

  package init(nanoseconds: UInt64) { self.nanoseconds = nanoseconds }

  package static var now: BootInstant { BootInstant(nanoseconds: sp_boot_clock()) }

  package static func < (a: BootInstant, b: BootInstant) -> Bool { a.nanoseconds < b.nanoseconds }

  /// The instant `seconds` later; a negative number is an earlier one. It saturates at both ends.
  package func adding(seconds: Int64) -> BootInstant {
    adding(milliseconds: seconds.saturating(1000))
  }

  /// The instant `milliseconds` later; a negative number is an earlier one. It saturates.
  package func adding(milliseconds: Int64) -> BootInstant {
    let (delta, tooFar) = milliseconds.magnitude.multipliedReportingOverflow(by: 1_000_000)
    let distance = tooFar ? UInt64.max : delta
    let (sum, outside) =
      milliseconds < 0
      ? nanoseconds.subtractingReportingOverflow(distance)
      : nanoseconds.addingReportingOverflow(distance)
    if outside { return BootInstant(nanoseconds: milliseconds < 0 ? 0 : .max) }
    return BootInstant(nanoseconds: sum)
  }

  /// Whole seconds from `earlier` to this instant, rounded down; negative when it is the later one.
  package func seconds(since earlier: BootInstant) -> Int64 {
    if self >= earlier { return Int64((nanoseconds - earlier.nanoseconds) / 1_000_000_000) }
    let (seconds, rest) = (earlier.nanoseconds - nanoseconds).quotientAndRemainder(
      dividingBy: 1_000_000_000)
    return -Int64(seconds) - (rest == 0 ? 0 : 1)
  }
}

extension Int64 {
  fileprivate func saturating(_ factor: Int64) -> Int64 {
    let (product, overflow) = multipliedReportingOverflow(by: factor)
    guard overflow else { return product }
    return self < 0 ? .min : .max
  }
}

extension BootInstant {
  /// What the wall clock reads at this instant, in seconds since the Unix epoch, if nobody
  /// sets it meanwhile.
  package var wallClockSeconds: Int64 {
    let now = BootInstant.now.nanoseconds
    let distance =
      nanoseconds >= now
      ? Int64(clamping: nanoseconds - now) : -Int64(clamping: now - nanoseconds)
    let (sum, overflow) = sp_wall_clock().addingReportingOverflow(distance)
    // Rounded, so that two readings of the clocks a moment apart tell the same second.
    return (overflow ? .max : sum / 1_000_000_000 + (sum % 1_000_000_000) / 500_000_000)
  }
}

/// Seconds since the Unix epoch: what a person and other programs are told.
package func wallClockSeconds() -> Int64 { sp_wall_clock() / 1_000_000_000 }
