import HTTP1
import OAuth
import Testing

@testable import PracticeServer

struct CommandLineTests {
  @Test func `nothing given is a public client's practice server`() throws {
    #expect(try ServeOptions([]) == ServeOptions())
  }

  @Test func `both spellings of a value are one`() throws {
    #expect(try ServeOptions(["--port=80"]) == ServeOptions(["--port", "80"]))
    #expect(try ServeOptions(["--port=80"]).port == 80)
  }

  @Test func `options change the behaviour they name`() throws {
    let behaviour = try ServeOptions([
      "--auto-approve", "bob", "--access-token-lifetime", "5", "--refresh-token-lifetime=7",
      "--no-rotation", "--omit-expires-in", "--jwt", "--resource",
    ]).behaviour
    #expect(behaviour.approval == .automatic(user: "bob"))
    #expect(behaviour.accessTokenLifetime == 5)
    #expect(behaviour.refreshTokenLifetime == 7)
    #expect(behaviour.refreshTokens == .kept)
    #expect(behaviour.expiryNotice == .omitted)
    #expect(behaviour.accessTokenForm == .jwt)
    #expect(behaviour.servesResource)
    #expect(try ServeOptions(["--no-refresh-token"]).behaviour.refreshTokens == .none)
    let more = try ServeOptions([
      "--require-par", "--dpop-nonce", "--signed-userinfo", "--device-interval", "1",
      "--device-lifetime=60", "--fault", "alg-none",
    ])
    #expect(more.behaviour.pushedRequests == .demanded)
    #expect(more.behaviour.proofNonces == .demanded)
    #expect(more.behaviour.userInfoForm == .signed)
    #expect(more.behaviour.deviceInterval == 1 && more.behaviour.deviceLifetime == 60)
    #expect(more.fault == "alg-none")
  }

  @Test(arguments: [
    (["--port", "65536"], UsageFault.badPort),
    (["--port"], .valueMissing("--port")),
    (["--tls=yes"], .valueUnexpected("--tls")),
    (["--what"], .unknownOption("--what")),
    (["what"], .unexpectedArgument("what")),
    (["--issuer-path", "tenant"], .badIssuerPath),
    (["--issuer-path", "/tenant/"], .badIssuerPath),
    (["--issuer-path", "/../x"], .badIssuerPath),
    (["--issuer-path", "/.well-known"], .badIssuerPath),
    (["--access-token-lifetime", "-1"], .badSeconds("--access-token-lifetime")),
    (["--access-token-lifetime", "1e9"], .badSeconds("--access-token-lifetime")),
    (["--auto-approve", "a b"], .badUser),
    (["--id-token-alg", "none"], .badAlgorithm),
    (["--id-token-alg", "RS512"], .badAlgorithm),
    (["--certificate", "x"], .needs("--certificate", "--key")),
    (["--certificate-file", "x"], .needs("--certificate-file", "--tls")),
    (["--log-secrets"], .needs("--log-secrets", "--log")),
    (["--certificate-file", "a\nb"], .badPath("--certificate-file")),
    (["--client", ",secret=x"], .client(.badIdentifier)),
    (["--client", "a,secret="], .client(.badSecret)),
    (["--client", "a,colour=red"], .client(.unknownPart("colour"))),
    (
      ["--client", "a,redirect=javascript:x"],
      .client(.badRedirect("javascript:x", .foreignScheme("javascript")))
    ),
    (["--client"], .valueMissing("--client")),
  ])
  func `a wrong command line is told what is wrong`(words: [String], fault: UsageFault) {
    #expect(throws: fault) { try ServeOptions(words) }
    #expect(!fault.sentence.isEmpty)
  }

  @Test func `a client is read from one word`() throws {
    let uri = "com.example.app://oidc_callback"
    let client = try RegisteredClient(parsing: "app,secret=a=b,redirect=\(uri),redirect=\(uri)2")
    #expect(client.id == "app")
    #expect(client.secret == "a=b")
    #expect(client.redirectURIs == [uri, uri + "2"])
    #expect(try RegisteredClient(parsing: "app").redirectURIs == RegisteredClient.usualRedirects)
  }

