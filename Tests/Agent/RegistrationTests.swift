import Configuration
import Glibc
import Testing

@testable import Agent

@Suite("Clients that were registered, and what a sign-in tells its courier of the one before")
struct RegistrationTests {
  private static let registration =
    "registration.issuer=https://as.example registration.client_id=c-$n"
    + " registration.access_token=rat-$n"
  private static let login =
    "say event=done access_token=at-$n refresh_token=rt-$n expires_in=3600 scope=openid"
    + " session.client_id=c-$n \(registration)"

  private func lines(_ order: [String]) -> [String] {
    order.filter { $0.hasPrefix("registration.") }
  }

  @Test func theRegistrationIsHandedToEveryJob() throws {
    let agent = try TestAgent(ScriptedCourier(login: "[ $n = 1 ] && \(Self.login); signed_in 2"))
    let done = try agent.signIn()
    #expect(done["client_id"] == "c-1")
    #expect(!done.description.contains("rat-1"))
    let expected = [
      "registration.issuer=https://as.example", "registration.client_id=c-1",
      "registration.access_token=rat-1",
    ]
    _ = try agent.ask("action=refresh")
    #expect(lines(try agent.order(of: "refresh")) == expected)
    _ = try agent.ask("action=logout", "account=work")
    #expect(lines(try agent.order(of: "revoke")) == expected)
    #expect(try agent.status()["registered"] == "yes", "a logout alone does not end it")
    #expect(try agent.signIn()["client_id"] == nil, "it is the one from before")
    #expect(lines(try agent.order(of: "login", 1)) == [])
    #expect(lines(try agent.order(of: "login", 2)) == expected)
  }

  @Test func aClientThatIsToldAgainIsNoNewOne() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "say event=done access_token=at session.client_id=c registration.client_id=c"))
    #expect(try agent.signIn()["client_id"] == "c")
    #expect(try agent.signIn()["client_id"] == nil)
  }

  @Test func aNewRegistrationTakesThePlaceOfTheOldOne() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, revoke: "alive r; say event=done revoked=yes"))
    let life = try agent.life("r")
    try agent.signIn()
    try agent.signIn()
    _ = try agent.ask("action=refresh")
    #expect(try agent.order(of: "refresh").contains("registration.client_id=c-2"))
    // The grant before was given to the client before.
    try life.waitForBeginning()
    #expect(try agent.order(of: "revoke").contains("registration.client_id=c-1"))
  }

  /// It is there at the server, whatever became of the sign-in.
  @Test(arguments: [
    "refuse access_denied 'you said no' registration.client_id=c-1",
    "say event=registered registration.client_id=c-1; refuse access_denied no",
  ])
  func aRegistrationOfAFailedSignInIsKept(login: String) throws {
    let agent = try TestAgent(ScriptedCourier(login: login))
    _ = try agent.ask("action=login", "account=mcp", "resource_url=https://mcp.example/mcp")
    #expect(try agent.status("mcp")["registered"] == "yes")
    _ = try agent.ask("action=login", "account=mcp", "resource_url=https://mcp.example/mcp")
    #expect(try agent.order(of: "login", 2).contains("registration.client_id=c-1"))
  }

  @Test func whoKeepsNothingKeepsNoRegistration() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    _ = try agent.ask("action=login", "account=work", "once=yes")
    #expect(try agent.status()["registered"] == nil)
  }

  @Test func aSignalForgetsItToo() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    agent.signal(SIGUSR1)
    try agent.sync()
    #expect(try agent.status()["registered"] == nil)
  }

  // MARK: A resource that leads to the server

  @Test func aResourceIsEnoughToSignIn() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in 1"),
      configuration: "[mcp]\nresource = https://mcp.example/mcp\n")
    try agent.signIn("mcp")
    #expect(try agent.order(of: "login").contains("resource[]=https://mcp.example/mcp"))
    try agent.signIn("other", "resource_url=https://other.example/mcp")
    #expect(try agent.order(of: "login", 2).contains("resource_url=https://other.example/mcp"))
    #expect(
      try agent.ask("action=login", "once=yes", "resource_url=https://x.example")["event"]
        == "authorize")
  }

  @Test func theAddressThatWasWrittenDownIsNoChange() throws {
    let agent = try TestAgent(configuration: nil)
    try agent.signIn("mcp", "resource_url=https://mcp.example/mcp")
    try agent.configure("[mcp]\nresource = https://mcp.example/mcp\n")
    #expect(try agent.ask("action=token", "account=mcp")["access_token"] == "at-1")
    try agent.configure("[mcp]\nresource = https://evil.example/mcp\n")
    #expect(
      try agent.ask("action=token", "account=mcp")["error_description"]
        == "the resource of mcp has changed since the sign-in")
  }

  // MARK: The session before

  private static let resourceLogin =
    "say event=done access_token=at-$n refresh_token=rt-$n expires_in=3600 scope=read"
    + " 'session.resource=https://mcp.example/mcp'"

  private func former(_ agent: TestAgent, _ lines: String...) throws -> [String] {
    try agent.signIn()
    let client = try agent.connect()
    try client.send(
      (["action=login", "account=work"] + lines).map { $0 + "\n" }.joined() + "\n")
    _ = try client.replies()
    return try agent.order(of: "login", 2).filter { $0.hasPrefix("former.") }
  }

  @Test func aStepUpKnowsWhatWasGranted() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.resourceLogin))
    #expect(
      try former(agent, "resource_url=https://mcp.example/mcp/x") == [
        "former.scope=read", "former.access_token=at-1",
      ])
    #expect(try agent.order(of: "login", 1).allSatisfy { !$0.hasPrefix("former.") })
    #expect(
      try agent.order(of: "login", 2).contains("session.resource=https://mcp.example/mcp"))
  }

  /// A token is for the resource it was made for: nobody else may see it.
  @Test(arguments: [
    "https://evil.example/mcp", "https://mcp.example/mcp2", "https://mcp.example:1/mcp",
    "https://mcp.example", "https://mcp.example/mcp@evil.example", "http://mcp.example/mcp",
  ])
  func aTokenIsShownToNoOtherResource(url: String) throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.resourceLogin))
    #expect(try former(agent, "resource_url=\(url)") == ["former.scope=read"])
  }

  @Test func whereNoResourceIsAskedNoTokenIsNeeded() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.resourceLogin))
    #expect(try former(agent) == ["former.scope=read"])
  }

  @Test func anotherServerLearnsNothing() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.resourceLogin))
    #expect(
      try former(agent, "issuer=https://else.example", "resource_url=https://mcp.example/mcp") == []
    )
  }

  @Test(arguments: [
    ("https://a.example/", "https://a.example/x", true), ("https://", "https://a.example", false),
    ("", "https://a.example", false), ("https://a.example", "https://a.example?x", true),
    ("https://a.example", "https://a.example.evil", false),
  ])
  func whatLiesBelowAResource(resource: String, url: String, isBelow: Bool) throws {
    let settings = SignInSettings(
      name: try accountName("work"), section: nil, overrides: [], resourceURL: url)
    #expect(settings.asksOnly([resource]) == isBelow)
  }
}
