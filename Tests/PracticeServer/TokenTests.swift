import OAuth
import TLS
import Testing

@testable import PracticeServer

struct TokenTests {
  @Test func `a code gives tokens`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    #expect(tokens["token_type"] == "Bearer")
    #expect(tokens["expires_in"] == 300)
    #expect(tokens["scope"] == "openid profile")
    #expect(try fixture.userInfo(tokens.text("access_token")).members()["sub"] == "alice")
  }

  @Test func `the answer is kept by no cache`() throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    let reply = fixture.exchange(code)
    #expect(reply.response.fields["Cache-Control"] == "no-store")
  }

  @Test func `the ID token says who, for whom and when`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens(["scope": "openid profile email"])
    let claims = try claims(tokens.text("id_token"))
    #expect(claims["iss"] == .string(Fixture.issuer))
    #expect(claims["sub"] == "alice")
    #expect(claims["aud"] == "practice")
    #expect(claims["nonce"] == "n-1")
    #expect(claims["iat"] == .seconds(fixture.now))
    #expect(claims["auth_time"] == .seconds(fixture.now))
    #expect(claims["exp"] == .seconds(fixture.now + 3600))
    #expect(claims["preferred_username"] == "alice")
    #expect(claims["email"] == "alice@practice.example")
    let hash = try Digest.sha256(Array(tokens.text("access_token").utf8))
    #expect(claims["at_hash"] == .string(Base64URL.encode(Array(hash.prefix(16)))))
  }

  @Test func `without openid there is no ID token`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens(["scope": "mail:read"])
    #expect(tokens["id_token"] == nil)
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 403)
  }

  @Test(
    arguments: [
      (["code_verifier": String(repeating: "a", count: 43)], "invalid_grant"),
      (["code_verifier": nil], "invalid_request"),
      (["code_verifier": "short"], "invalid_request"),
      (["redirect_uri": "http://127.0.0.1/callback"], "invalid_grant"),
      (["redirect_uri": nil], "invalid_request"),
      (["code": "guess"], "invalid_grant"),
      (["code": nil], "invalid_request"),
      (["grant_type": "password"], "unsupported_grant_type"),
      (["grant_type": nil], "invalid_request"),
    ] as [([String: String?], String)])
  func `a faulty exchange is refused`(changes: [String: String?], error: String) throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    let reply = fixture.exchange(code, changes)
    #expect(reply.status == 400)
    #expect(reply.oauthError == error)
    #expect(try reply.members()["access_token"] == nil)
  }

  @Test func `the port of a loopback address has to be the same again`() throws {
    var fixture = try Fixture()
    let code = try fixture.code(["redirect_uri": "http://127.0.0.1:5000/callback"])
    let reply = fixture.exchange(code, ["redirect_uri": "http://127.0.0.1:5001/callback"])
    #expect(reply.oauthError == "invalid_grant")
  }

  @Test func `an attempt with a wrong verifier uses the code up`() throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    _ = fixture.exchange(code, ["code_verifier": String(repeating: "a", count: 43)])
    #expect(fixture.exchange(code).oauthError == "invalid_grant")
  }

  @Test func `a code used twice revokes what it gave`() throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    let tokens = try fixture.exchange(code).members()
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 200)
    #expect(fixture.exchange(code).oauthError == "invalid_grant")
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 401)
    #expect(fixture.refresh(try tokens.text("refresh_token")).oauthError == "invalid_grant")
  }

  @Test func `a code of another client is refused and stays good`() throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    let foreign = fixture.exchange(
      code, ["client_id": "practice-web", "client_secret": "practice-web-secret"])
    #expect(foreign.oauthError == "invalid_grant")
    #expect(fixture.exchange(code).status == 200)
  }

  @Test func `a code expires`() throws {
    var fixture = try Fixture()
    let code = try fixture.code()
    fixture.now += AuthorizationCode.lifetime
    #expect(fixture.exchange(code).oauthError == "invalid_grant")
  }

  @Test func `a verifier without a challenge is refused`() throws {
    var fixture = try Fixture()
    let code = try fixture.code([
      "client_id": "practice-web", "code_challenge": nil, "code_challenge_method": nil,
    ])
    let reply = fixture.exchange(
      code, ["client_id": "practice-web", "client_secret": "practice-web-secret"])
    #expect(reply.oauthError == "invalid_grant")
  }

  @Test func `an access token expires`() throws {
    var fixture = try Fixture({ $0.accessTokenLifetime = 10 })
    let token = try fixture.tokens().text("access_token")
    fixture.now += 9
    #expect(fixture.userInfo(token).status == 200)
    fixture.now += 1
    #expect(fixture.userInfo(token).status == 401)
  }

  @Test func `expires_in can be left out`() throws {
    var fixture = try Fixture({ $0.expiryNotice = .omitted })
    #expect(try fixture.tokens()["expires_in"] == nil)
  }

  @Test func `access tokens can be signed tokens`() throws {
    var fixture = try Fixture({ $0.accessTokenForm = .jwt })
    let token = try fixture.tokens().text("access_token")
    let claims = try claims(token)
    #expect(claims["client_id"] == "practice")
    #expect(claims["exp"] == .seconds(fixture.now + 300))
    #expect(fixture.userInfo(token).status == 200)
  }

  @Test(arguments: ["GET", "HEAD", "PUT", "DELETE", "OPTIONS"])
  func `the token endpoint takes POST alone`(method: String) throws {
    var fixture = try Fixture()
    let reply = fixture.send(method, "/token")
    #expect(reply.status == 405)
    #expect(reply.response.fields["Allow"] == "POST")
  }

  @Test func `the token endpoint takes forms alone, and no query`() throws {
    var fixture = try Fixture()
    let json = fixture.send(
      "POST", "/token", ["Content-Type": "application/json"], body: Array("{}".utf8))
    #expect(json.oauthError == "invalid_request")
    let query = fixture.post("/token?client_id=practice", [("grant_type", "refresh_token")])
    #expect(query.oauthError == "invalid_request")
    let code = try fixture.code()
    let twice = fixture.post(
      "/token", [("grant_type", "authorization_code"), ("code", code), ("code", code)])
    #expect(twice.oauthError == "invalid_request")
  }
}
