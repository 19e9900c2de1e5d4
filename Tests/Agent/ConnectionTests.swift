import Glibc
import Platform
import Testing

@testable import Agent

@Suite("Clients of the agent")
struct ConnectionTests {
  @Test func aConnectionCarriesManyRequests() throws {
    let client = try TestAgent().connect()
    for _ in 1...3 { #expect(try client.ask("action=version")["version"] == "0.1.0") }
  }

  @Test func pipelinedRequestsAreAnsweredInTheirOrder() throws {
    let agent = try TestAgent(ScriptedCourier(login: "await go; signed_in 1"))
    let go = try agent.gate("go")
    let client = try agent.connect()
    try client.send(
      "action=version\n\naction=login\naccount=work\n\naction=token\n\naction=nonsense\n\n")
    #expect(try client.reply()["version"] != nil)
    try agent.sync()
    #expect(client.isWaiting, "what comes after a request that waits, waits")
    try go.open()
    #expect(try client.reply()["event"] == "done")
    #expect(try client.reply()["access_token"] == "at-1")
    #expect(try client.reply()["error"] == "invalid_request")
    client.finishSending()
    #expect(try client.isClosed())
  }

  @Test func manyPipelinedRequestsAreAllAnswered() throws {
    let client = try TestAgent().connect()
    let count = 2000
    let requests = String(repeating: "action=version\n\n", count: count)
    try client.send(requests)
    for _ in 1...count { #expect(try client.reply()["version"] == "0.1.0") }
  }

  @Test func aRequestMayComeByteByByte() throws {
    let agent = try TestAgent()
    let client = try agent.connect()
    for byte in "action=token\naccount=work\n\n".utf8 {
      try client.send([byte])
      if byte == UInt8(ascii: "=") { try agent.sync() }
    }
    #expect(try client.reply()["error"] == "login_required")
  }

  @Test(arguments: ["action=version\n", "action=version\nx=y\n"])
  func theEndOfSendingEndsTheRequest(text: String) throws {
    let client = try TestAgent().connect()
    try client.send(text)
    client.finishSending()
    #expect(try client.reply()["version"] == "0.1.0")
    #expect(try client.isClosed())
  }

  @Test func aClientThatSendsNothingIsLetGo() throws {
    let client = try TestAgent().connect()
    client.finishSending()
    #expect(try client.isClosed())
  }

  @Test(arguments: [
    ("", "the request names no action"), ("x=y\n", "the request names no action"),
    ("action=\n", "the request names no action"), ("action=dance\n", "there is no action dance"),
    ("action=\u{1B}[2J\n", "there is no action  [2J"),
    ("action=TOKEN\n", "there is no action TOKEN"),
  ])
  func aRequestThatIsNoneIsAnsweredAndTheConnectionGoesOn(text: String, sentence: String) throws {
    let client = try TestAgent().connect()
    try client.send(text + "\n")
    let reply = try client.reply()
    #expect(reply["error"] == "invalid_request")
    #expect(reply["error_description"] == sentence)
    #expect(try client.ask("action=version")["version"] != nil)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\r\nHost: localhost\r\n\r\n\n", "\u{0}\n\n", "action\n\n",
    "action=get\naction=token\n\n", "\u{16}\u{3}\u{1}\n\n", "=\n\n", "{\"action\":\"token\"}\n\n",
  ])
  func garbageIsAnsweredAndTheConnectionEnds(text: String) throws {
    let agent = try TestAgent()
    let client = try agent.connect()
    try client.send(text)
    #expect(try client.reply()["error"] == "invalid_request")
    #expect(try client.isClosed())
    try agent.sync()
  }

  @Test func endlessLinesAndBlocksAreRefused() throws {
    let agent = try TestAgent()
    let long = try agent.connect()
    try long.send("action=version\nx=" + String(repeating: "y", count: 65_534))
    #expect(try long.reply()["error_description"]?.contains("line 2") == true)
    let many = try agent.connect()
    try many.send(String(repeating: "x[]=y\n", count: 600))
    #expect(try many.reply()["error_description"] == "the request is too long")
    let large = try agent.connect()
    let line = "x[]=" + String(repeating: "y", count: 60_000) + "\n"
    try large.send(String(repeating: line, count: 10))
    #expect(try large.reply()["error_description"] == "the request is too long")
  }

  /// A client that is still writing when it is refused reads why, and no EPIPE.
  @Test func whatComesBehindARefusedRequestIsTakenAndThrownAway() throws {
    let agent = try TestAgent()
    let client = try agent.connect()
    let line = "x[]=" + String(repeating: "y", count: 60_000) + "\n"
    try client.send(String(repeating: line, count: 100))
    try client.send("\naction=stop\n\n")
    #expect(try client.reply()["error_description"] == "the request is too long")
    client.finishSending()
    #expect(try client.isClosed())
    #expect(try agent.ask("action=version")["version"] != nil, "nothing of it was a request")
  }

  @Test func thereIsAnEndToWhatIsThrownAway() throws {
    let agent = try TestAgent()
    let client = try agent.connect()
    let line = "x[]=" + String(repeating: "y", count: 60_000) + "\n"
    #expect(throws: ClientError.self) {
      for _ in 1...600 { try client.send(line) }
    }
  }

