import Glibc
import Testing

@testable import Agent

@Suite("action=status")
struct StatusTests {
  @Test func everyAccountHasABlockAndTheAgentTheLast() throws {
    let agent = try TestAgent(configuration: TestAgent.configuration(["b", "a"]))
    try agent.signIn("home", "issuer=https://home.example", "client_id=h")
    let client = try agent.connect()
    try client.send("action=status\n\n")
    let blocks = try client.replies()
    #expect(blocks.map { $0["account"] } == ["b", "a", "home", nil])
    #expect(blocks[0]["state"] == "signed-out")
    #expect(blocks[0]["issuer"] == "https://as.example")
    #expect(blocks[0]["client_id"] == "b")
    #expect(blocks[0]["hint"] == "sallyport login b")
    #expect(blocks[2]["state"] == "signed-in")
    #expect(blocks[2]["issuer"] == "https://home.example")
    let own = blocks[3]
    #expect(own["version"] == "0.1.0")
    #expect(own.number("pid") == Int64(getpid()))
    #expect(own["socket"] == agent.socketPath)
    #expect(own["vault"] == "memory")
    #expect(["memfd_secret", "mlock", "plain"].contains(own["memory_guard"]))
    #expect(own.number("accounts") == 3)
    #expect(own["config"] == agent.scratch("config"))
  }

  @Test func aSessionIsDescribedWithoutItsTokens() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let status = try agent.status()
    for (key, value) in [
      "state": "signed-in", "sub": "248", "username": "jane", "scope": "openid",
      "refreshable": "yes",
    ] { #expect(status[key] == value, "\(key)") }
    #expect(status.list("credential_url") == ["https://git.example"])
    #expect(status.number("obtained_at") != nil && status.number("expires_at") != nil)
    #expect(status["last_refresh_at"] == nil)
    #expect(!status.description.contains("at-1") && !status.description.contains("rt-1"))
  }

  @Test func oneAccountCanBeAskedFor() throws {
    let agent = try TestAgent(configuration: TestAgent.configuration(["a", "b"]))
    let client = try agent.connect()
    try client.send("action=status\naccount=b\n\n")
    #expect(try client.replies().map { $0["account"] } == ["b", nil])
    #expect(try agent.ask("action=status", "account=c")["error"] == "failed")
    #expect(try agent.ask("action=status", "account=../c")["error"] == "failed")
  }

  @Test func withoutRefreshTokenAnEndedTokenIsAnEndedSession() throws {
    let agent = try TestAgent(ScriptedCourier(login: "say event=done access_token=t expires_in=60"))
    try agent.signIn()
    #expect(try agent.status()["state"] == "signed-in")
    try agent.advance(seconds: 61)
    let status = try agent.status()
    #expect(status["state"] == "expired", "\(status)")
    #expect(try agent.ask("action=token")["error"] == "login_required")
  }
}
