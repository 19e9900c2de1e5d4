import Glibc
import Platform
import Testing

@testable import Agent

/// An agent with a session and a narrow socket `narrow.sock` in its folder.
func makeExposed(
  _ courier: ScriptedCourier = ScriptedCourier(), _ more: String...
) throws -> TestAgent {
  let agent = try TestAgent(courier)
  try agent.signIn()
  let reply = try agent.expose("narrow.sock", more)
  try #require(reply["event"] == "done", "\(reply)")
  return agent
}

extension TestAgent {
  /// Asks for a narrow socket in the agent's folder.
  func expose(_ name: String, _ more: [String] = []) throws -> Reply {
    let client = try connect()
    let lines = ["action=expose", "account=work", "socket=\(scratch(name))"] + more
    try client.send(lines.map { $0 + "\n" }.joined() + "\n")
    return try client.reply()
  }

  /// A client of the narrow socket.
  func narrow(_ name: String = "narrow.sock") throws -> AgentClient {
    try AgentClient(scratch(name), of: self)
  }

  /// The blocks of `status` that tell of narrow sockets.
  func exposures(of account: String? = nil) throws -> [Reply] {
    let client = try connect()
    try client.send("action=status\n" + (account.map { "account=\($0)\n" } ?? "") + "\n")
    return try client.replies().filter { $0["event"] == "exposed" }
  }
}

@Suite("action=expose: how a narrow socket begins and ends")
struct ExposureTests {
  @Test func itIsPrivateAndListed() throws {
    let agent = try makeExposed(ScriptedCourier(), "ttl=7200")
    #expect(agent.scratch.mode(of: "narrow.sock") == 0o600)
    let client = try agent.narrow()
    #expect(try client.ask("action=token")["access_token"] == "at-1")
    #expect(try client.ask("action=version").lines == ["version=0.1.0"])
    #expect(try client.ask("action=token", "account=work")["access_token"] == "at-1")
    let told = try #require(try agent.exposures().first)
    #expect(told["account"] == "work")
    #expect(told["socket"] == agent.scratch("narrow.sock"))
    #expect(told.number("used") == 2, "a question for the version is no use")
    #expect((7100...7200).contains(told.number("expires_in") ?? 0))
    #expect(told.number("last_used_at") != nil)
    #expect(try agent.exposures(of: "work").count == 1)
  }

