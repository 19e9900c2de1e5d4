import OAuth
import Testing

@testable import PracticeServer

struct AuthorizationTests {
  @Test func `the redirect carries code, state and issuer`() throws {
    var fixture = try Fixture()
    let answer = try fixture.signIn()
    #expect(answer.value(of: "state") == "s t&1")
    #expect(answer.value(of: "iss") == Fixture.issuer)
    #expect(answer.value(of: "code") != nil)
    #expect(answer.value(of: "error") == nil)
  }

  @Test func `a denial carries the error, state and issuer, and no code`() throws {
    var fixture = try Fixture()
    let answer = try fixture.signIn(as: "alice", .deny)
    #expect(answer.value(of: "error") == "access_denied")
    #expect(answer.value(of: "state") == "s t&1")
    #expect(answer.value(of: "iss") == Fixture.issuer)
    #expect(answer.value(of: "code") == nil)
  }

  @Test(arguments: [
    ["client_id": "stranger"], ["client_id": nil], ["redirect_uri": nil],
    ["redirect_uri": "http://localhost:3001/callback"],
    ["redirect_uri": "http://localhost:3000/callback/"],
    ["redirect_uri": "http://localhost:3000/callback?x=1"],
    ["redirect_uri": "https://evil.example/callback"],
  ])
  func `an unknown client or redirect is told to the person, never redirected`(
    changes: [String: String?]
  ) throws {
    var fixture = try Fixture()
    let reply = fixture.authorize(changes)
    #expect(reply.status == 400)
    #expect(!reply.response.fields.contains("Location"))
  }

  @Test(arguments: [
    ("http://127.0.0.1:49152/callback", true), ("http://127.0.0.1/callback", true),
    ("http://[::1]:8080/callback", true), ("com.example.practice://callback", true),
    ("http://127.0.0.1:49152/other", false), ("http://127.0.0.1:49152/callback?a=b", false),
    ("http://127.0.0.1:80@evil.example/callback", false),
    ("http://127.0.0.1.evil.example/callback", false), ("http://127.0.0.1:/callback", false),
    ("https://127.0.0.1:49152/callback", false), ("http://localhost:49152/callback", false),
    ("HTTP://127.0.0.1/callback", false),
  ])
  func `only loopback addresses are free in their port`(uri: String, isAllowed: Bool) {
    #expect(RegisteredClient.builtIn[0].allows(redirectTo: uri) == isAllowed)
  }

  @Test(
    arguments: [
      (["response_type": "token"], "unsupported_response_type"),
      (["response_type": nil], "invalid_request"),
      (["code_challenge": nil], "invalid_request"),
      (["code_challenge_method": "plain"], "invalid_request"),
      (["code_challenge_method": nil], "invalid_request"),
      (["code_challenge": "short"], "invalid_request"),
      (["scope": "a\"b"], "invalid_scope"),
      (["request": "x"], "request_not_supported"),
      (["request_uri": "urn:x"], "request_uri_not_supported"),
      (["response_mode": "fragment"], "invalid_request"),
      (["prompt": "none"], "login_required"),
    ] as [([String: String?], String)])
  func `a faulty request is told to the client`(
    changes: [String: String?], error: String
  ) throws {
    var fixture = try Fixture()
    let answer = try fixture.authorize(changes).redirected()
    #expect(answer.value(of: "error") == error)
    #expect(answer.value(of: "state") == "s t&1")
    #expect(answer.value(of: "iss") == Fixture.issuer)
  }

  @Test func `a repeated parameter is refused`() throws {
    var fixture = try Fixture()
    let form = FormParameters(
      Fixture.authorization.map { FormParameter($0.0, $0.1) } + [FormParameter("nonce", "x")])
    let answer = try fixture.get("/authorize?\(form.encoded())").redirected()
    #expect(answer.value(of: "error") == "invalid_request")
    let twice = FormParameters(
      Fixture.authorization.map { FormParameter($0.0, $0.1) } + [FormParameter("state", "x")])
    #expect(fixture.get("/authorize?\(twice.encoded())").status == 400)
  }

  @Test func `the request may be made by POST`() throws {
    var fixture = try Fixture()
    let reply = fixture.post("/authorize", Fixture.authorization)
    #expect(SignInForm(page: reply.text) != nil)
  }

  @Test func `a confidential client may leave the challenge out`() throws {
    var fixture = try Fixture()
    let code = try fixture.code([
      "client_id": "practice-web", "code_challenge": nil, "code_challenge_method": nil,
    ])
    let reply = fixture.exchange(
      code,
      [
        "client_id": "practice-web", "client_secret": "practice-web-secret", "code_verifier": nil,
      ])
    #expect(reply.status == 200)
  }

  @Test func `a page can be answered once`() throws {
    var fixture = try Fixture()
    let form = try #require(SignInForm(page: fixture.authorize().text))
    let fields = form.filledIn(as: "bob", .allow).parameters.map { ($0.name, $0.value) }
    #expect(fixture.post("/sign-in", fields).status == 303)
    #expect(fixture.post("/sign-in", fields).status == 400)
  }

  @Test func `a page that waited too long is over`() throws {
    var fixture = try Fixture()
    let form = try #require(SignInForm(page: fixture.authorize().text))
    fixture.now += PendingAuthorization.lifetime
    let fields = form.filledIn(as: "bob", .allow).parameters.map { ($0.name, $0.value) }
    #expect(fixture.post("/sign-in", fields).status == 400)
  }

  @Test func `a form without a transaction of ours gets nothing`() throws {
    var fixture = try Fixture()
    let reply = fixture.post(
      "/sign-in", [("transaction", "guess"), ("user", "alice"), ("decision", "allow")])
    #expect(reply.status == 400)
    #expect(!reply.response.fields.contains("Location"))
  }

  @Test func `a bad user name is asked for again`() throws {
    var fixture = try Fixture()
    let form = try #require(SignInForm(page: fixture.authorize().text))
    let bad = form.filledIn(as: "<b>", .allow).parameters.map { ($0.name, $0.value) }
    let again = fixture.post("/sign-in", bad)
    #expect(again.status == 400)
    let good = try #require(SignInForm(page: again.text)).filledIn(as: "bob", .allow)
    #expect(fixture.post("/sign-in", good.parameters.map { ($0.name, $0.value) }).status == 303)
  }

  @Test func `a scope that is not ticked is not granted, and openid always is`() throws {
    var fixture = try Fixture()
    let page = fixture.authorize(["scope": "openid profile email"])
    let form = try #require(SignInForm(page: page.text)).filledIn(as: "alice", .allow)
    let fields = form.parameters.filter { $0.name != "scope" }.map { ($0.name, $0.value) }
    let reply = fixture.post("/sign-in", fields + [("scope", "email"), ("scope", "stolen")])
    let code = try #require(try reply.redirected().value(of: "code"))
    #expect(try fixture.exchange(code).members().text("scope") == "openid email")
  }

  @Test func `automatic approval shows no page`() throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "carol") })
    let answer = try fixture.authorize(["prompt": "none"]).redirected()
    let code = try #require(answer.value(of: "code"))
    let token = try fixture.exchange(code).members().text("id_token")
    #expect(try claims(token)["sub"] == "carol")
  }

  @Test func `open pages are bounded`() throws {
    var fixture = try Fixture()
    for _ in 0..<AuthorizationServer.maximumPending {
      #expect(fixture.authorize().status == 200)
    }
    let answer = try fixture.authorize().redirected()
    #expect(answer.value(of: "error") == "temporarily_unavailable")
    fixture.now += PendingAuthorization.lifetime
    #expect(fixture.authorize().status == 200)
  }
}
