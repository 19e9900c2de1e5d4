import Testing

@testable import Agent

@Suite("action=get, store and erase: git's credential helper")
struct CredentialTests {
  private static let configuration = """
    [work]
    issuer = https://as.example
    client_id = x
    credential_url = https://git.example
    credential_url = https://code.example:8443/team

    """

  private let agent: TestAgent

  init() throws {
    agent = try TestAgent(
      ScriptedCourier(refresh: "signed_in r$n"), configuration: Self.configuration)
    try agent.signIn()
  }

  private func get(_ lines: String...) throws -> Reply {
    let client = try agent.connect()
    try client.send((["action=get"] + lines).map { $0 + "\n" }.joined() + "\n")
    return try client.reply()
  }

  @Test func aTokenIsGivenAsThePassword() throws {
    let reply = try get("protocol=https", "host=git.example")
    #expect(reply["username"] == "oauth2")
    #expect(reply["password"] == "at-1")
    #expect(reply.number("password_expiry_utc") != nil)
    #expect(reply.lines.count == 3, "\(reply)")
    #expect(try get("protocol=https", "host=git.example", "username=jane")["username"] == "jane")
  }

  @Test(arguments: [
    ["host=git.example"], ["protocol=https"], [], ["protocol=https", "host="],
    ["protocol=http", "host=git.example"], ["protocol=ssh", "host=git.example"],
    ["protocol=https", "host=git.example.evil.example"],
    ["protocol=https", "host=evilgit.example"],
    ["protocol=https", "host=sub.git.example"], ["protocol=https", "host=git.example:444"],
    ["protocol=https", "host=git.example@evil.example"],
    ["protocol=https", "host=evil.example#git.example"],
    ["protocol=https", "host=evil.example/git.example"],
    ["protocol=https", "host=git.example\r"], ["protocol=https", "host=git.exаmple"],
    ["protocol=https", "host=code.example:8443"],
    ["protocol=https", "host=code.example:8443", "path=teams/x"],
    ["protocol=https", "host=code.example:8443", "path=team/../other"],
    ["protocol=https", "host=code.example", "path=team/x"],
    ["url=https://git.example.evil.example/"], ["url=https://git.example@evil.example/"],
    ["url=nonsense"],
  ])
  func aLookAlikeGetsNothing(request: [String]) throws {
    let client = try agent.connect()
    try client.send((["action=get"] + request).map { $0 + "\n" }.joined() + "\n")
    #expect(try client.reply().lines == [])
  }

