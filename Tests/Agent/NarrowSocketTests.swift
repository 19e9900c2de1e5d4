import Glibc
import Platform
import Testing

@testable import Agent

@Suite("What a narrow socket gives")
struct NarrowSocketTests {
  private static let refresh = "case $order in *narrow.*) narrowed n$n ;; *) signed_in r$n ;; esac"

  @Test(arguments: [
    "status", "login\naccount=work", "logout", "refresh", "userinfo", "callback\nurl=x", "stop",
    "erase", "store", "expose\nsocket=/tmp/x", "unexpose\nall=yes", "nonsense", "",
  ])
  func everythingElseIsRefused(_ action: String) throws {
    let agent = try makeExposed()
    let client = try agent.narrow()
    let reply = try client.ask("action=\(action)")
    #expect(reply["error"] == "access_denied")
    #expect(reply.lines.count == 2, "\(reply)")
    #expect(try client.ask("action=token")["access_token"] == "at-1", "and nothing has changed")
    #expect(agent.starts(of: "revoke") + agent.starts(of: "refresh") == 0)
  }

  @Test(arguments: [
    "account=other", "account=", "scope=openid", "resource[]=https://api.example", "audience[]=a",
    "min_valid=3601", "min_valid=99999999999",
  ])
  func anotherTokenIsRefused(_ line: String) throws {
    let agent = try makeExposed()
    #expect(try agent.narrow().ask("action=token", line)["error"] == "access_denied")
    #expect(agent.starts(of: "refresh") == 0)
    #expect(try agent.exposures().first?.number("used") == 0)
  }

  @Test func anIDTokenIsNotAmongWhatItGives() throws {
    let agent = try makeExposed(
      ScriptedCourier(
        login: "say event=done access_token=at-1 id_token=e30 refresh_token=rt expires_in=3600"))
    let reply = try agent.narrow().ask("action=token", "want[]=id_token")
    #expect(reply["access_token"] == "at-1" && reply["id_token"] == nil)
    #expect(try agent.ask("action=token", "want[]=id_token")["id_token"] == "e30")
  }

  @Test func whatIsNoNumberIsNotUnderstood() throws {
    let client = try makeExposed().narrow()
    #expect(try client.ask("action=token", "min_valid=x")["error"] == "invalid_request")
    #expect(try client.ask("action=token", "min_valid=-1")["error"] == "invalid_request")
  }

  @Test func aNarrowerTokenIsGivenAndNoWiderOne() throws {
    let agent = try makeExposed(
      ScriptedCourier(refresh: Self.refresh), "scope=email phone", "resource[]=https://api.example")
    let client = try agent.narrow()
    #expect(try client.ask("action=token")["access_token"] == "at-n1")
    let same = try client.ask("action=token", "scope=phone email", "resource[]=https://api.example")
    #expect(same["access_token"] == "at-n1", "the same in other words")
    for lines in [["scope=email"], ["scope=openid"], ["resource[]=https://api.example"]] {
      try client.send((["action=token"] + lines).map { $0 + "\n" }.joined() + "\n")
      #expect(try client.reply()["error"] == "access_denied", "\(lines)")
    }
    #expect(agent.starts(of: "refresh") == 1)
    let told = try #require(try agent.exposures().first)
    #expect(told["scope"] == "email phone")
    #expect(told.list("resource") == ["https://api.example"])
  }

  @Test func itIsRefreshedAsNeeded() throws {
    let agent = try makeExposed(ScriptedCourier(refresh: Self.refresh), "scope=email")
    try agent.advance(seconds: 3600)
    #expect(try agent.narrow().ask("action=token")["access_token"] == "at-n2")
  }

  /// A rotating refresh token is used up by each refresh, and a server may count them.
  @Test func nobodyCanHaveItRefreshedInTheFirstHalfOfItsLife() throws {
    let agent = try makeExposed(ScriptedCourier(refresh: "signed_in r$n"))
    let client = try agent.narrow()
    try agent.advance(seconds: 1700)
    let reply = try client.ask("action=token", "min_valid=3599")
    #expect(reply["access_token"] == "at-1")
    #expect(reply["warning"]?.contains("half of its life") == true)
    #expect(agent.starts(of: "refresh") == 0)
    #expect(try agent.ask("action=token", "min_valid=3599")["access_token"] == "at-r1")
    try agent.advance(seconds: 1900)
    #expect(try client.ask("action=token", "min_valid=3599")["access_token"] == "at-r2")
  }

