internal import Glibc

/// Waiting for a descriptor until an instant of CLOCK_BOOTTIME, which goes on while the machine
/// sleeps.
enum Deadline {
  /// Milliseconds; poll(2) counts none while the machine sleeps, so the clock is looked at again.
  private static let longestWait: Int64 = 10_000

  /// Nanoseconds of CLOCK_BOOTTIME.
  static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_BOOTTIME, &time)
    return Int64(time.tv_sec) * 1_000_000_000 + Int64(time.tv_nsec)
  }

  /// Throws `timedOut` when `deadline` has passed.
  static func check(_ deadline: Int64) throws(TLSError) {
    guard deadline > now() else { throw .timedOut }
  }

  /// Returns when `descriptor` has one of `events`, an error or an end, and perhaps before.
  static func wait(for events: Int32, on descriptor: Int32, until deadline: Int64) throws(TLSError)
  {
    let (left, overflow) = deadline.subtractingReportingOverflow(now())
    guard overflow ? deadline > 0 : left > 0 else { throw .timedOut }
    // Rounded up: a wait of 0 would spin through the last millisecond.
    let milliseconds = overflow ? longestWait : min(left / 1_000_000 + 1, longestWait)
    var request = pollfd(fd: descriptor, events: Int16(truncatingIfNeeded: events), revents: 0)
    guard poll(&request, 1, Int32(milliseconds)) >= 0 || errno == EINTR else { throw .closed }
    guard request.revents & Int16(POLLNVAL) == 0 else { throw .closed }
  }
}
