import Testing

@testable import Agent

@Suite("action=logout: the registration, and the server's session in the browser")
struct LogoutAllTests {
  private static let login =
    "say event=done access_token=at refresh_token=rt expires_in=3600 secret.id_token=id"
    + " session.end_session_endpoint=https://as.example/out registration.client_id=c-$n"
    + " registration.access_token=rat"

  private func logOut(_ agent: TestAgent, _ lines: String...) throws -> [Reply] {
    let client = try agent.connect()
    try client.send((["action=logout"] + lines).map { $0 + "\n" }.joined() + "\n")
    return try client.replies()
  }

  @Test func everythingOfOneAccountGoes() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login), configuration: TestAgent.configuration(["a", "b"]))
    for name in ["a", "b"] { try agent.signIn(name) }
    #expect(
      try logOut(agent, "account=a", "all=yes").last?.lines == [
        "event=done", "account[]=a", "revoked[]=a", "deleted[]=a",
      ])
    let order = try agent.order(of: "unregister")
    #expect(order.prefix(2) == ["job=unregister", "account=a"])
    #expect(order.contains("registration.access_token=rat"))
    #expect(order.contains("issuer=https://as.example"))
    #expect(!order.contains { $0.hasPrefix("refresh_token") || $0.hasPrefix("access_token") })
    #expect(try agent.status("a")["registered"] == nil)
    #expect(try agent.status("b")["state"] == "signed-in")
    #expect(try agent.status("b")["registered"] == "yes")
  }

  @Test func allWithoutANameIsEveryAccount() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login), configuration: TestAgent.configuration(["a", "b"]))
    for name in ["a", "b"] { try agent.signIn(name) }
    let done = try logOut(agent, "all=yes").last
    #expect(done?.list("account") == ["a", "b"])
    #expect(done?.list("deleted") == ["a", "b"])
    #expect(try agent.status("a")["registered"] == nil)
  }

  /// The deletion needs the registration, and the revocation may need its secret.
  @Test func theRegistrationGoesLast() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, revoke: "alive r; await go; say event=done revoked=yes"))
    let (life, go) = (try agent.life("r"), try agent.gate("go"))
    try agent.signIn()
    let client = try agent.connect()
    try client.send("action=logout\naccount=work\nall=yes\n\n")
    try life.waitForBeginning()
    #expect(client.isWaiting && agent.starts(of: "unregister") == 0)
    try go.open()
    #expect(try client.reply().list("deleted") == ["work"])
  }

  @Test func withoutANetworkTheRegistrationStaysForTheNextTime() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        unregister: "[ $n = 1 ] && refuse temporarily_unavailable 'no network';"
          + " say event=done deleted=yes"))
    try agent.signIn()
    let first = try logOut(agent, "account=work", "all=yes").last
    #expect(first?.list("account") == ["work"])
    #expect(first?.list("deleted") == [])
    #expect(
      first?.list("warning") == [
        "work: the server has not deleted the client's registration: no network;"
          + " the same command tries again"
      ])
    #expect(try agent.status()["state"] == "signed-out")
    #expect(try agent.status()["registered"] == "yes")
    #expect(
      try logOut(agent, "account=work", "all=yes").last?.lines == ["event=done", "deleted[]=work"])
    #expect(agent.starts(of: "revoke") == 1)
  }

  @Test func whatTheServerRefusesForEverIsForgotten() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, unregister: "refuse access_denied 'no such client'"))
    try agent.signIn()
    let done = try logOut(agent, "account=work", "all=yes").last
    #expect(done?.list("warning").first?.hasSuffix("it is forgotten here only") == true)
    #expect(try agent.status()["registered"] == nil)
  }

  @Test func localForgetsARegistrationOnlyWithAll() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    _ = try logOut(agent, "account=work", "local=yes")
    #expect(try agent.status()["registered"] == "yes")
    _ = try logOut(agent, "account=work", "local=yes", "all=yes")
    #expect(try agent.status()["registered"] == nil)
    #expect(agent.starts(of: "unregister") == 0)
  }

  // MARK: The browser

  @Test func theBrowserEndsTheServersSession() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        endSession: """
          say event=end-session url=http://127.0.0.1:4711/once; await browser; say event=done
          """))
    let browser = try agent.gate("browser")
    try agent.signIn()
    let client = try agent.connect()
    try client.send("action=logout\naccount=work\nbrowser=yes\n\n")
    #expect(
      try client.reply().lines == [
        "event=end-session", "account=work", "url=http://127.0.0.1:4711/once",
      ])
    let order = try agent.order(of: "end-session")
    #expect(order.contains("secret.id_token=id"))
    #expect(order.contains("session.end_session_endpoint=https://as.example/out"))
    #expect(order.contains("timeout=120"))
    #expect(!order.contains { $0.hasPrefix("refresh_token") || $0.hasPrefix("access_token") })
    #expect(try agent.status()["state"] == "signing-out")
    #expect(agent.starts(of: "revoke") == 1, "the tokens went first")
    try browser.open()
    #expect(try client.reply().lines == ["event=done", "account[]=work", "revoked[]=work"])
  }

  @Test func withoutAskingForItThereIsNoBrowser() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    #expect(try logOut(agent, "account=work").count == 1)
    #expect(agent.starts(of: "end-session") == 0)
  }

  @Test func whatTheServerCannotDoIsSaidAndTheRestGoesOn() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login, endSession: "refuse failed 'the server names no end_session_endpoint'"))
    try agent.signIn()
    let done = try logOut(agent, "account=work", "all=yes", "browser=yes").last
    #expect(done?.list("deleted") == ["work"])
    #expect(
      done?.list("warning") == [
        "work: the server's session in the browser may go on:"
          + " the server names no end_session_endpoint"
      ])
  }

  @Test func whenTheClientHasGoneNobodyWaitsForABrowser() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        endSession: "alive e; say event=end-session url=http://127.0.0.1:1/; await never",
        unregister: "alive u; say event=done deleted=yes"))
    let (life, last) = (try agent.life("e"), try agent.life("u"))
    let never = try agent.gate("never")
    try agent.signIn()
    var client: AgentClient? = try agent.connect()
    try client?.send("action=logout\naccount=work\nbrowser=yes\nall=yes\n\n")
    #expect(try client?.reply()["event"] == "end-session")
    try life.waitForBeginning()
    client = nil
    #expect(client == nil)
    try life.waitForEnd()
    try last.waitForBeginning()
    try last.waitForEnd()
    try agent.sync()
    #expect(try agent.status()["state"] == "signed-out")
    withExtendedLifetime(never) {}
  }

  @Test func aSignInThatRegistersIsEndedAndItsClientDeleted() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=registered registration.client_id=c-1; authorize; await never"))
    let never = try agent.gate("never")
    let asker = try agent.connect()
    #expect(try asker.ask("action=login", "account=work")["event"] == "authorize")
    #expect(try logOut(agent, "account=work", "all=yes").last?.list("deleted") == ["work"])
    #expect(try asker.reply()["error"] == "access_denied")
    #expect(try agent.order(of: "unregister").contains("registration.client_id=c-1"))
    withExtendedLifetime(never) {}
  }

  @Test func whoComesLaterIsShownTheAddressToo() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        endSession: "say event=end-session url=http://127.0.0.1:1/x; await go; say event=done"))
    let go = try agent.gate("go")
    try agent.signIn()
    var first: AgentClient? = try agent.connect()
    try first?.send("action=logout\nbrowser=yes\n\n")
    #expect(try first?.reply()["event"] == "end-session")
    let (second, third) = (try agent.connect(), try agent.connect())
    try second.send("action=logout\nbrowser=yes\n\n")
    #expect(try second.reply()["url"] == "http://127.0.0.1:1/x")
    try third.send("action=logout\n\n")
    try agent.sync()
    #expect(third.isWaiting, "it can open no browser")
    first = nil
    #expect(first == nil)
    try agent.sync()
    try go.open()
    for client in [second, third] { #expect(try client.reply().list("account") == ["work"]) }
  }
}
