import Attributes
import Configuration
import Glibc
import Platform

/// `git-credential-sallyport get`: git's question, answered with as little as possible.
enum CredentialGet {
  static func run() throws(Failure) -> Int32 {
    var request = WipedBuffer()
    request.append(constant: "action=get\ninteractive=")
    request.append(constant: canInteract ? "yes\n" : "no\n")
    let inputStart = request.count
    try CredentialInput.read(into: &request)
    return try Unlocking.whenLocked(asking: canInteract ? .ofRequest : .nobody) {
      () throws(Failure) in try answer(request, inputAt: inputStart)
    }
  }

  private static func answer(
    _ request: borrowing WipedBuffer, inputAt inputStart: Int
  ) throws(Failure) -> Int32 {
    guard var connection = try connect(request, inputAt: inputStart) else { return 0 }
    try connection.send(request)
    let isAnswered = try connection.nextBytes { (bytes) throws(Failure) in
      if starts(bytes, "event=") || starts(bytes, "error=") { return false }
      if bytes.count > 0 { try Output.write(bytes) }
      return true
    }
    if !isAnswered { try signIn(&connection) }
    return 0
  }

  /// The agent has more to say than the answer: a sign-in, or why there is none.
  private static func signIn(_ connection: inout AgentConnection) throws(Failure) {
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
  }

  /// Connects to the agent. Where none is running, one is started only when an account answers for
  /// the URL: git asks every helper about every server.
  private static func connect(
    _ request: borrowing WipedBuffer, inputAt start: Int
  ) throws(Failure) -> AgentConnection? {
    if let socket = QuickSocket.connect() { return try AgentConnection(socket) }
    if let connection = try Agent.connect(whenAbsent: .tolerate) { return connection }
    let input = UnsafeRawBufferPointer(rebasing: request.bytes[start...])
    guard let block = try? AttributeBlock(input), let asked = CredentialRequest(block),
      try !Configured.load().file.accounts(answering: asked).isEmpty
    else { return nil }
    return try Agent.connect()
  }

  private static func starts(_ bytes: UnsafeRawBufferPointer, _ text: StaticString) -> Bool {
    guard let start = bytes.baseAddress, bytes.count >= text.utf8CodeUnitCount else { return false }
    return memcmp(start, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  // MARK: Whether a person can be there

  /// Whether there is a terminal or a display, and git does not forbid to ask.
  private static var canInteract: Bool {
    if let prompt = getenv("GIT_TERMINAL_PROMPT"), isNo(prompt) { return false }
    if isSet("WAYLAND_DISPLAY") || isSet("DISPLAY") { return true }
    let terminal = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)
    guard terminal >= 0 else { return false }
    close(terminal)
    return true
  }

  private static func isSet(_ name: StaticString) -> Bool {
    name.withUTF8Buffer { bytes in
      bytes.withMemoryRebound(to: CChar.self) { characters in
        // The bytes of a StaticString end with a NUL.
        guard let start = characters.baseAddress, let value = getenv(start) else { return false }
        return value.pointee != 0
      }
    }
  }

  /// git's spellings of false (git-config(1)).
  private static func isNo(_ value: UnsafePointer<CChar>) -> Bool {
    value.pointee == 0 || strcmp(value, "0") == 0 || strcasecmp(value, "false") == 0
      || strcasecmp(value, "no") == 0 || strcasecmp(value, "off") == 0
  }
}
