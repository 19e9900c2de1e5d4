import Testing

@testable import Agent

@Suite("Tokens that are bound to a key")
struct ProofTests {
  private static let login =
    "say event=done access_token=at-$n token_type=DPoP refresh_token=rt expires_in=3600"
    + " scope=openid secret.dpop_key=LS0t session.dpop_alg=ES256"
  private static let target = ["method=GET", "url=https://api.example/x?y#z"]

  private func ask(_ agent: TestAgent, _ lines: String...) throws -> Reply {
    let client = try agent.connect()
    try client.send(
      (["action=token"] + Self.target + lines).map { $0 + "\n" }.joined() + "\n")
    return try client.reply()
  }

  @Test func aProofComesWithTheToken() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    let reply = try ask(agent, "dpop_nonce=n-1")
    #expect(reply["access_token"] == "at-1")
    #expect(reply["token_type"] == "DPoP")
    #expect(reply["dpop"] == "proof-1")
    #expect(try ask(agent)["dpop"] == "proof-2", "each has a jti of its own")
    let order = try agent.order(of: "prove")
    for line in [
      "access_token=at-1", "method=GET", "url=https://api.example/x?y#z", "dpop_nonce=n-1",
      "secret.dpop_key=LS0t", "session.dpop_alg=ES256",
    ] { #expect(order.contains(line), "\(line)") }
    #expect(!order.contains { $0.hasPrefix("refresh_token") })
    #expect(try agent.order(of: "prove", 2).allSatisfy { !$0.hasPrefix("dpop_nonce") })
  }

  @Test func withoutARequestToProveThereIsNoProof() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    #expect(try agent.ask("action=token")["dpop"] == nil)
    #expect(agent.starts(of: "prove") == 0)
    let status = try agent.status()
    #expect(status["token_type"] == "DPoP")
    #expect(status["dpop_bound"] == "yes")
  }

  @Test func aBearerTokenNeedsNoProof() throws {
    let agent = try TestAgent()
    try agent.signIn()
    #expect(try ask(agent)["access_token"] == "at-1")
    #expect(agent.starts(of: "prove") == 0)
    #expect(try agent.status()["dpop_bound"] == nil)
  }

  @Test func aNarrowerTokenIsProvedAsWell() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        refresh: "say event=done access_token=n token_type=DPoP scope=a expires_in=60"))
    try agent.signIn()
    #expect(try ask(agent, "scope=a")["dpop"] == "proof-1")
    #expect(try agent.order(of: "prove").contains("access_token=n"))
  }

  @Test func aFailureIsToldAndCostsNoSession() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: Self.login,
        prove: "[ $n = 1 ] && refuse invalid_request 'no URL'; say event=done"))
    try agent.signIn()
    #expect(try ask(agent)["error_description"] == "no URL")
    #expect(try ask(agent)["error_description"] == "the courier's answer has no proof")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func manyAskersStartFewCouriers() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, prove: "await go; say event=done dpop=p$n"))
    let go = try agent.gate("go")
    try agent.signIn()
    let clients = try (0..<40).map { _ in try agent.connect() }
    for client in clients {
      try client.send("action=token\nmethod=GET\nurl=https://api.example\n\n")
    }
    try agent.sync()
    #expect(agent.starts(of: "prove") <= 4)
    try go.open(40)
    let proofs = try clients.map { try $0.reply()["dpop"] }
    #expect(Set(proofs).count == 40)
  }

  /// A slow server takes the places of refreshing couriers, and none of those that only compute.
  @Test func proofsWaitForNoNetwork() throws {
    let names = (1...5).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, refresh: "await never"),
      configuration: TestAgent.configuration(names))
    let never = try agent.gate("never")
    for name in names { try agent.signIn(name) }
    let clients = try names.map { _ in try agent.connect() }
    for (client, name) in zip(clients, names) {
      try client.send("action=refresh\naccount=\(name)\n\n")
    }
    try agent.sync()
    #expect(
      try agent.ask("action=token", "account=a1", "method=GET", "url=https://api.example")["dpop"]
        == "proof-1")
    withExtendedLifetime((never, clients)) {}
  }

  @Test func aProofForWhoeverHasGoneIsNotMade() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, prove: "await go; say event=done dpop=p"))
    let go = try agent.gate("go")
    try agent.signIn()
    var clients = try (0..<9).map { _ in try agent.connect() }
    for client in clients {
      try client.send("action=token\nmethod=GET\nurl=https://api.example\n\n")
      try agent.sync()
    }
    clients.removeLast(5)
    try agent.sync()
    try go.open(4)
    for client in clients { #expect(try client.reply()["dpop"] == "p") }
    try agent.sync()
    #expect(agent.starts(of: "prove") == 4)
  }

  @Test func nothingIsProvedForASessionThatHasEnded() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login, prove: "await go; say event=done dpop=p"))
    let go = try agent.gate("go")
    try agent.signIn()
    let client = try agent.connect()
    try client.send("action=token\nmethod=GET\nurl=https://api.example\n\n")
    try agent.sync()
    #expect(try agent.ask("action=logout", "local=yes")["event"] == "done")
    try go.open()
    #expect(try client.reply()["error"] == "login_required")
  }

  @Test(arguments: [
    ["method=GET"], ["url=https://a"], ["method=", "url=https://a"],
    ["method=G T", "url=https://a"],
    ["method=GET", "url=https://a b"], ["method=GET", "url="],
    ["method=GET", "url=https://a", "dpop_nonce="],
    ["method=\(String(repeating: "A", count: 33))", "url=https://a"],
    ["method=GET", "url=https://a/\(String(repeating: "b", count: 8192))"],
  ])
  func whatIsNoRequestIsRefused(lines: [String]) throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    let client = try agent.connect()
    try client.send((["action=token"] + lines).map { $0 + "\n" }.joined() + "\n")
    #expect(try client.reply()["error"] == "invalid_request")
    #expect(agent.starts(of: "prove") == 0)
  }

  // MARK: git

  @Test func gitGetsNoTokenItCouldNotUse() throws {
    let agent = try TestAgent(ScriptedCourier(login: Self.login))
    try agent.signIn()
    let reply = try agent.ask("action=get", "protocol=https", "host=git.example")
    #expect(reply["error"] == "failed")
    #expect(reply["error_description"]?.contains("git cannot prove") == true)
    #expect(!reply.description.contains("at-1"))
  }

  @Test func nobodyIsAskedToSignInForATokenGitCouldNotUse() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: Self.login),
      configuration: TestAgent.work + "login = on-demand\ndpop_bound_access_tokens = yes\n")
    let reply = try agent.ask(
      "action=get", "protocol=https", "host=git.example", "interactive=yes")
    #expect(reply["error_description"]?.contains("git cannot prove") == true)
    #expect(agent.starts(of: "login") == 0)
  }
}