  @Test func `a sentence never holds the secret`() {
    let fault = #expect(throws: UsageFault.self) {
      try ServeOptions(["--client", "a,secret=h\u{7}ush"])
    }
    #expect(fault?.sentence.contains("ush") == false)
  }

  @Test func `browse wants one address`() throws {
    let options = try BrowseOptions(["--user", "bob", "--deny", "http://localhost:1/"])
    #expect(options.user == "bob" && options.decision == .deny)
    #expect(try BrowseOptions(["--user-code", "BCDF-GHJK", "x"]).userCode == "BCDF-GHJK")
    #expect(throws: UsageFault.badUserCode) { try BrowseOptions(["--user-code", "a b", "x"]) }
    #expect(throws: UsageFault.addressMissing) { try BrowseOptions([]) }
    #expect(throws: UsageFault.unexpectedArgument("b")) { try BrowseOptions(["a", "b"]) }
    #expect(throws: UsageFault.unknownOption("-x")) { try BrowseOptions(["-x"]) }
  }

  @Test func `the start block is lines of key and value, ended by a blank one`() throws {
    let settings = try Fixture({ $0.servesResource = true }).server.settings
    let block = StartBlock(
      settings: settings, port: 4000, certificateFile: "/tmp/a b.pem", processID: 7)
    #expect(block.attributes.hasSuffix("\npid=7\n\n"))
    for line in [
      "issuer=\(Fixture.issuer)", "authorization_endpoint=\(Fixture.issuer)/authorize",
      "resource=\(Fixture.issuer)/resource", "client_id=practice", "ca_file=/tmp/a b.pem",
      "confidential_client_id=practice-web", "confidential_client_secret=practice-web-secret",
    ] { #expect(block.attributes.contains(line + "\n")) }
    #expect(
      block.greeting.contains(
        "  sallyport login practice --issuer http://localhost:4000 --client-id practice"
          + " --ca-file '/tmp/a b.pem'"))
  }
}

struct RequestLogTests {
  private let request = Request(
    method: "POST", target: "/token?q=1", path: "/token", query: "q=1", host: "localhost:1",
    fields: ["Host": "localhost:1", "X-A": "v"], body: Array("code=s%0A&client_id=practice".utf8),
    keepsAlive: false)

  @Test func `a line has names and no values`() throws {
    let line = RequestLog.line(
      request, .refused(.invalidGrant("x")), at: 5, .names)
    #expect(line.filter { $0 == UInt8(ascii: "\n") }.count == 1 && line.last == 10)
    let members = try JSONValue.object(parsing: Array(line.dropLast()))
    #expect(
      members == [
        "time": 5, "method": "POST", "path": "/token", "status": 400, "error": "invalid_grant",
        "query_names": ["q"], "form_names": ["code", "client_id"], "header_names": ["Host", "X-A"],
      ])
  }

  @Test func `values are there when they were asked for`() throws {
    let line = RequestLog.line(request, Reply.json([:]), at: 5, .values)
    let members = try JSONValue.object(parsing: Array(line.dropLast()))
    #expect(members["form"] == [["code", "s\n"], ["client_id", "practice"]])
    #expect(members["headers"] == [["Host", "localhost:1"], ["X-A", "v"]])
    #expect(members["body"] == "code=s%0A&client_id=practice")
    #expect(members["error"] == nil)
    #expect(members["answer"] == "{}" && members["location"] == nil)
  }

  @Test func `an answer is kept with its redirect, and not without end`() throws {
    let sent = RequestLog.line(request, .redirect(to: "http://127.0.0.1:1/?code=c"), at: 5, .values)
    let redirect = try JSONValue.object(parsing: Array(sent.dropLast()))
    #expect(redirect["location"] == "http://127.0.0.1:1/?code=c")
    #expect(RequestLog.line(request, .large, at: 5, .values).count < 70_000)
  }
}
