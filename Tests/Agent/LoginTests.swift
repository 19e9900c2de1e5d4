import Testing

@testable import Agent

@Suite("action=login")
struct LoginTests {
  @Test func theAskerIsShownTheURLAndThenToldOfTheSession() throws {
    let agent = try TestAgent(ScriptedCourier(login: "authorize; signed_in 1"))
    let client = try agent.connect()
    let shown = try client.ask("action=login", "account=work")
    #expect(shown["event"] == "authorize")
    #expect(shown["url"] == "https://as.example/authorize?state=state-login-1")
    #expect(shown["redirect_uri"] == "http://localhost:3000/callback")
    #expect(shown["joined"] == nil && shown["paste"] == nil)
    #expect((295...300).contains(try #require(shown.number("expires_in"))))
    #expect(shown["state"] == nil, "it is for the agent only")
    let done = try client.reply()
    for (key, value) in [
      "event": "done", "account": "work", "scope": "openid", "sub": "248", "username": "jane",
      "issuer": "https://as.example", "refreshable": "yes",
    ] { #expect(done[key] == value, "\(key)") }
    #expect((3595...3600).contains(try #require(done.number("expires_in"))))
    #expect(done.number("expires_at") != nil)
    for secret in ["access_token", "refresh_token", "id_token"] { #expect(done[secret] == nil) }
  }

  @Test func theCourierIsToldTheJobAndTheSettings() throws {
    let agent = try TestAgent(
      configuration: """
        [work]
        issuer = https://as.example
        client_id = x
        scope = a b
        redirect_uri = http://localhost:3000/callback
        redirect_uri = http://127.0.0.1/
        credential_url = https://git.example
        login = on-demand
        authorize.prompt = login

        """)
    try agent.signIn("work", "timeout=77")
    #expect(
      try agent.order(of: "login") == [
        "job=login", "account=work", "timeout=77", "issuer=https://as.example", "client_id=x",
        "scope=a b", "redirect_uri[]=http://localhost:3000/callback",
        "redirect_uri[]=http://127.0.0.1/", "authorize.prompt=login",
      ])
  }

  @Test(arguments: [
    ("0", "1"), ("-5", "1"), ("999999999", "86400"), ("soon", "300"), ("12", "12"),
  ])
  func theTimeoutIsBounded(asked: String, told: String) throws {
    let agent = try TestAgent()
    try agent.signIn("work", "timeout=\(asked)")
    #expect(try agent.order(of: "login").contains("timeout=\(told)"))
  }

  @Test func whatTheCommandLineSaysWins() throws {
    let agent = try TestAgent()
    try agent.signIn(
      "work", "scope=mine", "client_id=y", "redirect_uri[]=http://localhost:1/",
      "redirect_uri[]=http://localhost:2/", "client_secret=hunter2", "vault=x", "unknown=x")
    let order = try agent.order(of: "login").dropFirst(3)
    #expect(
      order.sorted() == [
        "client_id=y", "issuer=https://as.example", "redirect_uri[]=http://localhost:1/",
        "redirect_uri[]=http://localhost:2/", "scope=mine",
      ])
  }

  @Test func aNewAccountNeedsOnlyAServer() throws {
    let agent = try TestAgent(configuration: nil)
    let done = try agent.signIn("home", "issuer=https://home.example", "client_id=h")
    #expect(done["issuer"] == "https://home.example")
    #expect(try agent.ask("action=token")["account"] == "home")
    let reply = try agent.ask("action=login", "account=other")
    #expect(reply["error"] == "failed")
    #expect(reply["hint"] == "sallyport login other --issuer URL --client-id ID")
  }

  @Test(arguments: ["-x", "a/b", "a b", "é", String(repeating: "a", count: 65), ""])
  func aNameThatIsNoneIsRefused(name: String) throws {
    let reply = try TestAgent().ask(
      "action=login", "account=\(name)", "issuer=https://as.example")
    #expect(reply["error"] == "invalid_request")
  }

  // MARK: What the courier shows

