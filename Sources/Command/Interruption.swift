import CPlatform
import Glibc
import Platform

/// The signals a waiting command looks at instead of dying of them.
struct Interruption: ~Copyable {
  /// Reports SIGINT, SIGTERM, SIGHUP and SIGCHLD; -1 where the kernel has no descriptor left, and
  /// then the signals do what they always do.
  let number: Int32

  init() {
    let watched = [SIGINT, SIGTERM, SIGHUP, SIGCHLD]
    number = sp_signal_descriptor(watched, Int32(watched.count))
  }

  deinit { if number >= 0 { close(number) } }

  /// What has happened since the last look.
  enum Event: Equatable {
    case childEnded
    case stop(Int32)
  }

  func next() -> Event? {
    guard number >= 0 else { return nil }
    let signal = sp_signal_next(number)
    if signal == 0 { return nil }
    return signal == SIGCHLD ? .childEnded : .stop(signal)
  }

  /// Ends the process by the signal, so that a shell's loop ends with it.
  static func end(by signal: Int32, saying sentence: String) -> Never {
    // The terminal has just shown ^C.
    if signal == SIGINT, isatty(2) == 1 { Diagnostics.tell("") }
    Diagnostics.report(sentence)
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, signal)
    Glibc.signal(signal, SIG_DFL)
    raise(signal)
    sigprocmask(SIG_UNBLOCK, &set, nil)
    exit(128 + signal)
  }
}
