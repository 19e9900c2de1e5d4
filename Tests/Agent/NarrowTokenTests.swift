import Testing

@testable import Agent

@Suite("action=token with scope, resource and audience")
struct NarrowTokenTests {
  /// A courier that tells in the token what it was asked for.
  private static let refresh = """
    case $order in
    *narrow.*) narrowed n$n email ;;
    *) signed_in r$n ;;
    esac
    """

  @Test func aNarrowerTokenIsFetchedOnce() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: Self.refresh))
    try agent.signIn()
    for scope in ["email phone", "phone email"] {
      let reply = try agent.ask("action=token", "scope=\(scope)", "resource[]=https://api.example")
      #expect(reply["access_token"] == "at-n1")
      #expect(reply["scope"] == "email")
      #expect(reply["account"] == "work")
      #expect(reply["username"] == "jane")
    }
    #expect(agent.starts(of: "refresh") == 1)
    let order = try agent.order(of: "refresh")
    #expect(order.contains("refresh_token=rt-1"))
    #expect(order.contains("narrow.scope=email phone"))
    #expect(order.contains("narrow.resource[]=https://api.example"))
    #expect(!order.contains { $0.hasPrefix("audience") })
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.status().number("narrowed") == 1)
    #expect(try agent.status()["scope"] == "openid")
  }

  @Test func theSessionsOwnScopeNeedsNoServer() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at-1 refresh_token=rt-1 expires_in=3600"
          + " 'scope=openid email' session.resource=https://api.example"))
    try agent.signIn()
    for lines in [["scope=email openid"], ["resource[]=https://api.example"]] {
      let client = try agent.connect()
      try client.send((["action=token"] + lines).map { $0 + "\n" }.joined() + "\n")
      #expect(try client.reply()["access_token"] == "at-1")
    }
    #expect(agent.starts(of: "refresh") == 0)
    #expect(try agent.status().list("resource") == ["https://api.example"])
  }

  @Test func oneRefreshTokenIsUsedByOneCourierAtATime() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        refresh: """
          mkdir "$dir/in.use" || refuse failed 'two at once'
          await go; rmdir "$dir/in.use"
          token=n$n; case $order in *narrow.*) ;; *) token=main ;; esac
          say event=done access_token=at-$token refresh_token=rt-$n-next expires_in=3600 scope=s
          """))
    let go = try agent.gate("go")
    try agent.signIn()
    let clients = try (0...3).map { _ in try agent.connect() }
    for (client, what) in zip(clients, ["scope=a", "scope=b", "scope=a", "min_valid=0"]) {
      let action = what == "min_valid=0" ? "refresh" : "token"
      try client.send("action=\(action)\naccount=work\n\(what)\n\n")
      try agent.sync()
    }
    try go.open(3)
    let replies = try clients.map { try $0.reply() }
    #expect(replies[0]["access_token"] == "at-n1")
    #expect(replies[2]["access_token"] == "at-n1", "the same is fetched once")
    #expect(replies[1]["access_token"] == "at-n2")
    #expect(replies[3]["scope"] == "s" && replies[3]["error"] == nil)
    // Each has used the refresh token the one before had brought.
    #expect(try agent.order(of: "refresh", 2).contains("refresh_token=rt-1-next"))
    #expect(try agent.order(of: "refresh", 3).contains("refresh_token=rt-2-next"))
    #expect(agent.starts(of: "refresh") == 3)
  }

  @Test func whatTheServerRefusesIsToldToTheAskerAlone() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        refresh: """
          refuse access_denied 'the server refuses the scope' oauth_error=invalid_scope
          """))
    try agent.signIn()
    let reply = try agent.ask("action=token", "scope=admin")
    #expect(reply["error"] == "access_denied")
    #expect(reply["error_description"] == "the server refuses the scope")
    #expect(try agent.status()["last_error"] == nil)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func withheldScopesAreToldToEveryAsker() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        refresh: "say event=done access_token=n scope=a 'warning[]=the server withholds b'"))
    try agent.signIn()
    for _ in 1...2 {
      #expect(
        try agent.ask("action=token", "scope=a b")["warning"] == "the server withholds b")
    }
    #expect(agent.starts(of: "refresh") == 1)
  }

  /// RFC 6749 §6 has the grant stay as it is; some servers give the new refresh token less.
  @Test func whatANarrowerTokenHasCostIsToldOnceAndStands() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at refresh_token=rt expires_in=3600 'scope=read write'",
        refresh: """
          case $order in *narrow.*) narrowed n$n read ;; *) narrowed r$n read ;; esac
          """))
    try agent.signIn()
    #expect(try agent.ask("action=token", "scope=read")["warning"] == nil)
    let words = "the server gives the session itself no write any more"
    #expect(try agent.ask("action=refresh", "account=work")["warning"]?.contains(words) == true)
    #expect(try agent.ask("action=token")["warning"] == nil)
    #expect(try agent.ask("action=refresh", "account=work")["warning"] == nil)
    #expect(try agent.status()["warning"]?.contains(words) == true)
    try agent.signIn()
    #expect(try agent.status()["warning"] == nil)
  }

  @Test func aScopeThatShrinksByItselfIsNoMatterOfNarrowerTokens() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at refresh_token=rt expires_in=3600 'scope=read write'",
        refresh: "narrowed r$n read"))
    try agent.signIn()
    #expect(try agent.ask("action=refresh", "account=work")["warning"] == nil)
    #expect(try agent.status()["warning"] == nil)
  }

  @Test func invalidGrantEndsTheSession() throws {
    let agent = try TestAgent(
      ScriptedCourier(refresh: "refuse login_required 'it is over' oauth_error=invalid_grant"))
    try agent.signIn()
    #expect(try agent.ask("action=token", "scope=a")["error"] == "login_required")
    #expect(try agent.ask("action=token")["error_description"] == "it is over")
  }

  @Test func withoutARefreshTokenItIsSaidWhy() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "say event=done access_token=at scope=openid"))
    try agent.signIn()
    let reply = try agent.ask("action=token", "scope=email", "login=yes")
    #expect(reply["error"] == "login_required")
    #expect(reply["error_description"]?.contains("no refresh token") == true)
    #expect(agent.starts(of: "login") == 1, "another sign-in would help nobody")
  }

  @Test func aSignInMayComeFirst() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in 1", refresh: Self.refresh))
    let client = try agent.connect()
    #expect(
      try client.ask("action=token", "scope=email", "login=yes")["event"] == "authorize")
    #expect(try client.reply()["access_token"] == "at-n1")
  }

  @Test(arguments: ["resource[]=", "scope=a\tb", "audience[]=a b", "method=GET", "url=https://a"])
  func whatIsNotUnderstoodIsRefused(line: String) throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(try agent.ask("action=token", line)["error"] == "invalid_request")
  }

  @Test func aKeptTokenIsServedWhileTheServerCannotBeReached() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        refresh: "[ $n = 1 ] && narrowed n1 email 100; refuse temporarily_unavailable 'no network'")
    )
    try agent.signIn()
    #expect(try agent.ask("action=token", "scope=email")["access_token"] == "at-n1")
    try agent.advance(seconds: 70)
    let reply = try agent.ask("action=token", "scope=email")
    #expect(reply["access_token"] == "at-n1")
    #expect(reply["warning"] == "could not refresh work: no network")
    try agent.advance(seconds: 40)
    #expect(try agent.ask("action=token", "scope=email")["error"] == "temporarily_unavailable")
  }

  @Test func aClientThatHasGoneTakesItsRequestAlong() throws {
    let agent = try TestAgent(ScriptedCourier(refresh: "await go; narrowed n$n"))
    let go = try agent.gate("go")
    try agent.signIn()
    let first = try agent.connect()
    try first.send("action=token\nscope=a\n\n")
    try agent.sync()
    try agent.connect().send("action=token\nscope=b\n\n")
    try agent.sync()
    try go.open(2)
    #expect(try first.reply()["access_token"] == "at-n1")
    try agent.sync()
    #expect(agent.starts(of: "refresh") == 1)
  }

  // MARK: Exchange

  @Test func anAudienceIsExchangedFor() throws {
    let agent = try TestAgent()
    try agent.signIn()
    for _ in 1...2 {
      let reply = try agent.ask("action=token", "audience[]=backend", "scope=read")
      #expect(reply["access_token"] == "at-x1")
      #expect(reply["scope"] == "narrow")
    }
    #expect(agent.starts(of: "exchange") == 1)
    #expect(agent.starts(of: "refresh") == 0)
    let order = try agent.order(of: "exchange")
    for line in ["access_token=at-1", "audience[]=backend", "narrow.scope=read"] {
      #expect(order.contains(line))
    }
    #expect(!order.contains { $0.hasPrefix("refresh_token") })
  }

  @Test func aTokenThatIsOverIsRefreshedBeforeItIsExchanged() throws {
    let agent = try TestAgent(ScriptedCourier(login: "signed_in 1 0", refresh: "signed_in r1"))
    try agent.signIn()
    #expect(try agent.ask("action=token", "audience[]=backend")["access_token"] == "at-x1")
    #expect(try agent.order(of: "exchange").contains("access_token=at-r1"))
  }

  @Test func aTokenThatCannotBeRefreshedIsNotExchangedForever() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 100", refresh: "refuse temporarily_unavailable 'no network'"))
    try agent.signIn()
    try agent.advance(seconds: 60)
    #expect(try agent.ask("action=token", "audience[]=a")["access_token"] == "at-x1")
    try agent.advance(seconds: 60)
    #expect(try agent.ask("action=token", "audience[]=b")["error"] == "temporarily_unavailable")
    #expect(agent.starts(of: "exchange") == 1)
  }

  @Test func allWhoWantTheSameShareOneExchange() throws {
    let agent = try TestAgent(ScriptedCourier(exchange: "await go; narrowed x$n"))
    let go = try agent.gate("go")
    try agent.signIn()
    let clients = try (0...4).map { _ in try agent.connect() }
    for client in clients { try client.send("action=token\naudience[]=backend\n\n") }
    try agent.sync()
    try go.open()
    for client in clients { #expect(try client.reply()["access_token"] == "at-x1") }
    #expect(agent.starts(of: "exchange") == 1)
  }

  @Test func aRefusedExchangeIsToldAndEndsNothing() throws {
    let agent = try TestAgent(
      ScriptedCourier(exchange: "refuse access_denied 'not for you' oauth_error=invalid_target"))
    try agent.signIn()
    #expect(try agent.ask("action=token", "audience[]=b")["error_description"] == "not for you")
    #expect(try agent.status()["last_error"] == nil)
    #expect(try agent.status()["state"] == "signed-in")
  }
}
