import Testing

@testable import Agent

@Suite("A sign-in at another server than the account's")
struct MisdirectionTests {
  private static let section = "[work]\nissuer = https://as.example\nclient_id = x\n"

  @Test(arguments: [
    ("client_secret = hunter2", "client_secret"), ("client_secret_file = /s", "client_secret_file"),
    ("client_key_file = /k.pem", "client_key_file"),
  ])
  func theSecretIsNotSentThere(line: String, key: String) throws {
    let agent = try TestAgent(configuration: Self.section + line + "\n")
    let reply = try agent.ask(
      "action=login", "account=work", "issuer=https://other.example", "client_id=y")
    #expect(reply["error"] == "invalid_request")
    #expect(
      reply["error_description"]
        == "the \(key) of work is for that account's server alone, and issuer names another: give "
        + "that one an account of its own")
    #expect(
      reply["hint"] == "sallyport login NEWNAME --issuer https://other.example --client-id y")
    #expect(agent.starts(of: "login") == 0)
    #expect(try agent.signIn("work", "issuer=https://as.example")["event"] == "done")
  }

  @Test func anEndpointCountsAsTheServer() throws {
    let agent = try TestAgent(configuration: Self.section + "client_secret_file = /s\n")
    let reply = try agent.ask(
      "action=login", "account=work", "token_endpoint=https://other.example/t")
    #expect(reply["error_description"]?.contains("token_endpoint names another") == true)
    #expect(reply["hint"] == "sallyport login NEWNAME --issuer URL --client-id ID")
  }

  @Test func aPublicClientGoesWhereItIsSent() throws {
    let agent = try TestAgent(configuration: Self.section)
    #expect(try agent.signIn("work", "issuer=https://other.example")["event"] == "done")
    #expect(try agent.order(of: "login").contains("issuer=https://other.example"))
  }
}
