import Testing

@testable import Agent

@Suite("A sign-in in the place of another")
struct SignInAgainTests {
  private static let login =
    "say event=done access_token=at-$n refresh_token=rt-$n expires_in=${life:-3600} scope=openid"
    + " id_token=id-$n secret.id_token=id-$n"

  @Test func theGrantBeforeIsRevokedOnceTheNewOneIsSafe() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "[ $n = 2 ] && await go; \(Self.login)",
        refresh: "narrowed narrow", revoke: "alive r; say event=done revoked=yes"))
    let (go, life) = (try agent.gate("go"), try agent.life("r"))
    try agent.signIn()
    _ = try agent.ask("action=token", "scope=email")
    let client = try agent.connect()
    try client.send("action=login\n\n")
    try agent.sync()
    #expect(agent.starts(of: "revoke") == 0, "until then it is all there is")
    try go.open()
    #expect(try client.reply()["event"] == "done")
    try life.waitForBeginning()
    try life.waitForEnd()
    let order = try agent.order(of: "revoke")
    for line in [
      "refresh_token=rt-1", "access_token=at-1", "narrowed_token[]=at-narrow",
      "secret.id_token=id-1", "successor.id_token=id-2",
    ] { #expect(order.contains(line), "\(line)") }
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.status()["warning"] == nil)
  }

  @Test func whatFailsIsNoFailureOfTheSignIn() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, revoke: "alive r; refuse temporarily_unavailable 'no network'"))
    let life = try agent.life("r")
    try agent.signIn()
    #expect(try agent.signIn().list("warning") == [])
    try life.waitForBeginning()
    try life.waitForEnd()
    try agent.sync()
    let status = try agent.status()
    #expect(
      status["warning"]
        == "the server has not revoked the tokens of the sign-in before: no network")
    #expect(status["last_error"] == nil)
    _ = try agent.ask("action=logout", "local=yes")
    #expect(try agent.status()["warning"] == nil)
  }

  @Test(arguments: ["refresh_token=rt", "access_token=at"])
  func aGrantTheNewSessionLivesByIsNotRevoked(shared: String) throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at\(shared.hasPrefix("a") ? "" : "-$n")"
          + " refresh_token=rt\(shared.hasPrefix("r") ? "" : "-$n") expires_in=3600"))
    try agent.signIn()
    try agent.signIn()
    try agent.sync()
    #expect(agent.starts(of: "revoke") == 0)
  }

  @Test func aSuccessorWithoutAnIDTokenIsSaidToBeThere() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n", revoke: "alive r; say event=done revoked=no"))
    let life = try agent.life("r")
    try agent.signIn()
    try agent.signIn()
    try life.waitForBeginning()
    #expect(try agent.order(of: "revoke").contains("successor.id_token="))
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.status()["warning"] == nil, "the courier knows best")
  }

  @Test func onceRevokesNothing() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    try agent.signIn("work", "once=yes")
    try agent.sync()
    #expect(agent.starts(of: "revoke") == 0)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  /// The refresh token of the former session may be used up at this moment: its successor has to go.
  @Test func aRefreshThatIsUnderWayIsWaitedFor() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, refresh: "alive f; await go; signed_in last",
        revoke: "alive r; say event=done revoked=yes"))
    let (begun, go, life) = (try agent.life("f"), try agent.gate("go"), try agent.life("r"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=refresh\n\n")
    try begun.waitForBeginning()
    try agent.signIn()
    #expect(try asker.reply()["error"] == nil, "he is served from the new session")
    #expect(agent.starts(of: "revoke") == 0)
    try go.open()
    try life.waitForBeginning()
    try life.waitForEnd()
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-last"))
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
  }

  @Test func aLogoutMeanwhileForgetsNoGrantOfBefore() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, refresh: "alive f; await go; signed_in last",
        revoke: "[ $n = 2 ] && alive r; say event=done revoked=yes"))
    let (begun, go, life) = (try agent.life("f"), try agent.gate("go"), try agent.life("r"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=refresh\n\n")
    try begun.waitForBeginning()
    try agent.signIn()
    #expect(try agent.ask("action=logout").list("revoked") == ["work"])
    try go.open()
    try life.waitForBeginning()
    let order = try agent.order(of: "revoke", 2)
    #expect(order.contains("refresh_token=rt-last"))
    #expect(!order.contains { $0.hasPrefix("successor.") })
    try life.waitForEnd()
  }

  /// The server ends the tokens of a client that is deleted.
  @Test func aClientThatWasRegisteredAnewLeavesNoWarning() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "\(Self.login) registration.client_id=c-$n",
        revoke: "alive r; refuse failed invalid_client"))
    let life = try agent.life("r")
    try agent.signIn()
    try agent.signIn()
    try life.waitForBeginning()
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.status()["warning"] == nil)
  }

  @Test func whoWaitsForANarrowerTokenGetsItFromTheNewSession() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, refresh: "[ $n = 1 ] && { alive f; await never; }; narrowed n$n"))
    let (begun, never) = (try agent.life("f"), try agent.gate("never"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\nscope=email\n\n")
    try begun.waitForBeginning()
    try agent.signIn()
    #expect(try asker.reply()["access_token"] == "at-n2")
    #expect(try agent.order(of: "refresh", 2).contains("refresh_token=rt-2"))
    withExtendedLifetime(never) {}
  }

  @Test func forgettingTheNewSessionKeepsTheGrantBeforeFromNothing() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, refresh: "alive f; await go; signed_in last",
        revoke: "alive r; say event=done revoked=yes"))
    let (begun, go, life) = (try agent.life("f"), try agent.gate("go"), try agent.life("r"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=refresh\n\n")
    try begun.waitForBeginning()
    try agent.signIn()
    #expect(try asker.reply()["error"] == nil)
    #expect(try agent.ask("action=logout", "local=yes").list("account") == ["work"])
    try go.open()
    try life.waitForBeginning()
    #expect(try agent.order(of: "revoke").contains("refresh_token=rt-last"))
    try life.waitForEnd()
  }
}
