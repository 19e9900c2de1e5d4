import Glibc
import Testing

@testable import Agent

@Suite("A configuration that changes under a running agent")
struct ConfigurationChangeTests {
  private func configuration(
    issuer: String = "https://as.example", client: String = "x", _ more: String = ""
  ) -> String {
    "[work]\nissuer = \(issuer)\nclient_id = \(client)\n\(more)\n"
  }

  @Test func aSessionIsNotUsedForAnotherServerAndServedAgainForItsOwn() throws {
    let agent = try TestAgent(configuration: configuration())
    try agent.signIn()
    try agent.configure(configuration(issuer: "https://other.example"))
    let reply = try agent.ask("action=token")
    #expect(reply["error"] == "login_required")
    #expect(reply["error_description"] == "the issuer of work has changed since the sign-in")
    #expect(reply["hint"] == "sallyport login work")
    #expect(try agent.ask("action=refresh")["error"] == "login_required")
    let status = try agent.status()
    #expect(status["state"] == "signed-out")
    #expect(status["last_error"] == "the issuer of work has changed since the sign-in")
    try agent.configure(configuration())
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(agent.starts(of: "refresh") == 0)
  }

  @Test func aNewSignInReplacesTheSessionOfTheFormerServer() throws {
    let agent = try TestAgent(configuration: configuration())
    try agent.signIn()
    try agent.configure(configuration(client: "y"))
    #expect(try agent.ask("action=token")["error"] == "login_required")
    try agent.signIn()
    #expect(try agent.order(of: "login", 2).contains("client_id=y"))
    #expect(try agent.ask("action=token")["error"] == nil)
  }

  @Test func whatMattersOnlyAtTheNextSignInEndsNothing() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "signed_in r1"),
      configuration: configuration())
    try agent.signIn()
    try agent.configure(configuration("scope = more\nproxy = http://proxy.example:3128"))
    #expect(try agent.ask("action=token")["access_token"] == "at-r1")
    #expect(try agent.order(of: "refresh").contains("proxy=http://proxy.example:3128"))
  }

  /// RFC 6749 §10.4: the refresh token goes to the server it is from, and nothing of the new
  /// server's goes there.
  @Test func aLogoutAfterAChangeTellsTheFormerServer() throws {
    let agent = try TestAgent(
      configuration: configuration(
        "revocation_endpoint = https://as.example/r\nclient_secret = old-secret"))
    try agent.signIn()
    try agent.configure(
      configuration(
        issuer: "https://evil.example",
        "revocation_endpoint = https://evil.example/r\nclient_secret = new-secret"))
    #expect(try agent.ask("action=logout", "account=work").list("revoked") == ["work"])
    let order = try agent.order(of: "revoke")
    #expect(order.contains("issuer=https://as.example"))
    #expect(order.contains("revocation_endpoint=https://as.example/r"))
    #expect(!order.contains { $0.contains("evil") || $0.contains("secret") })
  }

  @Test func aQueuedRefreshIsNotSentToAnotherServer() throws {
    let names = ["a", "b", "c", "d", "work"]
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "await go; signed_in r1"),
      configuration: TestAgent.configuration(names))
    let go = try agent.gate("go")
    for name in names { try agent.signIn(name) }
    let clients = try names.map { name in
      let client = try agent.connect()
      try client.send("action=token\naccount=\(name)\n\n")
      return client
    }
    try agent.sync()
    try agent.configure(
      TestAgent.configuration(["a", "b", "c", "d"]) + configuration(issuer: "https://b.example"))
    try agent.sync()
    try go.open(5)
    for client in clients.dropLast() { #expect(try client.reply()["access_token"] == "at-r1") }
    #expect(try clients[4].reply()["error"] == "login_required")
    #expect(agent.starts(of: "refresh") == 4)
  }

  @Test func aBrokenFileLeavesTheLastGoodOneInForce() throws {
    let agent = try TestAgent(configuration: configuration())
    try agent.signIn()
    #expect(try agent.agentStatus()["config_error"] == nil)
    try agent.configure(configuration("isuer = https://typo.example"))
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    let broken = try agent.agentStatus()
    #expect(broken["config_error"]?.contains("line 4") == true, "\(broken)")
    #expect(broken["config_error"]?.contains("issuer") == true, "the nearest known key")
    #expect(
      try agent.ask("action=login", "account=nosuch")["error_description"]?.contains("line 4")
        == true)
    try agent.configure(configuration())
    #expect(try agent.agentStatus()["config_error"] == nil)
  }

  @Test func aSecretOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws {
    let agent = try TestAgent(configuration: nil)
    try agent.configure(configuration("client_secret = s3cret"))
    try #require(chmod(agent.scratch("config"), 0o644) == 0)
    let status = try agent.agentStatus()
    #expect(status["config_error"] != nil)
    #expect(status["config_hint"]?.hasPrefix("chmod ") == true)
    #expect(!status.description.contains("s3cret"))
    try #require(chmod(agent.scratch("config"), 0o600) == 0)
    try agent.signIn()
    #expect(try agent.order(of: "login").contains("client_secret=s3cret"))
  }

  @Test func accountsComeAndGoWithoutARestart() throws {
    let agent = try TestAgent(configuration: nil)
    #expect(try agent.agentStatus().number("accounts") == 0)
    try agent.configure(TestAgent.configuration(["a"]))
    #expect(try agent.ask("action=token")["error"] == "login_required")
    try agent.configure(TestAgent.configuration(["b"]))
    #expect(try agent.agentStatus().number("accounts") == 1, "a was only asked for")
    try agent.signIn("b")
    unlink(agent.scratch("config"))
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-1")
    #expect(try agent.agentStatus().number("accounts") == 1)
  }

  /// The file has the new server's secret by now: the former must not see it.
  @Test(arguments: [("same", false), ("another", true)])
  func aSecretThatIsAnotherServersByNowIsNotSent(file: String, isSent: Bool) throws {
    let agent = try TestAgent(
      configuration: configuration(
        "client_secret_file = /nowhere/same\nclient_secret_command = print same"))
    try agent.signIn()
    try agent.configure(
      configuration(
        issuer: "https://new.example",
        "client_secret_file = /nowhere/\(file)\nclient_secret_command = print \(file)"))
    #expect(try agent.ask("action=logout").list("revoked") == ["work"])
    let order = try agent.order(of: "revoke")
    #expect(order.contains("issuer=https://as.example"))
    #expect(order.contains("client_secret_file=/nowhere/same") == isSent)
    #expect(order.contains("client_secret_command=print same") == isSent)
  }
}
