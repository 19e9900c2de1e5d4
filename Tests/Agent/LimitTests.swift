import Glibc
import Testing

@testable import Agent

@Suite("Sessions that end by the limits of their account")
struct LimitTests {
  private static let lifetime = TestAgent.work + "lifetime = 2h\n"
  private static let idle = TestAgent.work + "idle = 1h\n"
  private static let over = "the session of work has ended: its lifetime of 2h is over"

  private func token(_ agent: TestAgent) throws -> Reply {
    try agent.ask("action=token", "account=work")
  }

  @Test func aLifetimeEndsTheSession() throws {
    let agent = try TestAgent(
      ScriptedCourier(refresh: "signed_in $n 100000"),
      configuration: Self.lifetime)
    try agent.signIn()
    #expect(try agent.status()["lifetime_ends_at"] != nil)
    try agent.advance(seconds: 7100)
    #expect(try token(agent)["access_token"] == "at-1", "it has been refreshed")
    try agent.advance(seconds: 110)
    let refusal = try token(agent)
    #expect(refusal["error"] == "login_required")
    #expect(refusal["error_description"] == Self.over)
    #expect(refusal["hint"] == "sallyport login work")
    let status = try agent.status()
    #expect(status["state"] == "signed-out")
    #expect(status["last_error"] == Self.over && status["lifetime_ends_at"] == nil)
  }

  @Test func theServerIsTold() throws {
    let agent = try TestAgent(
      ScriptedCourier(revoke: "alive r; say event=done revoked=yes"), configuration: Self.lifetime)
    let life = try agent.life("r")
    try agent.signIn()
    try agent.advance(seconds: 7200)
    try life.waitForBeginning()
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-1"))
    #expect(agent.starts(of: "refresh") == 0, "it is no use any more")
  }

