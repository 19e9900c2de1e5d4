import Glibc
import Platform

/// The end of a process that has not come to its own end by its deadline.
///
/// Every wait of a job has a deadline of its own; this one is for what takes none, such as a file
/// on a network that has gone.
enum Watchdog {
  /// Seconds beyond the job's own deadlines, so that their clearer words come first.
  static let grace: Int64 = 5

  /// At `deadline`, writes a failure and ends the process.
  static func start(deadline: BootInstant, answer: Answer) {
    Thread.start {
      while BootInstant.now < deadline {
        poll(nil, 0, deadline.milliseconds(after: .now))
      }
      let failure = CourierFailure(.temporarilyUnavailable, "the job did not end by its deadline")
      answer.failIfFree(failure)
      _exit(failure.failure.code.exitStatus)
    }
  }
}
