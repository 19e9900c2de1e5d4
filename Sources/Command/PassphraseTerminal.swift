import Attributes
import Glibc
import Platform

/// The terminal as a place to type a passphrase: what is typed is not shown.
///
/// Whatever ends the question, the terminal is as it was before: the signals that would end or stop
/// the program wait until it is.
struct PassphraseTerminal: ~Copyable {
  /// Bytes of a line that a terminal hands on (N_TTY_BUF_SIZE).
  private static let longestLine = 4096

  private let terminal: Descriptor

  /// The terminal of this process; nil where it has none, or runs in its background.
  init?() {
    guard let terminal = try? Descriptor.open("/dev/tty", O_RDWR | O_NOCTTY),
      tcgetpgrp(terminal.number) == getpgrp()
    else { return nil }
    self.terminal = terminal
  }

  /// A terminal that is open already.
  init(_ terminal: consuming Descriptor) { self.terminal = terminal }

  /// Whether a person can be asked at the terminal.
  static var isThere: Bool { PassphraseTerminal() != nil }

  /// Shows the question and reads a line.
  ///
  /// - Returns: nil when the terminal cannot be silenced: then nobody is asked to type a secret.
  /// - Throws: when the person ends the input instead (Ctrl-D), or hangs up.
  func ask(_ question: String) throws(Failure) -> WipedBuffer? {
    let signals = HeldSignals()
    var usual = termios()
    guard tcgetattr(terminal.number, &usual) == 0 else { return nil }
    guard silence(usual) else { return nil }
    var line = WipedBuffer()
    while true {
      show("\(question): ")
      switch readLine(into: &line, signals.number) {
      case .line:
        restore(usual)
        show("\n")
        return line
      case .end:
        restore(usual)
        show("\n")
        throw .noPassphrase
      case .signal(SIGTSTP):
        restore(usual)
        show("\n")
        signals.stop()
        // Another program may have had the terminal meanwhile.
        guard tcgetattr(terminal.number, &usual) == 0, silence(usual) else { return nil }
        line.truncate(to: 0)
      case .signal(let signal):
        restore(usual)
        if signal != SIGINT || isatty(2) == 0 { show("\n") }
        line.truncate(to: 0)
        // The first of two passphrases may be in memory yet, and SIGQUIT writes that to a file.
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(__rlimit_resource_t(RLIMIT_CORE.rawValue), &none)
        Interruption.end(by: signal, saying: "no passphrase was given")
      }
    }
  }

  private enum Input: Equatable {
    case line
    case end
    case signal(Int32)
  }

  private func readLine(into line: inout WipedBuffer, _ signals: Int32) -> Input {
    while true {
      var entries = [
        pollfd(fd: terminal.number, events: Int16(POLLIN), revents: 0),
        pollfd(fd: signals, events: Int16(POLLIN), revents: 0),
      ]
      guard retryingInterrupts({ Int(poll(&entries, 2, -1)) }) > 0 else { return .end }
      if entries[1].revents != 0, let signal = HeldSignals.next(signals) { return .signal(signal) }
      guard entries[0].revents != 0 else { continue }
      switch readOnce(terminal.number, into: line.room(for: Self.longestLine)) {
      case .bytes(let count): line.extend(by: count)
      case .wouldBlock: continue
      case .closed, .failed: return .end
      }
      // Ctrl-D behind some bytes hands them on without a line end.
      if line.bytes.last == UInt8(ascii: "\n") || line.count > Self.longestLine { return .line }
    }
  }

  /// No echo; whole lines and the keys for signals, also where a program has left them off.
  ///
  /// What was typed before the question was not meant for it, and was shown: it is dropped.
  private func silence(_ usual: termios) -> Bool {
    var silent = usual
    silent.c_lflag &= ~tcflag_t(ECHO | ECHOE | ECHOK | ECHONL)
    silent.c_lflag |= tcflag_t(ICANON | ISIG)
    silent.c_iflag |= tcflag_t(ICRNL)
    return retryingInterrupts { Int(tcsetattr(terminal.number, TCSAFLUSH, &silent)) } == 0
  }

  private func restore(_ usual: termios) {
    var usual = usual
    _ = retryingInterrupts { Int(tcsetattr(terminal.number, TCSANOW, &usual)) }
  }

  private func show(_ text: String) { try? writeAll(terminal.number, text) }
}
