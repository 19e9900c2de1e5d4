import OAuth
import Testing

@testable import PracticeServer

struct RevocationTests {
  @Test func `revoking the refresh token ends the grant`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    let token = try tokens.text("refresh_token")
    let reply = fixture.post("/revoke", [("token", token), ("client_id", "practice")])
    #expect(reply.status == 200)
    #expect(fixture.refresh(token).oauthError == "invalid_grant")
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 401)
    #expect(fixture.server.grants.isEmpty && fixture.server.refreshTokens.isEmpty)
  }

  @Test func `revoking an access token leaves the grant`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    let token = try tokens.text("access_token")
    let form = [("token", token), ("client_id", "practice"), ("token_type_hint", "refresh_token")]
    #expect(fixture.post("/revoke", form).status == 200)
    #expect(fixture.userInfo(token).status == 401)
    #expect(fixture.refresh(try tokens.text("refresh_token")).status == 200)
  }

  @Test func `an unknown token is as good as revoked`() throws {
    var fixture = try Fixture()
    #expect(fixture.post("/revoke", [("token", "x"), ("client_id", "practice")]).status == 200)
  }

  @Test func `only the token's own client can revoke it`() throws {
    var fixture = try Fixture()
    let token = try fixture.tokens().text("refresh_token")
    let foreign = [
      ("token", token), ("client_id", "practice-web"), ("client_secret", "practice-web-secret"),
    ]
    #expect(fixture.post("/revoke", foreign).oauthError == "unauthorized_client")
    #expect(fixture.post("/revoke", [("token", token)]).oauthError == "invalid_client")
    #expect(fixture.post("/revoke", [("client_id", "practice")]).oauthError == "invalid_request")
    #expect(fixture.refresh(token).status == 200)
  }
}

struct IntrospectionTests {
  private func ask(_ fixture: inout Fixture, _ token: String) throws -> [String: JSONValue] {
    try fixture.post(
      "/introspect",
      [
        ("token", token), ("client_id", "practice-web"), ("client_secret", "practice-web-secret"),
      ]
    ).members()
  }

  @Test func `a valid token is described`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    let access = try ask(&fixture, tokens.text("access_token"))
    #expect(access["active"] == true)
    #expect(access["sub"] == "alice")
    #expect(access["client_id"] == "practice")
    #expect(access["exp"] == .seconds(fixture.now + 300))
    #expect(try ask(&fixture, tokens.text("refresh_token"))["active"] == true)
  }

  @Test func `of any other token nothing is said`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    _ = fixture.refresh(try tokens.text("refresh_token"))
    #expect(try ask(&fixture, tokens.text("refresh_token")) == ["active": false])
    #expect(try ask(&fixture, "guess") == ["active": false])
    fixture.now += 300
    #expect(try ask(&fixture, tokens.text("access_token")) == ["active": false])
  }

  @Test func `a public client may not ask`() throws {
    var fixture = try Fixture()
    let reply = fixture.post("/introspect", [("token", "x"), ("client_id", "practice")])
    #expect(reply.oauthError == "invalid_client")
  }
}

struct BearerTests {
  @Test func `the resource wants a token and says how`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let bare = fixture.get("/resource")
    #expect(bare.status == 401)
    let metadata = "\(Fixture.issuer)/.well-known/oauth-protected-resource/resource"
    #expect(
      bare.response.fields["WWW-Authenticate"]
        == "Bearer realm=\"practice\", scope=\"read\", resource_metadata=\"\(metadata)\"")
    let wrong = fixture.get("/resource", ["Authorization": "Bearer guess"])
    #expect(wrong.status == 401)
    #expect(
      wrong.response.fields["WWW-Authenticate"]
        == "Bearer realm=\"practice\", error=\"invalid_token\", scope=\"read\", "
        + "resource_metadata=\"\(metadata)\"")
    let token = try fixture.tokens().text("access_token")
    let right = fixture.get("/resource", ["Authorization": "bearer \(token)"])
    #expect(right.status == 200)
    #expect(try right.members()["sub"] == "alice")
    #expect(fixture.get("/resource", ["Authorization": "Basic \(token)"]).status == 401)
  }

  @Test func `the resource is there when it was asked for`() throws {
    var fixture = try Fixture()
    #expect(fixture.get("/resource").status == 404)
  }

  @Test func `a refresh token opens nothing`() throws {
    var fixture = try Fixture()
    #expect(fixture.userInfo(try fixture.tokens().text("refresh_token")).status == 401)
  }
}

struct EndSessionTests {
  @Test func `an ID token's holder ends the grant`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    let hint = try tokens.text("id_token")
    #expect(fixture.get("/logout?id_token_hint=\(hint)").status == 200)
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 401)
  }

  @Test func `a forged hint ends nothing`() throws {
    var fixture = try Fixture()
    let tokens = try fixture.tokens()
    let hint = try tokens.text("id_token").dropLast(4) + "AAAA"
    _ = fixture.get("/logout?id_token_hint=\(hint)")
    #expect(fixture.userInfo(try tokens.text("access_token")).status == 200)
  }

  @Test func `the way back is one of the client's own`() throws {
    var fixture = try Fixture()
    let back = "http%3A%2F%2Flocalhost%3A3000%2Fcallback"
    let good = fixture.get(
      "/logout?client_id=practice&post_logout_redirect_uri=\(back)&state=a%26b")
    #expect(good.response.fields["Location"] == "\(Fixture.redirect)?state=a%26b")
    let evil = fixture.get(
      "/logout?client_id=practice&post_logout_redirect_uri=https%3A%2F%2Fevil.example")
    #expect(evil.status == 400)
    #expect(fixture.get("/logout?post_logout_redirect_uri=\(back)").status == 400)
  }
}
