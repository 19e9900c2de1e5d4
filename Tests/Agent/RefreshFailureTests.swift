import Testing

@testable import Agent

@Suite("Refreshes that fail, and refreshes ahead of time")
struct RefreshFailureTests {
  private static let unreachable = "refuse temporarily_unavailable 'cannot reach as.example'"

  @Test func aValidTokenIsServedWithAWarningWhileTheNetworkIsDown() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: Self.unreachable))
    try agent.signIn()
    try agent.advance(seconds: 3560)
    let reply = try agent.ask("action=token")
    #expect(reply["access_token"] == "at-1")
    #expect(reply["warning"] == "could not refresh work: cannot reach as.example")
    let status = try agent.status()
    #expect(status["state"] == "signed-in")
    #expect(status["last_error"] == "cannot reach as.example")
    // An expired token is never handed out, and the session is still there.
    try agent.advance(seconds: 60)
    #expect(try agent.ask("action=token")["error"] == "temporarily_unavailable")
    #expect(try agent.ask("action=token")["error"] == "temporarily_unavailable")
    #expect(agent.starts(of: "refresh") == 3)
  }

  @Test func theRefreshTokenOfARefusedAnswerTakesTheOldOnesPlace() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "[ $n = 1 ] && refuse failed 'the id token is refused' refresh_token=rt-9;"
          + " signed_in 2"))
    try agent.signIn()
    let refused = try agent.ask("action=token")
    #expect(refused["error_description"] == "the id token is refused")
    #expect(refused["refresh_token"] == nil, "no client ever sees one")
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.order(of: "refresh", 1).contains("refresh_token=rt-1"))
    #expect(try agent.order(of: "refresh", 2).contains("refresh_token=rt-9"))
  }

  @Test func theSessionSurvivesTheNetwork() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: "[ $n = 1 ] && \(Self.unreachable); signed_in 2"))
    try agent.signIn()
    #expect(try agent.ask("action=token")["error"] == "temporarily_unavailable")
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.status()["last_error"] == nil)
  }

  @Test func invalidGrantEndsTheSessionAndSaysSo() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "refuse login_required 'the session has ended' oauth_error=invalid_grant"))
    try agent.signIn()
    for _ in 1...2 {
      let reply = try agent.ask("action=token")
      #expect(reply["error"] == "login_required")
      #expect(reply["error_description"] == "the session has ended")
      #expect(reply["hint"] == "sallyport login work")
    }
    #expect(agent.starts(of: "refresh") == 1, "a dead token is not tried again")
    let status = try agent.status()
    #expect(status["state"] == "signed-out")
    #expect(status["last_error"] == "the session has ended")
    #expect(status["hint"] == "sallyport login work")
    try agent.signIn()
    #expect(try agent.status()["last_error"] == nil)
  }

  @Test func invalidGrantBringsASignInWhereThatIsAllowed() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "[ $n = 1 ] && signed_in 1 0; [ $n = 2 ] && { authorize; signed_in 2; }",
        refresh: "refuse login_required ended oauth_error=invalid_grant"))
    try agent.signIn()
    let client = try agent.connect()
    #expect(try client.ask("action=token", "login=yes")["event"] == "authorize")
    #expect(try client.reply()["access_token"] == "at-2")
  }

  @Test func retryAfterIsWaitedForWithoutACourier() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "[ $n = 1 ] && refuse temporarily_unavailable busy retry_after=120; signed_in 2"))
    try agent.signIn()
    #expect(try agent.ask("action=token")["error_description"] == "busy")
    let later = try agent.ask("action=token")
    #expect(later["error"] == "temporarily_unavailable")
    #expect(later["error_description"]?.contains("more seconds of patience") == true)
    #expect(agent.starts(of: "refresh") == 1)
    try agent.advance(seconds: 121)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
  }

  @Test func aTokenInUseIsReplacedBeforeAnybodyHasToWait() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: "alive r; signed_in 2"))
    let life = try agent.life("r")
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.status().number("next_refresh_at") != nil)
    try agent.advance(seconds: 3300)
    #expect(try agent.ask("action=token")["access_token"] == "at-1", "nobody waits")
    try life.waitForBeginning()
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
  }

  @Test func aFailedRefreshAheadIsNotRepeatedAtEachRequest() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: "alive $n; \(Self.unreachable)"))
    let (first, second) = (try agent.life("1"), try agent.life("2"))
    try agent.signIn()
    try agent.advance(seconds: 3300)
    _ = try agent.ask("action=token")
    try first.waitForBeginning()
    try first.waitForEnd()
    try agent.sync()
    for _ in 1...5 { #expect(try agent.ask("action=token")["access_token"] == "at-1") }
    #expect(agent.starts(of: "refresh") == 1)
    try agent.advance(seconds: 7)
    _ = try agent.ask("action=token")
    try second.waitForBeginning()
    #expect(agent.starts(of: "refresh") == 2)
  }

  /// A timer does it, without anybody asking again.
  @Test func theTimerReplacesATokenInUse() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 2", refresh: "alive r; signed_in 2"))
    let life = try agent.life("r")
    try agent.signIn()
    #expect(try agent.ask("action=token", "min_valid=0")["access_token"] == "at-1")
    try life.waitForBeginning()
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
  }

  @Test func aTokenNobodyUsesIsLeftAlone() throws {
    let agent = try TestAgent()
    try agent.signIn()
    try agent.advance(seconds: 3300)
    #expect(try agent.status()["next_refresh_at"] == nil)
    #expect(agent.starts(of: "refresh") == 0)
  }

  @Test func theRefreshTokenOfAnAnswerWithoutAnAccessTokenTakesTheOldOnesPlaceToo() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "[ $n = 1 ] && { say event=done refresh_token=rt-9; leave 0; }; signed_in 2"))
    try agent.signIn()
    #expect(try agent.ask("action=token")["error"] == "failed")
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.order(of: "refresh", 2).contains("refresh_token=rt-9"))
  }

  @Test func aTokenThatCannotBeRefreshedIsExchangedAsLongAsItIsValid() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 50", refresh: Self.unreachable, exchange: "narrowed x$n api 10"))
    try agent.signIn()
    #expect(try agent.ask("action=token", "audience[]=https://api")["access_token"] == "at-x1")
    try agent.advance(seconds: 30)
    let reply = try agent.ask("action=token", "audience[]=https://api")
    #expect(reply["access_token"] == "at-x2", "the one that was kept has expired")
  }
}
