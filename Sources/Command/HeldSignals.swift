import CPlatform
import Glibc

/// The signals that end or stop a program, held back while something has to be put in order first.
struct HeldSignals: ~Copyable {
  private static let all = [SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGTSTP]

  /// Reports the signals; -1 where the kernel has no descriptor left, and then they do what they
  /// always do.
  let number: Int32
  private var former = sigset_t()

  init() {
    sigprocmask(SIG_BLOCK, nil, &former)
    number = sp_signal_descriptor(Self.all, Int32(Self.all.count))
    if number < 0 { sigprocmask(SIG_SETMASK, &former, nil) }
  }

  deinit {
    var former = former
    sigprocmask(SIG_SETMASK, &former, nil)
    if number >= 0 { close(number) }
  }

  /// One that has come; nil when none has.
  static func next(_ number: Int32) -> Int32? {
    let signal = sp_signal_next(number)
    return signal == 0 ? nil : signal
  }

  /// Stops this process, as the terminal's suspend key wants, until somebody continues it.
  func stop() {
    var set = sigset_t()
    sigemptyset(&set)
    sigaddset(&set, SIGTSTP)
    raise(SIGTSTP)
    sigprocmask(SIG_UNBLOCK, &set, nil)
    sigprocmask(SIG_BLOCK, &set, nil)
  }
}
