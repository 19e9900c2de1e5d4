import Glibc
import Testing

@testable import Agent

@Suite("Couriers that fail")
struct CourierFaultTests {
  /// What `action=login` is answered when the courier does this.
  private func answer(_ login: String, version: String = "0.1.0") throws -> Reply {
    let agent = try TestAgent(ScriptedCourier(login: login, version: version))
    let client = try agent.connect()
    let reply = try client.ask("action=login", "account=work")
    // Whatever it was, the agent goes on.
    try agent.sync()
    return reply
  }

  @Test(arguments: ["0.0.9", "0.1.00", "", "1"])
  func anotherVersionIsRefusedWithTheCommandThatMendsIt(version: String) throws {
    let reply = try answer("signed_in 1", version: version)
    #expect(reply["error"] == "failed")
    #expect(
      reply["error_description"]
        == "the courier has version \(version), the agent 0.1.0: restart the agent")
    #expect(reply["hint"] == "sallyport stop")
  }

  @Test(arguments: ["exit 0", "exit 1", "kill -9 $$", "exec 0<&- 1>&-", "printf 'event=done'"])
  func aCourierThatEndsWithoutAnAnswerHasFailed(login: String) throws {
    let reply = try answer(login)
    #expect(reply["error"] == "failed")
    #expect(reply["error_description"] == "the courier has ended without an answer")
  }

  @Test(arguments: [
    "printf 'no key here\\n\\n'", "printf 'a=1\\na=2\\n\\n'", "printf 'a=\\000\\n\\n'",
    "printf '\\033[2J=x\\n\\n'", "head -c 100000 /dev/zero | tr '\\000' x",
    "yes a[]=b | head -n 1000",
  ])
  func garbageIsRefused(login: String) throws {
    let reply = try answer(login)
    #expect(reply["error"] == "failed")
    #expect(
      reply["error_description"]?.hasPrefix("the courier's answer is not understood: ") == true)
  }

  @Test func anAnswerWithoutTokenIsNone() throws {
    #expect(
      try answer("say event=done scope=x")["error_description"]
        == "the courier's answer has no access token")
  }

  @Test func anUnknownFailureIsAFailure() throws {
    let reply = try answer("say error=teapot 'error_description=short and stout'")
    #expect(reply["error"] == "failed")
    #expect(reply["error_description"] == "short and stout")
  }

  @Test func onlyTheFirstAnswerCounts() throws {
    #expect(try answer("signed_in 1; say error=failed error_description=x")["event"] == "done")
    #expect(try answer("refuse access_denied no & signed_in 1; wait")["event"] != nil)
  }

  @Test func unknownEventsAreIgnored() throws {
    #expect(try answer("say event=weather sky=blue; say x=y; signed_in 1")["event"] == "done")
  }

  @Test func aCourierThatIsNotThereIsSaid() throws {
    let agent = try TestAgent()
    unlink(agent.scratch("courier"))
    let reply = try agent.ask("action=login", "account=work")
    #expect(reply["error"] == "failed")
    #expect(
      reply["error_description"]
        == "cannot start \(agent.scratch("courier")): no such file or directory")
  }

  @Test func aCourierThatNeverEndsIsKilledAtItsDeadline() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "alive r; await never"),
      limits: AgentLimits(job: 0, grace: 0))
    let (life, never) = (try agent.life("r"), try agent.gate("never"))
    try agent.signIn()
    let reply = try agent.ask("action=token")
    #expect(reply["error"] == "temporarily_unavailable")
    #expect(reply["error_description"] == "it took too long, and was ended")
    #expect(try agent.status()["state"] == "signed-in", "the session is not lost")
    withExtendedLifetime((life, never)) {}
  }

  @Test func aSignInEndsAtItsTimeout() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "alive l; authorize; await never"),
      limits: AgentLimits(grace: 0, exchange: 0))
    let (life, never) = (try agent.life("l"), try agent.gate("never"))
    let client = try agent.connect()
    #expect(try client.ask("action=login", "timeout=1")["event"] == "authorize")
    #expect(try client.reply()["error"] == "temporarily_unavailable")
    try life.waitForBeginning()
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.status()["state"] == "signed-out")
    withExtendedLifetime(never) {}
  }

  @Test func aCourierThatTalksWithoutEndDelaysNobody() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "while :; do say event=chatter x=y; done"))
    let client = try agent.connect()
    try client.send("action=login\n\n")
    for _ in 1...20 { try agent.sync() }
    #expect(try agent.status()["state"] == "signing-in")
  }
}