  @Test func noSignInIsStartedByIt() throws {
    let agent = try makeExposed(ScriptedCourier(refresh: "refuse login_required gone"))
    try agent.advance(seconds: 3600)
    let client = try agent.narrow()
    #expect(try client.ask("action=token", "login=yes")["error"] == "login_required")
    let credential = try client.ask(
      "action=get", "interactive=yes", "protocol=https", "host=git.example")
    #expect(credential["error"] == "login_required")
    #expect(agent.starts(of: "login") == 1)
    try agent.signIn()
    #expect(try client.ask("action=token")["access_token"] != nil, "a new session serves it again")
  }

  @Test func gitGetsItForTheServersOfTheAccountAlone() throws {
    let agent = try makeExposed()
    let client = try agent.narrow()
    let reply = try client.ask("action=get", "protocol=https", "host=git.example")
    #expect(reply["password"] == "at-1")
    #expect(reply["username"] == "oauth2")
    for host in ["evil.example", "git.example.evil.example"] {
      #expect(try client.ask("action=get", "protocol=https", "host=\(host)").lines.isEmpty)
    }
    let bearer = try client.ask(
      "action=get", "protocol=https", "host=git.example", "capability[]=authtype",
      "wwwauth[]=Bearer realm=x")
    #expect(bearer["credential"] == "at-1")
  }

  @Test func anotherAccountsServersAreNoneOfItsOwn() throws {
    let agent = try makeExposed()
    try agent.configure(
      TestAgent.work
        + "[other]\nissuer = https://as.example\nclient_id = y\n"
        + "credential_url = https://git.example/team\n")
    let client = try agent.narrow()
    let request = ["action=get", "protocol=https", "host=git.example", "path=team/x"]
    try client.send(request.map { $0 + "\n" }.joined() + "\n")
    #expect(try client.reply().lines.isEmpty)
  }

  // MARK: Floods

  @Test func aServerInTroubleIsNotAskedAtEachRequest() throws {
    let agent = try makeExposed(
      ScriptedCourier(refresh: "refuse temporarily_unavailable 'the server is away'"))
    try agent.advance(seconds: 3600)
    let client = try agent.narrow()
    for _ in 1...5 {
      #expect(try client.ask("action=token")["error_description"] == "the server is away")
    }
    #expect(agent.starts(of: "refresh") == 1)
    try agent.advance(seconds: 5)
    #expect(try client.ask("action=token")["error"] == "temporarily_unavailable")
    #expect(agent.starts(of: "refresh") == 2)
    try agent.signIn()
    try agent.advance(seconds: 5)
    #expect(try client.ask("action=token")["access_token"] != nil)
  }

  @Test func aFullSocketServesTheNewestAndTheMainOneEverybody() throws {
    let agent = try makeExposed()
    let idle = try (0..<Exposure.mostConnections).map { _ in try agent.narrow() }
    for client in idle {
      #expect(try client.ask("action=version")["version"] != nil)
      try agent.advance(seconds: 1)
    }
    #expect(try agent.narrow().ask("action=token")["access_token"] == "at-1")
    #expect(try idle[0].isClosed(), "the one that was silent longest has made room")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func thoseWhoWaitKeepTheirPlacesAndTheMainSocketIsServed() throws {
    let agent = try makeExposed(
      ScriptedCourier(refresh: "await go; signed_in 2"))
    let go = try agent.gate("go")
    try agent.advance(seconds: 3600)
    let clients = try (0...Exposure.mostConnections).map { _ in
      let client = try agent.narrow()
      try client.send("action=token\n\n")
      // One that has come and not been heard yet could make room for the next.
      try agent.sync()
      return client
    }
    for client in clients { #expect(client.isWaiting) }
    #expect(clients.last.map { $0.unreadByAgent > 0 } == true, "the last one waits outside")
    #expect(try agent.ask("action=version")["version"] != nil)
    try go.open()
    for client in clients { #expect(try client.reply()["access_token"] == "at-2") }
  }

  @Test func aRequestThatIsTooLongIsRefusedEarly() throws {
    let agent = try makeExposed()
    let line = "x[]=" + String(repeating: "y", count: 1000) + "\n"
    let client = try agent.narrow()
    try client.send("action=token\n" + String(repeating: line, count: 20))
    #expect(try client.reply()["error"] == "invalid_request")
    let main = try agent.connect()
    try main.send("action=token\n" + String(repeating: line, count: 20) + "\n")
    #expect(try main.reply()["access_token"] == "at-1", "the agent's own socket takes it")
  }
}
