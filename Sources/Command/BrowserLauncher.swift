import Glibc
import Platform

/// Shows a URL in a browser; goes on to the next way when one does not work.
struct BrowserLauncher {
  private var candidates: ArraySlice<BrowserCommand>
  private let searchPath: String?
  /// The browser that was started last and may yet say that it failed.
  private var running: pid_t?
  /// Whether a browser that draws in the terminal has it now.
  private(set) var occupiesTerminal = false

  init(_ candidates: [BrowserCommand], searchPath: String?) {
    self.candidates = candidates[...]
    self.searchPath = searchPath
  }

  /// The ways this process's environment offers.
  init(for url: String) {
    let display = environmentVariable("WAYLAND_DISPLAY") ?? environmentVariable("DISPLAY")
    self.init(
      BrowserCommand.candidates(
        for: url, browser: environmentVariable("BROWSER"), hasDisplay: display != nil,
        isWSL: environmentVariable("WSL_DISTRO_NAME") != nil),
      searchPath: environmentVariable("PATH"))
  }

  /// Whether there is any way left to try.
  var canTry: Bool { !candidates.isEmpty }

  /// Starts the next way that can be started; false when there is none.
  mutating func open() -> Bool {
    while let command = candidates.popFirst() {
      if start(command) { return true }
    }
    return false
  }

  /// Looks after a browser that has ended; true when it failed, so that the next way is due.
  mutating func reap() -> Bool {
    guard let running else { return false }
    var status: Int32 = 0
    guard waitpid(running, &status, WNOHANG) == running else { return false }
    self.running = nil
    occupiesTerminal = false
    return status != 0
  }

  /// A browser's chatter must reach neither our standard output nor whoever waits for the end of
  /// our standard error: a browser may live for days.
  private mutating func start(_ command: BrowserCommand) -> Bool {
    guard let program = ChildProcess.find(command.program, searchPath: searchPath) else {
      return false
    }
    let arguments = [command.program] + command.arguments
    if command.needsTerminal { return startInTerminal(program, arguments) }
    running = try? ChildProcess.spawn(program, arguments: arguments, newSession: true)
    return running != nil
  }

  private mutating func startInTerminal(_ program: String, _ arguments: [String]) -> Bool {
    guard let terminal = try? Descriptor.open("/dev/tty", O_RDWR) else { return false }
    let descriptor = ChildProcess.Standard.descriptor(terminal.number)
    running = try? ChildProcess.spawn(
      program, arguments: arguments, input: descriptor, output: descriptor, error: descriptor)
    occupiesTerminal = running != nil
    return occupiesTerminal
  }
}