  @Test func progressIsPassedOn() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "authorize; say event=waiting 'message=exchanging the code' x=y; signed_in 1"))
    let client = try agent.connect()
    try client.send("action=login\n\n")
    let replies = try client.replies()
    #expect(replies.map { $0["event"] } == ["authorize", "waiting", "done"])
    #expect(replies[1].lines == ["event=waiting", "message=exchanging the code"])
  }

  @Test func warningsArePassedOnWithoutControls() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=t \"warning[]=$(printf 'a\\033[2Jb')\" 'warning[]=two'")
    )
    #expect(try agent.signIn().list("warning") == ["a [2Jb", "two"])
  }

  @Test func anUnknownExpiryIsNotInvented() throws {
    let agent = try TestAgent(ScriptedCourier(login: "say event=done access_token=t"))
    let done = try agent.signIn()
    #expect(done["expires_at"] == nil && done["expires_in"] == nil)
    #expect(done["refreshable"] == "no")
    let token = try agent.ask("action=token", "min_valid=999999")
    #expect(token["access_token"] == "t")
    #expect(token["expires_at"] == nil && token["expires_in"] == nil)
  }

  @Test func theNextSignInEndsACourierThatOnlyShowsItsPage() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "alive page$n; signed_in $n; await never"))
    let (first, second) = (try agent.life("page1"), try agent.life("page2"))
    let never = try agent.gate("never")
    try agent.signIn()
    try first.waitForBeginning()
    try agent.signIn()
    try first.waitForEnd()
    try second.waitForBeginning()
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    withExtendedLifetime(never) {}
  }

  // MARK: Keeping nothing

  @Test func onceKeepsNothingAndHandsTheTokensOut() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: """
          say event=done access_token=at token_type=Bearer refresh_token=rt id_token=h.p.s \
          expires_in=60
          """))
    let done = try agent.signIn("work", "once=yes")
    #expect(done["access_token"] == "at")
    #expect(done["token_type"] == "Bearer")
    #expect(done["id_token"] == "h.p.s")
    #expect(done["refresh_token"] == nil)
    #expect(!done.description.contains("rt"))
    #expect(try agent.ask("action=token")["error"] == "login_required")
    #expect(try agent.status()["state"] == "signed-out")
  }

  @Test func onceNeedsNoNameAndLeavesNone() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "[ $n = 1 ] || refuse access_denied no; signed_in 1"))
    for number in 1...2 {
      let reply = try agent.ask("action=login", "once=yes", "issuer=https://else.example")
      #expect(reply["access_token"] == (number == 1 ? "at-1" : nil))
      #expect(reply["error"] == (number == 1 ? nil : "access_denied"))
      #expect(try agent.agentStatus().number("accounts") == 1)
    }
    #expect(try agent.ask("action=token")["error"] == "login_required", "work is the only account")
  }

  @Test func aFailedFirstSignInLeavesNoAccountBehind() throws {
    let agent = try TestAgent(ScriptedCourier(login: "refuse access_denied no"))
    let reply = try agent.ask("action=login", "account=wrok", "issuer=https://as.example")
    #expect(reply["error"] == "access_denied")
    #expect(try agent.agentStatus().number("accounts") == 1)
    #expect(try agent.ask("action=token")["error"] == "login_required")
  }

  @Test func oneAskerWhoKeepsItIsEnough() throws {
    let agent = try TestAgent(ScriptedCourier(login: "authorize; await go; signed_in 1"))
    let go = try agent.gate("go")
    let (once, kept) = (try agent.connect(), try agent.connect())
    _ = try once.ask("action=login", "account=work", "once=yes")
    _ = try kept.ask("action=login", "account=work")
    try go.open()
    #expect(try once.reply()["access_token"] == "at-1")
    #expect(try kept.reply()["access_token"] == nil)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  /// Whoever asks for one server must not be given the token of another.
  @Test func whatIsAskedOfAnotherServerDoesNotJoin() throws {
    let agent = try TestAgent(ScriptedCourier(login: "authorize; await go; signed_in 1"))
    let go = try agent.gate("go")
    let (first, second) = (try agent.connect(), try agent.connect())
    #expect(try first.ask("action=login", "account=work")["event"] == "authorize")
    for line in [
      "issuer=https://other.example", "client_id=y", "resource_url=https://api.example/",
    ] {
      let reply = try second.ask("action=login", "account=work", "once=yes", line)
      #expect(reply["error"] == "temporarily_unavailable", "\(line)")
      #expect(reply["access_token"] == nil)
    }
    for lines in [["issuer=https://as.example"], ["scope=more"], []] {
      let other = try agent.connect()
      try other.send(
        (["action=login", "account=work"] + lines).map { $0 + "\n" }.joined() + "\n")
      #expect(try other.reply()["joined"] == "yes", "\(lines)")
    }
    try go.open()
    #expect(try first.reply()["event"] == "done")
  }
}