  @Test func whoeverNeverEndsIsClosedInTime() throws {
    let agent = try TestAgent(limits: AgentLimits(stall: 0))
    let client = try agent.connect()
    try client.send("no block\n\n")
    #expect(throws: ClientError.ended) { for _ in 1...100_000 { try client.send("x") } }
  }

  @Test func aLongLineOfAllowedLengthIsTaken() throws {
    let client = try TestAgent().connect()
    let reply = try client.ask("action=version", "x=" + String(repeating: "y", count: 65_533))
    #expect(reply["version"] != nil)
  }

  // MARK: The end

  @Test func stopAnswersRemovesTheSocketAndEnds() throws {
    let agent = try TestAgent(ScriptedCourier(login: "alive l; authorize; await never"))
    let (life, never) = (try agent.life("l"), try agent.gate("never"))
    let waiting = try agent.connect()
    _ = try waiting.ask("action=login")
    try life.waitForBeginning()
    let client = try agent.connect()
    #expect(try client.ask("action=stop")["event"] == "done")
    #expect(agent.scratch.mode(of: "s") == nil, "whoever comes now starts a new agent")
    #expect(try client.isClosed())
    #expect(try waiting.isClosed())
    try life.waitForEnd()
    agent.waitForEnd()
    withExtendedLifetime(never) {}
  }

  @Test(arguments: [SIGTERM, SIGINT]) func aSignalEndsIt(number: Int32) throws {
    let agent = try TestAgent()
    let client = try agent.connect()
    _ = try client.ask("action=version")
    agent.signal(number)
    #expect(try client.isClosed())
    agent.waitForEnd()
    #expect(agent.scratch.mode(of: "s") == nil)
  }

  @Test func anotherUserIsNotServed() async {
    guard geteuid() == 0 else { return }
    // In a process of its own, which connects as another user and then serves as root.
    await #expect(processExitsWith: .success) {
      let scratch = try ScratchFolder()
      let path = scratch("s")
      let listener = try UnixSocket.listen(path, backlog: 8).release()
      #expect(chmod(scratch.path, 0o711) == 0 && chmod(path, 0o666) == 0)
      #expect(seteuid(65_534) == 0)
      let stranger = try AgentClient(path)
      #expect(seteuid(0) == 0)
      let owner = try AgentClient(path)
      try stranger.send("action=version\n\n")
      try owner.send("action=version\n\naction=stop\n\n")
      let server = try AgentServer(
        listener: Descriptor(owning: listener), socketPath: path, courierPath: "/none",
        configurationPath: nil)
      server.run()
      #expect(try owner.reply()["version"] == "0.1.0")
      #expect(throws: ClientError.ended) { try stranger.reply() }
    }
  }

  /// A client that dies while it writes must not act on the half of a name.
  @Test func aRequestCutOffInTheMiddleOfALineIsRefused() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let client = try agent.connect()
    try client.send("action=logout\naccount=work\nlocal=yes")
    client.finishSending()
    #expect(try client.reply()["error"] == "invalid_request")
    #expect(try agent.status()["state"] == "signed-in")
  }
}
