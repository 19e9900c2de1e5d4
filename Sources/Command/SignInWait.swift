import Attributes
import Glibc
import Platform

/// Waits on a connection for what a person does elsewhere, a sign-in or a logout: shows the URL,
/// opens the browser, takes a pasted URL.
struct SignInWait: ~Copyable {
  /// Milliseconds after which a command in the background looks whether it is in front again.
  private static let backgroundPause: Int32 = 2000

  /// Milliseconds after which the deadline is looked at.
  private static let longestPause: Int32 = 10_000

  /// Seconds the agent may take beyond the time it says; it has deadlines of its own.
  private static let grace: Int64 = 60

  /// Seconds until the agent shows a URL: discovery has to be over by then.
  private static let patience: Int64 = 180

  /// How the URL gets to the person.
  enum Mode {
    case browser
    /// `--no-browser`: the URL alone on standard output.
    case standardOutput
  }

  /// What an interruption by a signal ends, in words.
  enum Purpose: String {
    case signIn = "the sign-in is cancelled"
    case logout = "the logout is interrupted; sallyport status shows who is signed in"
  }

  private let mode: Mode
  private let purpose: Purpose
  private let account: String?
  /// The redirect URIs of the command line, which win over the configured ones.
  private let redirectURIs: [String]
  private let interruption: Interruption
  private let hasTerminal: Bool
  private var messages: SignInMessages?
  private var browser: BrowserLauncher?
  private var deadline: BootInstant

  init(
    _ mode: Mode, account: String?, redirectURIs: [String] = [], purpose: Purpose = .signIn
  ) {
    self.mode = mode
    self.purpose = purpose
    self.account = account
    self.redirectURIs = redirectURIs
    interruption = Interruption()
    hasTerminal = isatty(0) == 1
    deadline = BootInstant.now.adding(seconds: Self.patience)
  }

  /// Waits for the block that ends the sign-in, `event=done` or one without an event, and hands it
  /// to `body`; a failure is thrown.
  mutating func wait<R>(
    on connection: inout AgentConnection, _ body: (AttributeBlock) throws(Failure) -> R
  ) throws(Failure) -> R {
    while true {
      if let result = try takeBlocks(of: &connection, body) { return result }
      guard BootInstant.now < deadline else { throw Self.forgotten }
      let (socket, signals, terminal) = poll(connection.socket.number)
      if signals { lookAtSignals() }
      if terminal { readTerminal() }
      if socket { try connection.receive() }
    }
  }

  private mutating func takeBlocks<R>(
    of connection: inout AgentConnection, _ body: (AttributeBlock) throws(Failure) -> R
  ) throws(Failure) -> R? {
    while true {
      var event = Event.none
      let result: R?? = try connection.takeBlock { (block) throws(Failure) -> R? in
        switch block.string("event") {
        case "authorize": event = .authorize(try Self.prompt(block))
        case "device": event = .device(try DevicePrompt(block))
        case "end-session": event = .endSession(try EndSessionPrompt(block))
        case "waiting": event = block.string("message").map(Event.progress) ?? .none
        case "done", nil: return try body(block)
        default: break
        }
        return nil
      }
      guard let result else { return nil }
      if let result { return result }
      try show(event)
    }
  }

  /// What the agent has told.
  private enum Event {
    case none
    case authorize(SignInMessages.Prompt)
    case device(DevicePrompt)
    case endSession(EndSessionPrompt)
    case progress(String)
  }

  private mutating func show(_ event: Event) throws(Failure) {
    switch event {
    case .none: break
    case .authorize(let prompt): try show(prompt)
    case .device(let prompt): try show(prompt)
    case .endSession(let prompt): show(prompt)
    case .progress(let message): Diagnostics.tell(message)
    }
  }

  private static func prompt(_ block: AttributeBlock) throws(Failure) -> SignInMessages.Prompt {
    guard let url = block.string("url"), BrowserCommand.isFit(url) else {
      throw Failure(.failed, "refusing the authorize URL: it is no https URL, or no URL at all")
    }
    return SignInMessages.Prompt(
      url: url, redirectURI: block.string("redirect_uri") ?? "", isJoined: block.flag("joined"),
      needsPaste: block.flag("paste"), expiresIn: block.integer("expires_in"))
  }

  /// Nothing when the configuration cannot be read: what to register is then said as it is.
  private var configuredURIs: [String] {
    guard redirectURIs.isEmpty else { return redirectURIs }
    let accounts = (try? Configured.load())?.file.accounts ?? []
    return accounts.filter { account == nil || $0.name.text == account }
      .flatMap { $0.all("redirect_uri") }
  }

