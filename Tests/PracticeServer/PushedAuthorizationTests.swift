import OAuth
import Testing

@testable import PracticeServer

struct PushedAuthorizationTests {
  private func push(_ fixture: inout Fixture, _ more: [(String, String)] = []) -> Reply {
    fixture.post("/par", Fixture.authorization + more)
  }

  private func open(_ fixture: inout Fixture, _ address: String, client: String = "practice")
    -> Reply
  {
    let form: FormParameters = [
      FormParameter("client_id", client), FormParameter("request_uri", address),
    ]
    return fixture.get("/authorize?\(form.encoded())")
  }

  @Test func `the browser carries no more than the name of the request`() throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "alice") })
    let pushed = push(&fixture)
    #expect(pushed.status == 201)
    #expect(try pushed.members()["expires_in"] == 60)
    let reply = open(&fixture, try pushed.members().text("request_uri"))
    let answer = try reply.redirected()
    #expect(answer.value(of: "state") == "s t&1")
    #expect(fixture.exchange(try #require(answer.value(of: "code"))).status == 200)
  }

  @Test func `a pushed request is good once, for its client, and a minute`() throws {
    var fixture = try Fixture()
    let first = try push(&fixture).members().text("request_uri")
    #expect(open(&fixture, first, client: "practice-web").error == .invalidRequestURI)
    #expect(open(&fixture, first).status == 200)
    #expect(open(&fixture, first).error == .invalidRequestURI)
    let second = try push(&fixture).members().text("request_uri")
    fixture.now += 60
    #expect(open(&fixture, second).error == .invalidRequestURI)
    let guess = "urn:ietf:params:oauth:request_uri:x"
    #expect(open(&fixture, guess).error == .invalidRequestURI)
  }

  @Test func `a faulty request is refused where it is pushed`() throws {
    var fixture = try Fixture()
    #expect(push(&fixture, [("request_uri", "urn:x")]).oauthError == "invalid_request")
    #expect(push(&fixture, [("scope", "b")]).oauthError == "invalid_request")
    let foreign = fixture.post(
      "/par",
      Fixture.authorization.map {
        ($0.0, $0.0 == "redirect_uri" ? "https://evil.example/" : $0.1)
      })
    #expect(foreign.status == 400 && foreign.oauthError == "invalid_request")
    let unknown = fixture.post("/par", [("client_id", "stranger")])
    #expect(unknown.oauthError == "invalid_client")
  }

  @Test func `where requests have to be pushed, a plain one is refused`() throws {
    var fixture = try Fixture({ $0.pushedRequests = .demanded })
    let metadata = try fixture.get("/.well-known/openid-configuration").members()
    #expect(metadata["require_pushed_authorization_requests"] == true)
    #expect(try fixture.authorize().redirected().value(of: "error") == "invalid_request")
    let address = try push(&fixture).members().text("request_uri")
    #expect(open(&fixture, address).status == 200)
  }

  @Test func `a proof binds the code of a pushed request`() throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "alice") })
    let key = try ClientKey()
    let pushed = fixture.post(
      "/par", Fixture.authorization, ["DPoP": key.proof(at: "/par")])
    let reply = open(&fixture, try pushed.members().text("request_uri"))
    let code = try #require(try reply.redirected().value(of: "code"))
    #expect(fixture.exchange(code).oauthError == "invalid_grant")
    let other = fixture.post(
      "/par", Fixture.authorization + [("dpop_jkt", "x")], ["DPoP": key.proof(at: "/par", id: "2")])
    #expect(other.oauthError == "invalid_dpop_proof")
  }
}

struct ResponseModeTests {
  @Test(arguments: ["jwt", "query.jwt"])
  func `a signed answer holds everything and says for whom`(mode: String) throws {
    var fixture = try Fixture()
    let answer = try fixture.signIn(["response_mode": mode])
    #expect(answer.map(\.name) == ["response"])
    let claims = try claims(#require(answer.value(of: "response")))
    #expect(claims["iss"] == .string(Fixture.issuer))
    #expect(claims["aud"] == "practice")
    #expect(claims["exp"] == .seconds(fixture.now + 600))
    #expect(claims["state"] == "s t&1")
    #expect(fixture.exchange(try claims.text("code")).status == 200)
  }

  @Test func `an error is signed as well`() throws {
    var fixture = try Fixture()
    let answer = try fixture.signIn(["response_mode": "jwt"], as: "alice", .deny)
    let claims = try claims(#require(answer.value(of: "response")))
    #expect(claims["error"] == "access_denied" && claims["code"] == nil)
  }

  @Test(arguments: ["form_post", "form_post.jwt"])
  func `a posted answer is a form that only the client gets`(mode: String) throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "alice") })
    let reply = fixture.authorize(["response_mode": mode])
    #expect(reply.status == 200)
    let posted = try #require(PostedAnswer(page: reply.text))
    #expect(posted.action == Fixture.redirect)
    let policy = try #require(reply.response.fields["Content-Security-Policy"])
    #expect(policy.contains("script-src 'sha256-") && !policy.contains("script-src 'unsafe"))
    if mode == "form_post" {
      #expect(posted.form.value(of: "state") == "s t&1")
      #expect(fixture.exchange(try #require(posted.form.value(of: "code"))).status == 200)
    } else {
      #expect(posted.form.map(\.name) == ["response"])
    }
  }

  @Test func `a mode that is not known is refused in the usual one`() throws {
    var fixture = try Fixture()
    let answer = try fixture.authorize(["response_mode": "fragment"]).redirected()
    #expect(answer.value(of: "error") == "invalid_request")
  }
}
