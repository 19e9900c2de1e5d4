import Attributes
import Configuration
import Glibc
import Platform

/// git's credential helper: `sallyport get`, `store`, `erase`, or `git-credential-sallyport`.
enum Credential {
  /// Bytes git may send: its lines are at most 65,535 bytes long, and there are a few of them.
  private static let longestInput = AttributeLimits.blockLength

  private static let about = """
    git runs it as a credential helper and talks to it on standard input and output
    (git-credential(1)). An account answers for the URLs its credential_url names.

      git config --global credential.helper sallyport
    """

  static let getVerb = Verb(
    "get", summary: "answers git's question for a user name and password",
    details: about + """


      Where no account answers for the URL it prints nothing and ends with status 0.
      It opens a browser only for accounts with login = on-demand, when a person can
      be there and GIT_TERMINAL_PROMPT is not 0.
      """
  ) { (_) throws(Failure) in try get() }

  static let storeVerb = Verb(
    "store", summary: "takes a credential git has used, and keeps nothing", details: about
  ) { (_) throws(Failure) in
    _ = try readInput(WipedBuffer())
    return 0
  }

  static let eraseVerb = Verb(
    "erase", summary: "drops a token git was refused with",
    details: about + "\n\n  The next get refreshes the token."
  ) { (_) throws(Failure) in try erase() }

  /// The operations of a git credential helper; others are to be ignored (gitcredentials(7)).
  static func helper(_ operation: String?) throws(Failure) -> Int32 {
    switch operation {
    case "get": return try get()
    case "store": return try storeVerb.run(Invocation(storeVerb, []))
    case "erase": return try erase()
    case nil: throw .usage("git-credential-sallyport needs an operation: get, store or erase")
    default: return 0
    }
  }

  // MARK: get

  static func get() throws(Failure) -> Int32 {
    var request = WipedBuffer()
    request.append("action", constant: "get")
    request.append("interactive", constant: canInteract ? "yes" : "no")
    let prefix = request.count
    request = try readInput(request)
    guard let ready = try connect(request, inputAt: prefix) else { return 0 }
    var connection = ready
    try connection.send(request)
    let isDone = try connection.nextBytes { (bytes) throws(Failure) in
      if bytes.starts(with: "event=".utf8) || bytes.starts(with: "error=".utf8) { return false }
      try Output.write(bytes)
      return true
    }
    if isDone { return 0 }
    return try signIn(&connection)
  }

  /// The agent has more to say than the answer: a sign-in, or why there is none.
  private static func signIn(_ connection: inout AgentConnection) throws(Failure) -> Int32 {
    var output = WipedBuffer()
    var wait = SignInWait(.browser, account: nil)
    try wait.wait(on: &connection) { (block) throws(Failure) in
      do throws(AttributeFault) {
        try block.visit { (key, isList, value) throws(AttributeFault) in
          try output.append(key: key, isList: isList, value: value)
        }
      } catch { throw Failure(.failed, error.sentence) }
    }
    try Output.write(output.bytes)
    return 0
  }

  /// Connects to the agent. Where none is running, one is started only when an account answers for
  /// the URL: git asks every helper about every server.
  private static func connect(
    _ request: borrowing WipedBuffer, inputAt start: Int
  ) throws(Failure) -> AgentConnection? {
    if let connection = try Agent.connect(whenAbsent: .tolerate) { return connection }
    let input = UnsafeRawBufferPointer(rebasing: request.bytes[start...])
    guard let block = try? AttributeBlock(input), let asked = CredentialRequest(block),
      try !Configured.load().file.accounts(answering: asked).isEmpty
    else { return nil }
    return try Agent.connect()
  }

  /// Whether a person can be there: a terminal or a display, and git does not forbid to ask.
  private static var canInteract: Bool {
    if let prompt = getenv("GIT_TERMINAL_PROMPT"), isNo(prompt) { return false }
    if isSet("WAYLAND_DISPLAY") || isSet("DISPLAY") || isatty(2) == 1 { return true }
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { return false }
    close(terminal)
    return true
  }

  private static func isSet(_ name: String) -> Bool {
    guard let value = getenv(name) else { return false }
    return value.pointee != 0
  }

  /// git's spellings of false (git-config(1)).
  private static func isNo(_ value: UnsafePointer<CChar>) -> Bool {
    value.pointee == 0 || strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0
      || strcasecmp(value, "no") == 0 || strcasecmp(value, "off") == 0
  }

  // MARK: erase

  private static func erase() throws(Failure) -> Int32 {
    var request = WipedBuffer()
    request.append("action", constant: "erase")
    request = try readInput(request)
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else { return 0 }
    try connection.send(request)
    try connection.next { _ in }
    return 0
  }

  /// Adds git's lines from standard input, up to a blank one or the end, and the end of the block.
  private static func readInput(_ buffer: consuming WipedBuffer) throws(Failure) -> WipedBuffer {
    let start = buffer.count
    var place = start
    while true {
      guard buffer.count - start <= longestInput else {
        throw Failure(.invalidRequest, "standard input has more than \(longestInput) bytes")
      }
      switch readOnce(0, into: buffer.room(for: 4096)) {
      case .bytes(let count): buffer.extend(by: count)
      case .closed: return ended(buffer)
      case .wouldBlock: _ = waitUntil(0, readyFor: POLLIN)
      case .failed(let number):
        let reason = SystemError(number, in: "read").reason
        throw Failure(.failed, "cannot read standard input: \(reason)")
      }
      if let end = blankLine(in: buffer.bytes, from: place, start: start) {
        // What follows is no part of the request, and must not become a second one.
        buffer.truncate(to: end)
        return ended(buffer)
      }
      place = buffer.count
    }
  }

  /// Where the blank line starts; nil when there is none yet.
  private static func blankLine(
    in bytes: UnsafeRawBufferPointer, from place: Int, start: Int
  ) -> Int? {
    (place..<bytes.count).first { index in
      bytes[index] == UInt8(ascii: "\n")
        && (index == start || bytes[index - 1] == UInt8(ascii: "\n"))
    }
  }

  private static func ended(_ buffer: consuming WipedBuffer) -> WipedBuffer {
    if buffer.bytes.last != UInt8(ascii: "\n") { buffer.append(byte: UInt8(ascii: "\n")) }
    buffer.endBlock()
    return buffer
  }
}
