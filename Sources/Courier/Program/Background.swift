import Glibc
import Platform
import Synchronization

/// Work on a thread of its own, for calls that cannot be given a deadline and for what may go on
/// while a person is waited for.
///
/// Work that nobody waits for any more is left behind; it ends with the process.
final class Background<Value: Sendable>: Sendable {
  private let result = Mutex<Value?>(nil)
  private let reader: Descriptor
  private let writer: Int32

  /// Starts the work; where no thread can be had, does it before returning.
  init(_ work: @escaping @Sendable () -> Value) throws(SystemError) {
    let (first, second) = try DescriptorPair.pipe().take()
    reader = Descriptor(owning: first)
    writer = second
    Thread.start { [self] in
      let value = work()
      result.withLock { $0 = value }
      // The end of the pipe is what wakes whoever polls the other one.
      close(writer)
    }
  }

  /// Becomes readable when the work is done.
  var descriptor: Int32 { reader.number }

  /// The result, when the work is done by `deadline`.
  func value(by deadline: BootInstant) -> Value? {
    guard wait(for: reader.number, POLLIN, until: deadline) else { return nil }
    return result.withLock { $0 }
  }
}

/// Threads of the C library; a process this short-lived needs no pool.
enum Thread {
  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }

  /// Runs `body` on a new thread; where the system has none to give, on this one.
  static func start(_ body: @escaping @Sendable () -> Void) {
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    let work = Unmanaged.passRetained(Work(body))
    var thread = pthread_t()
    let status = pthread_create(
      &thread, &attributes,
      { argument in
        guard let argument else { return nil }
        Unmanaged<Work>.fromOpaque(argument).takeRetainedValue().body()
        return nil
      }, work.toOpaque())
    if status != 0 { work.takeRetainedValue().body() }
  }
}

/// Waits until a descriptor is ready or `deadline` has passed; false in the latter case.
func wait(for descriptor: Int32, _ events: Int32, until deadline: BootInstant) -> Bool {
  while true {
    let rest = deadline.milliseconds(after: .now)
    if waitUntil(descriptor, readyFor: events, milliseconds: rest) { return true }
    if rest == 0 { return false }
  }
}

extension BootInstant {
  /// Milliseconds; poll's own clock stands still while the machine sleeps, CLOCK_BOOTTIME does not.
  private static let longestPoll: UInt64 = 10_000

  /// How long poll may wait for this instant, in milliseconds: never beyond it, rounded up.
  func milliseconds(after now: BootInstant) -> Int32 {
    guard self > now else { return 0 }
    let rest = (nanoseconds - now.nanoseconds).addingReportingOverflow(999_999).partialValue
    return Int32(min(rest / 1_000_000, Self.longestPoll))
  }
}
