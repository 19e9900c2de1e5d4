import Glibc
import Platform

/// Shows a URL in a browser; goes on to the next way when one does not work.
struct BrowserLauncher {
  private var candidates: ArraySlice<BrowserCommand>
  private let searchPath: String?
  /// The browser that was started last and may yet say that it failed.
  private var running: pid_t?
  /// The name of that browser.
  private var program = ""
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

  /// What is wrong with BROWSER, in words; nil where it is not set or one of its programs is there.
  static func missingBrowser(
    _ variable: String? = environmentVariable("BROWSER"), searchPath: String?
  ) -> String? {
    let programs = BrowserCommand.candidates(
      for: "https://example.com/", browser: variable, hasDisplay: false, isWSL: false
    ).map(\.program)
    guard !programs.isEmpty,
      programs.allSatisfy({ ChildProcess.find($0, searchPath: searchPath) == nil })
    else { return nil }
    let names = programs.map { printable($0, limit: 100) }.joined(separator: ", ")
    let verb = programs.count == 1 ? "is" : "are"
    return "\(names), from BROWSER, \(verb) not installed"
  }

  /// How the browser that failed has ended, in words.
  private(set) var failure = "no browser could be started"

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
    if status != 0 {
      let name = printable(program, limit: 100)
      let code =
        status & 0x7F == 0 ? "with status \(status >> 8 & 0xFF)" : "by signal \(status & 0x7F)"
      failure = "the browser (\(name)) ended \(code)"
    }
    return status != 0
  }

  /// A browser's chatter must reach neither our standard output nor whoever waits for the end of
  /// our standard error: a browser may live for days.
  private mutating func start(_ command: BrowserCommand) -> Bool {
    guard let program = ChildProcess.find(command.program, searchPath: searchPath) else {
      return false
    }
    self.program = command.program
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