  @Test func whoeverUsesItKeepsItFromIdling() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in 1 100000"), configuration: Self.idle)
    try agent.signIn()
    for _ in 1...3 {
      try agent.advance(seconds: 3500)
      #expect(try token(agent)["access_token"] == "at-1")
    }
    let ends = try agent.status()["idle_ends_at"]
    try agent.advance(seconds: 3590)
    #expect(try agent.status()["idle_ends_at"] != nil && ends != nil, "status is no use of it")
    try agent.advance(seconds: 10)
    #expect(
      try token(agent)["error_description"]
        == "the session of work has ended: nobody has used it for 1h")
  }

  @Test func aRefreshAloneIsNoUse() throws {
    let agent = try TestAgent(configuration: Self.idle)
    try agent.signIn()
    try agent.advance(seconds: 3000)
    #expect(try agent.ask("action=refresh", "account=work")["error"] == nil)
    try agent.advance(seconds: 600)
    #expect(try token(agent)["error"] == "login_required")
  }

  @Test func aNarrowerTokenIsUse() throws {
    let agent = try TestAgent(
      ScriptedCourier(refresh: "narrowed n$n"), configuration: Self.idle)
    try agent.signIn()
    try agent.advance(seconds: 3000)
    let narrow = try agent.ask("action=token", "account=work", "scope=narrow")
    #expect(narrow["access_token"] == "at-n1")
    try agent.advance(seconds: 3000)
    #expect(try agent.status()["state"] == "signed-in")
  }

  // MARK: The configuration as it is now

  @Test func aLimitThatIsWrittenLaterCounts() throws {
    let agent = try TestAgent()
    try agent.signIn()
    try agent.advance(seconds: 3000)
    #expect(try token(agent)["access_token"] == "at-1")
    try agent.configure(TestAgent.work + "lifetime = 30m\n")
    #expect(
      try token(agent)["error_description"]
        == "the session of work has ended: its lifetime of 30m is over")
  }

  @Test func aSignalIsEnough() throws {
    let agent = try TestAgent(
      ScriptedCourier(revoke: "alive r; say event=done revoked=yes"))
    let life = try agent.life("r")
    try agent.signIn()
    try agent.advance(seconds: 3000)
    try agent.configure(TestAgent.work + "lifetime = 30m\n")
    agent.signal(SIGHUP)
    try life.waitForBeginning()
  }

  @Test func aLongerLimitCountsToo() throws {
    let agent = try TestAgent(configuration: Self.lifetime)
    try agent.signIn()
    try agent.configure(TestAgent.work + "lifetime = 1d\n")
    try agent.advance(seconds: 7200)
    #expect(try token(agent)["access_token"] == "at-1", "by a refresh")
    try agent.configure(TestAgent.work)
    try agent.advance(seconds: 100_000)
    #expect(try agent.status()["state"] == "signed-in")
  }

  @Test func aSectionThatHasVanishedKeepsItsLimits() throws {
    let agent = try TestAgent(configuration: Self.lifetime)
    try agent.signIn()
    try agent.configure("")
    try agent.advance(seconds: 7200)
    #expect(try token(agent)["error_description"] == Self.over)
  }

  /// Whoever asks must not loosen what he is judged by.
  @Test func nobodyAsksForALongerOne() throws {
    let agent = try TestAgent(configuration: Self.lifetime)
    try agent.signIn("work", "lifetime=10d", "idle=10d")
    #expect(try agent.order(of: "login").allSatisfy { !$0.contains("lifetime") })
    try agent.configure("")
    try agent.advance(seconds: 7200)
    #expect(try token(agent)["error"] == "login_required")
  }

  // MARK: What is going on at that moment

  /// Shorter than a courier's own deadline, which is not what ends it here.
  private static let short = "[work]\nissuer = https://as.example\nclient_id = x\nlifetime = 40s\n"

  @Test func whoWaitsForARefreshIsToldAndItsTokenIsRevoked() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "authorize; signed_in 1 10", refresh: "await g; signed_in 7",
        revoke: "alive r; say event=done revoked=yes"), configuration: Self.short)
    let (gate, life) = (try agent.gate("g"), try agent.life("r"))
    try agent.signIn()
    try agent.advance(seconds: 15)
    let client = try agent.connect()
    try client.send("action=token\naccount=work\n\n")
    try agent.waitForStart(of: "refresh", 1)
    try agent.advance(seconds: 30)
    #expect(
      try client.reply()["error_description"]
        == "the session of work has ended: its lifetime of 40s is over")
    try gate.open()
    try life.waitForBeginning()
    // What the server has given since is what has to be revoked.
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-7"))
  }

  @Test func whoMaySignInIsSignedInAnew() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in $n 100000"), configuration: Self.lifetime)
    try agent.signIn()
    try agent.advance(seconds: 7200)
    let client = try agent.connect()
    try client.send("action=token\naccount=work\nlogin=yes\n\n")
    #expect(try client.reply()["event"] == "authorize")
    #expect(try client.reply()["access_token"] == "at-2")
    try agent.advance(seconds: 7199)
    #expect(try token(agent)["access_token"] == "at-2", "its lifetime begins anew")
  }

  @Test func aNarrowSocketEndsWithIt() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in 1 100000"), configuration: Self.lifetime)
    try agent.signIn()
    let path = agent.scratch("narrow")
    let exposed = try agent.ask(
      "action=expose", "account=work", "socket=\(path)", "ttl=100000")
    try #require(exposed["event"] == "done", "\(exposed)")
    try agent.advance(seconds: 7200)
    #expect(agent.scratch.mode(of: "narrow") == nil)
  }

  @Test func aLogoutThatIsUnderWayIsLeftAlone() throws {
    let agent = try TestAgent(
      ScriptedCourier(revoke: "await g; say event=done revoked=yes"), configuration: Self.short)
    let gate = try agent.gate("g")
    try agent.signIn()
    let client = try agent.connect()
    try client.send("action=logout\naccount=work\n\n")
    try agent.waitForStart(of: "revoke", 1)
    try agent.advance(seconds: 50)
    try gate.open()
    #expect(try client.reply().list("revoked") == ["work"])
    #expect(agent.starts(of: "revoke") == 1)
    #expect(try agent.status()["last_error"] == nil)
  }
}