  @Test func pathsAndURLsAreUnderstood() throws {
    #expect(
      try get("protocol=https", "host=code.example:8443", "path=team/x.git")["password"] == "at-1")
    #expect(try get("url=https://git.example/x.git")["password"] == "at-1")
    #expect(try get("protocol=https", "host=GIT.example:443")["password"] == "at-1")
  }

  @Test func aHostGivenTwiceIsRefused() throws {
    let client = try agent.connect()
    try client.send("action=get\nprotocol=https\nhost=git.example\nhost=evil.example\n\n")
    #expect(try client.reply()["error"] == "invalid_request")
    #expect(try client.isClosed())
  }

  // MARK: Bearer

  @Test func aBearerCredentialIsGivenWhereItIsAskedForAndWanted() throws {
    let reply = try get(
      "capability[]=authtype", "capability[]=state", "protocol=https", "host=git.example",
      "wwwauth[]=Bearer realm=\"x\"")
    #expect(reply.list("capability") == ["authtype"])
    #expect(reply.lines.first == "capability[]=authtype")
    #expect(reply["authtype"] == "Bearer")
    #expect(reply["credential"] == "at-1")
    #expect(reply["ephemeral"] == "1")
    #expect(reply.number("password_expiry_utc") != nil)
    #expect(reply["password"] == nil && reply["username"] == nil)
  }

  @Test(arguments: [
    ["wwwauth[]=Bearer realm=\"x\""],  // a git that does not know the capability
    ["capability[]=authtype"],
    ["capability[]=authtype", "wwwauth[]=Basic realm=\"x\""],
    ["capability[]=authtype", "wwwauth[]=Bearer", "wwwauth[]=BASIC realm=\"x\""],
    ["capability[]=state", "wwwauth[]=Bearer"],
    ["capability[]=authtype", "wwwauth[]=BearerX"],
  ])
  func otherwiseItIsAPassword(lines: [String]) throws {
    let client = try agent.connect()
    let request = ["action=get", "protocol=https", "host=git.example"] + lines
    try client.send(request.map { $0 + "\n" }.joined() + "\n")
    let reply = try client.reply()
    #expect(reply["password"] == "at-1")
    #expect(reply["credential"] == nil)
  }

  // MARK: erase and store

  @Test func eraseMakesTheNextGetRefresh() throws {
    let erased = try agent.ask(
      "action=erase", "protocol=https", "host=git.example", "username=oauth2", "password=at-1")
    #expect(erased.lines == [])
    #expect(try get("protocol=https", "host=git.example")["password"] == "at-r1")
    #expect(agent.starts(of: "refresh") == 1)
  }

  @Test(arguments: [
    ["host=git.example", "password=at-2"], ["host=git.example", "password=at-"],
    ["host=git.example", "password=at-11"], ["host=git.example", "password="],
    ["host=other.example", "password=at-1"], ["host=git.example", "credential=x"],
  ])
  func eraseOfAnotherPasswordChangesNothing(lines: [String]) throws {
    let client = try agent.connect()
    let request = ["action=erase", "protocol=https"] + lines
    try client.send(request.map { $0 + "\n" }.joined() + "\n")
    #expect(try client.reply().lines == [])
    #expect(try get("protocol=https", "host=git.example")["password"] == "at-1")
    #expect(agent.starts(of: "refresh") == 0)
  }

  @Test func aRejectedBearerCredentialIsErasedToo() throws {
    _ = try agent.ask("action=erase", "protocol=https", "host=git.example", "credential=at-1")
    #expect(try get("protocol=https", "host=git.example")["password"] == "at-r1")
  }

  @Test func storeKeepsNothing() throws {
    let reply = try agent.ask(
      "action=store", "protocol=https", "host=git.example", "username=u", "password=p")
    #expect(reply.lines == [])
    #expect(try get("protocol=https", "host=git.example")["password"] == "at-1")
  }
}

@Suite("action=get, and who may be asked")
struct CredentialSignInTests {
  private func configuration(_ more: String) -> String {
    """
    [work]
    issuer = https://as.example
    client_id = x
    credential_url = https://git.example
    \(more)

    """
  }

  private static let request = ["action=get", "protocol=https", "host=git.example"]

  private func get(_ agent: TestAgent, _ more: String...) throws -> (AgentClient, Reply) {
    let client = try agent.connect()
    try client.send((Self.request + more).map { $0 + "\n" }.joined() + "\n")
    return (client, try client.reply())
  }

  @Test func aSignInIsBegunWhereTheAccountAndTheCallerAllowIt() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; signed_in 1"),
      configuration: configuration("login = on-demand"))
    let (client, shown) = try get(agent, "interactive=yes")
    #expect(shown["event"] == "authorize")
    #expect(try client.reply()["password"] == "at-1")
  }

  @Test(arguments: [
    ("login = on-demand", "interactive=no"), ("login = on-demand", "x=y"),
    ("login = manual", "interactive=yes"), ("", "interactive=yes"),
  ])
  func otherwiseItFailsFast(setting: String, line: String) throws {
    let agent = try TestAgent(configuration: configuration(setting))
    let (_, reply) = try get(agent, line)
    #expect(reply["error"] == "login_required")
    #expect(reply["hint"] == "sallyport login work")
    #expect(agent.starts(of: "login") == 0)
  }

  @Test func theConfiguredUserNameIsShownAndTheCallersWins() throws {
    let agent = try TestAgent(configuration: configuration("username = token"))
    try agent.signIn()
    #expect(try get(agent).1["username"] == "token")
    #expect(try get(agent, "username=me").1["username"] == "me")
  }

  @Test func twoAccountsForOneURLAreSaidAndNeverGuessed() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n"),
      configuration: configuration("username = a") + """
        [home]
        issuer = https://home.example
        credential_url = https://git.example
        username = b

        """)
    try agent.signIn("work")
    try agent.signIn("home")
    let (_, reply) = try get(agent)
    #expect(reply["error"] == "failed")
    #expect(reply["error_description"] == "several accounts answer for this URL: work, home")
    #expect(try get(agent, "username=b").1["password"] == "at-2")
  }
}
