import Attributes
import Testing

@testable import Agent

@Suite("action=token and action=refresh")
struct TokenTests {
  /// A token that is over at once, so that every asker causes or awaits a refresh.
  private static let expired = "signed_in 1 0"

  @Test func theReplyIsTheTokenAndItsValidity() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let reply = try agent.ask("action=token", "account=work")
    #expect(reply["access_token"] == "at-1")
    #expect(reply["token_type"] == "Bearer")
    #expect(reply["account"] == "work")
    #expect(reply["scope"] == "openid")
    #expect(reply["username"] == "jane")
    #expect(reply["warning"] == nil)
    #expect((3595...3600).contains(try #require(reply.number("expires_in"))))
    #expect(reply["refresh_token"] == nil)
    #expect(reply["id_token"] == nil)
  }

  @Test func anIDTokenIsGivenOnlyWhereItIsWanted() throws {
    let agent = try TestAgent(ScriptedCourier(login: "say event=done access_token=t id_token=i"))
    try agent.signIn()
    #expect(try agent.ask("action=token")["id_token"] == nil)
    #expect(try agent.ask("action=token", "want[]=id_token")["id_token"] == "i")
    #expect(try agent.ask("action=token", "want[]=x", "want[]=id_token")["id_token"] == "i")
  }

  @Test func nobodySignedInIsToldTheCommand() throws {
    let reply = try TestAgent().ask("action=token")
    #expect(reply["error"] == "login_required")
    #expect(reply["error_description"] == "nobody is signed in to work")
    #expect(reply["hint"] == "sallyport login work")
  }

  @Test func whichAccountIsMeantIsNeverGuessed() throws {
    let agent = try TestAgent(configuration: TestAgent.configuration(["a", "b"]))
    let reply = try agent.ask("action=token")
    #expect(reply["error"] == "invalid_request")
    #expect(reply["error_description"] == "several accounts are configured, name one: a, b")
    #expect(try agent.ask("action=token", "account=c")["error"] == "failed")
    #expect(try agent.ask("action=token", "account=../a")["error"] == "invalid_request")
    let none = try TestAgent(configuration: nil).ask("action=token")
    #expect(none["error_description"] == "no account is configured")
  }

  @Test func whoAsksForMoreThanTheServerGivesIsWarnedAndCausesNoRefresh() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let reply = try agent.ask("action=token", "min_valid=99999")
    #expect(reply["access_token"] == "at-1")
    #expect(reply["warning"]?.contains("the server gives none that lives longer") == true)
    #expect(agent.starts(of: "refresh") == 0)
  }

  // MARK: One refresh at a time

  @Test func fiftyAskersCauseOneRefresh() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.expired, refresh: "await go; signed_in 2"))
    let go = try agent.gate("go")
    try agent.signIn()
    let clients = try (1...50).map { _ in try agent.connect() }
    for client in clients { try client.send("action=token\naccount=work\n\n") }
    try agent.sync()
    #expect(try agent.status()["state"] == "refreshing")
    try go.open(50)
    for client in clients { #expect(try client.reply()["access_token"] == "at-2") }
    #expect(agent.starts(of: "refresh") == 1)
    #expect(try agent.status()["state"] == "signed-in")
  }

  @Test func theRefreshCourierIsToldWhatItNeedsAndNoMore() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.expired))
    try agent.signIn()
    _ = try agent.ask("action=token")
    #expect(
      try agent.order(of: "refresh") == [
        "job=refresh", "account=work", "timeout=60", "issuer=https://as.example", "client_id=x",
        "session.token_endpoint=https://as.example/token", "refresh_token=rt-1",
      ])
  }

  @Test func aRotatedRefreshTokenIsUsedNextAndAKeptOneAgain() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.expired,
        refresh: """
          [ $n = 1 ] && signed_in r1 0
          [ $n = 2 ] && say event=done access_token=at-r2 expires_in=0
          [ $n = 3 ] && signed_in r3 3600
          """))
    try agent.signIn()
    for _ in 1...2 {
      // The new token is over already, and an expired one is never handed out.
      #expect(try agent.ask("action=token")["error"] == "temporarily_unavailable")
    }
    #expect(try agent.ask("action=token")["access_token"] == "at-r3")
    #expect(try agent.order(of: "refresh", 1).contains("refresh_token=rt-1"))
    #expect(try agent.order(of: "refresh", 2).contains("refresh_token=rt-r1"))
    #expect(try agent.order(of: "refresh", 3).contains("refresh_token=rt-r1"), "RFC 6749 §6")
  }

  @Test func anAskerWhoVanishesLeavesTheRefreshToTheOthers() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.expired, refresh: "await go; signed_in 2"))
    let go = try agent.gate("go")
    try agent.signIn()
    for _ in 1...3 { try agent.connect().send("action=token\n\n") }
    try agent.sync()
    try go.open(3)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(agent.starts(of: "refresh") == 1)
  }

  @Test func fewCouriersRunAtOneTimeAndEveryAccountGetsItsTurn() throws {
    let names = (1...12).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(login: Self.expired, refresh: "await go; signed_in 2"),
      configuration: TestAgent.configuration(names))
    let go = try agent.gate("go")
    for name in names { try agent.signIn(name) }
    let clients = try names.map { name in
      let client = try agent.connect()
      try client.send("action=token\naccount=\(name)\n\n")
      return client
    }
    try agent.sync()
    #expect(try agent.status("a12")["state"] == "refreshing", "it is queued")
    try go.open(12)
    for client in clients { #expect(try client.reply()["access_token"] == "at-2") }
    #expect(agent.starts(of: "refresh") == 12)
  }

  @Test func noMoreThanFourRefreshesRunAtOneTime() throws {
    let names = (1...6).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(login: Self.expired, refresh: "alive $n; await go$n; signed_in 2"),
      configuration: TestAgent.configuration(names))
    let lives = try (1...5).map { try agent.life("\($0)") }
    let gates = try (1...6).map { try agent.gate("go\($0)") }
    for name in names { try agent.signIn(name) }
    let clients = try names.map { name in
      let client = try agent.connect()
      try client.send("action=token\naccount=\(name)\n\n")
      return client
    }
    for life in lives.prefix(4) { try life.waitForBeginning() }
    try agent.sync()
    #expect(agent.starts(of: "refresh") == 4)
    try gates[1].open()
    try lives[4].waitForBeginning()
    #expect(agent.starts(of: "refresh") == 5)
    #expect(clients.count { $0.isWaiting } == 5)
  }

  // MARK: action=refresh

  @Test func aForcedRefreshSaysWhatHasChangedAndNoToken() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: "signed_in r1 100"))
    try agent.signIn()
    let reply = try agent.ask("action=refresh", "account=work")
    #expect(reply["account"] == "work")
    #expect(reply.number("expires_in").map { (95...100).contains($0) } == true)
    #expect(reply["scope"] == "openid")
    #expect(reply["access_token"] == nil)
    #expect(try agent.ask("action=token", "min_valid=0")["access_token"] == "at-r1")
    #expect(try agent.status().number("last_refresh_at") != nil)
  }

  @Test func aForcedRefreshThatFailsSaysSoThoughTheTokenIsValid() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: "refuse temporarily_unavailable 'no route'"))
    try agent.signIn()
    let reply = try agent.ask("action=refresh")
    #expect(reply["error"] == "temporarily_unavailable")
    #expect(reply["error_description"] == "no route")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func whatCannotBeRefreshedIsSaid() throws {
    let agent = try TestAgent(ScriptedCourier(login: "say event=done access_token=t expires_in=60"))
    #expect(try agent.ask("action=refresh")["error"] == "login_required")
    try agent.signIn()
    let reply = try agent.ask("action=refresh")
    #expect(reply["error"] == "login_required")
    #expect(reply["error_description"] == "the server gave no refresh token for work")
    #expect(agent.starts(of: "refresh") == 0)
  }
}