  @Test func theTimeIsAWorkingDayWhereNothingIsSaid() throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(try agent.expose("narrow.sock").number("expires_in") == 8 * 3600)
  }

  @Test(arguments: ["0", "-1", "x", "2592001", "99999999999999999999", ""])
  func aTimeOutOfBoundsIsRefused(_ time: String) throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(try agent.expose("narrow.sock", ["ttl=\(time)"])["error"] == "invalid_request")
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  /// By the agent's clock alone: the timer of this test is not due for hours.
  @Test func afterItsTimeNothingIsGivenAnyMore() throws {
    let agent = try makeExposed()
    let client = try agent.narrow()
    #expect(try client.ask("action=token")["access_token"] == "at-1")
    try agent.advance(seconds: 8 * 3600)
    #expect(try client.isClosed())
    #expect(try agent.exposures().isEmpty)
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  @Test func itEndsByItself() throws {
    let agent = try makeExposed(ScriptedCourier(), "ttl=1")
    #expect(try agent.narrow().isClosed())
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
    #expect(try agent.exposures().isEmpty)
  }

  @Test func itIsEndedByItsPathOrItsAccountOrWithAll() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let folder = agent.scratch.path
    for way in ["socket=\(folder)/n", "socket=\(folder)/./n", "account=work", "all=yes"] {
      _ = try agent.expose("n")
      let client = try agent.narrow("n")
      #expect(try client.ask("action=token")["access_token"] == "at-1")
      let reply = try agent.ask("action=unexpose", way)
      #expect(reply.list("socket") == [agent.scratch("n")], "\(way)")
      #expect(try client.isClosed())
      #expect(agent.scratch.mode(of: "n") == nil)
    }
    #expect(try agent.ask("action=unexpose", "account=work")["error"] == "failed")
    #expect(try agent.ask("action=unexpose", "socket=/n")["error"] == "failed")
    #expect(try agent.ask("action=unexpose")["error"] == "invalid_request")
    #expect(try agent.ask("action=unexpose", "all=yes")["event"] == "done")
  }

  @Test(arguments: ["account=work", "local=yes", "all=yes", "all=yes\nlocal=yes"])
  func aLogoutEndsIt(_ way: String) throws {
    let agent = try makeExposed()
    let client = try agent.narrow()
    #expect(try agent.ask("action=logout", way)["event"] == "done")
    #expect(try client.isClosed())
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
    #expect(agent.scratch.mode(of: "s.exposed") == nil)
  }

  @Test func whoWaitsAtItIsToldThatItHasEnded() throws {
    let agent = try makeExposed(
      ScriptedCourier(refresh: "await go; signed_in 2"))
    let gate = try agent.gate("go")
    try agent.advance(seconds: 3600)
    let client = try agent.narrow()
    try client.send("action=token\n\n")
    try agent.sync()
    #expect(try agent.ask("action=unexpose", "all=yes")["event"] == "done")
    #expect(try client.reply()["error"] == "access_denied")
    #expect(try client.isClosed())
    try gate.open()
  }

  @Test func theAgentsEndRemovesIt() throws {
    let agent = try makeExposed()
    #expect(try agent.ask("action=stop")["event"] == "done")
    #expect(agent.scratch.mode(of: "narrow.sock") == nil, "before whoever stops it is answered")
    agent.waitForEnd()
  }

  @Test func forgettingEverythingRemovesIt() throws {
    let agent = try makeExposed()
    let client = try agent.narrow()
    agent.signal(SIGUSR1)
    #expect(try client.isClosed())
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  @Test func aFileInItsPlaceIsNotRemoved() throws {
    let agent = try makeExposed()
    unlink(agent.scratch("narrow.sock"))
    let other = try UnixSocket.listen(agent.scratch("narrow.sock"), backlog: 1)
    #expect(try agent.ask("action=unexpose", "all=yes")["event"] == "done")
    #expect(agent.scratch.mode(of: "narrow.sock") == 0o600)
    _ = other.number
  }

  @Test func whoeverIsNotSignedInHasNothingToExpose() throws {
    let agent = try TestAgent()
    #expect(try agent.expose("narrow.sock")["error"] == "login_required")
    #expect(try agent.ask("action=expose", "account=no", "socket=/x")["error"] == "failed")
    try agent.signIn()
    #expect(try agent.ask("action=expose", "account=work")["error"] == "invalid_request")
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  @Test func whatTheServerRefusesMakesNoSocket() throws {
    let agent = try TestAgent(
      ScriptedCourier(refresh: "refuse access_denied 'no such scope' oauth_error=invalid_scope"))
    try agent.signIn()
    #expect(
      try agent.expose("narrow.sock", ["scope=admin"])["error_description"] == "no such scope")
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  @Test func aTokenThatNeedsProofsIsNotExposed() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at token_type=DPoP refresh_token=rt expires_in=3600"))
    try agent.signIn()
    let reply = try agent.expose("narrow.sock")
    #expect(reply["error"] == "failed")
    #expect(reply["error_description"]?.contains("DPoP") == true)
    #expect(agent.scratch.mode(of: "narrow.sock") == nil)
  }

  @Test func aSessionThatIsBoundLaterGivesNothing() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: """
          if [ -d "$dir/started.login.2" ]
          then say event=done access_token=at token_type=DPoP refresh_token=rt expires_in=3600
          else signed_in 1; fi
          """))
    try agent.signIn()
    _ = try agent.expose("narrow.sock")
    try agent.signIn()
    #expect(try agent.narrow().ask("action=token")["error"] == "failed")
  }

  @Test func thereAreNoMoreThanThirtyTwo() throws {
    let agent = try TestAgent()
    try agent.signIn()
    for number in 1...Exposure.most {
      #expect(try agent.expose("n\(number)")["event"] == "done")
    }
    #expect(try agent.expose("n")["error"] == "failed")
    _ = try agent.ask("action=unexpose", "socket=\(agent.scratch("n1"))")
    #expect(try agent.expose("n")["event"] == "done")
  }

  @Test(arguments: ["x", "-1", "4294967295", "4294967296", "0 "])
  func whatIsNoUserIsRefused(_ user: String) throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(try agent.expose("n", ["allow_uid[]=\(user)"])["error"] == "invalid_request")
  }

  @Test func aSocketForOthersCanBeReachedByThem() throws {
    let agent = try TestAgent()
    try agent.signIn()
    _ = try agent.expose("n", ["allow_uid[]=54321"])
    #expect(agent.scratch.mode(of: "n") == 0o666)
    #expect(try agent.exposures().first?.list("allow_uid") == ["54321"])
  }
}