  private mutating func show(_ prompt: SignInMessages.Prompt) throws(Failure) {
    var prompt = prompt
    prompt.configuredURIs = configuredURIs
    let messages = SignInMessages(
      account: account, prompt: prompt, isRemote: environmentVariable("SSH_CONNECTION") != nil,
      hostName: Self.hostName, canPaste: hasTerminal)
    self.messages = messages
    extendDeadline(by: prompt.expiresIn)
    switch mode {
    case .standardOutput:
      try Output.write(prompt.url + "\n")
      for line in messages.lines(.standardOutput) { Diagnostics.tell(line) }
    case .browser:
      let isOpen = !prompt.isJoined && open(prompt.url)
      for line in messages.lines(isOpen ? .browser : .byHand) { Diagnostics.tell(line) }
    }
  }

  /// No browser is started: the person has one elsewhere.
  private mutating func show(_ prompt: DevicePrompt) throws(Failure) {
    extendDeadline(by: prompt.expiresIn)
    if mode == .standardOutput { try Output.write(prompt.bestAddress + "\n") }
    for line in prompt.opening(account: account) { Diagnostics.tell(line) }
    let picture = QRCode.picture(of: prompt.bestAddress)
    // Its escape sequences are those of a program that was installed here.
    if let picture { try? writeAll(2, picture) }
    for line in prompt.ending(hasPicture: picture != nil) { Diagnostics.tell(line) }
  }

  private mutating func show(_ prompt: EndSessionPrompt) {
    extendDeadline(by: nil)
    let isOpen = open(prompt.url)
    let isRemote = environmentVariable("SSH_CONNECTION") != nil
    for line in prompt.lines(isOpen: isOpen, remoteHost: isRemote ? Self.hostName : nil) {
      Diagnostics.tell(line)
    }
  }

  /// Starts a browser; false when there is none, and then it is said why.
  private mutating func open(_ url: String) -> Bool {
    var browser = BrowserLauncher(for: url)
    let isOpen = browser.open()
    self.browser = isOpen ? browser : nil
    if !isOpen,
      let missing = BrowserLauncher.missingBrowser(searchPath: environmentVariable("PATH"))
    {
      Diagnostics.tell(missing)
    }
    return isOpen
  }

  private mutating func extendDeadline(by seconds: Int64?) {
    deadline = BootInstant.now.adding(seconds: min(seconds ?? 300, 86_400) + Self.grace)
  }

  // MARK: Poll

  private func poll(_ socket: Int32) -> (socket: Bool, signals: Bool, terminal: Bool) {
    let takesLines = hasTerminal && messages != nil && browser?.occupiesTerminal != true
    let isInFront = takesLines && Self.isInForeground
    var entries = [
      pollfd(fd: socket, events: Int16(POLLIN), revents: 0),
      pollfd(fd: interruption.number, events: Int16(POLLIN), revents: 0),
      pollfd(fd: isInFront ? 0 : -1, events: Int16(POLLIN), revents: 0),
    ]
    let pause = takesLines && !isInFront ? Self.backgroundPause : Self.longestPause
    let ready = Glibc.poll(&entries, nfds_t(entries.count), pause)
    guard ready > 0 else { return (false, false, false) }
    return (entries[0].revents != 0, entries[1].revents != 0, entries[2].revents != 0)
  }

  /// A command in the background must not read the terminal: SIGTTIN would stop it.
  private static var isInForeground: Bool { tcgetpgrp(0) == getpgrp() }

  private mutating func lookAtSignals() {
    while let event = interruption.next() {
      switch event {
      case .stop(let signal): Interruption.end(by: signal, saying: purpose.rawValue)
      case .childEnded:
        guard browser?.reap() == true else { continue }
        let failure = browser?.failure ?? ""
        if browser?.open() == true { continue }
        Diagnostics.tell("\(failure); open the address above by hand")
      }
    }
  }

  private static var forgotten: Failure {
    Failure(
      .temporarilyUnavailable, "the agent has not answered in time", hint: "sallyport doctor")
  }

  // MARK: Pasted lines

  private mutating func readTerminal() {
    var typed = WipedBuffer()
    guard case .bytes(let count) = readOnce(0, into: typed.room(for: PastedLine.longest + 1)) else {
      return stopReading()
    }
    typed.extend(by: count)
    guard let messages else { return }
    let line = PastedLine(
      String(decoding: typed.bytes, as: UTF8.self), redirectURI: messages.prompt.redirectURI)
    if case .redirect(let url) = line { return Self.handOver(url) }
    if let answer = messages.answer(to: line) { Diagnostics.tell(answer) }
  }

  /// Ctrl-D: nothing more will come.
  private mutating func stopReading() { messages = nil }

  /// Sends the pasted URL on a connection of its own; the sign-in goes on when it is refused.
  private static func handOver(_ url: String) {
    do throws(Failure) {
      try Callback.send(url)
    } catch { Diagnostics.report(error.description) }
  }

  private static var hostName: String {
    var buffer = [CChar](repeating: 0, count: 256)
    guard gethostname(&buffer, buffer.count - 1) == 0 else { return "HOST" }
    let name = String(
      decoding: buffer.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
    return name.isEmpty ? "HOST" : printable(name)
  }
}
