import HTTP1
import OAuth
import Testing

@testable import PracticeServer

struct ProtectedResourceTests {
  private static let resource = "\(Fixture.issuer)/resource"

  private func ask(
    _ fixture: inout Fixture, _ token: String, _ path: String = "/resource"
  ) -> Reply {
    fixture.get(path, ["Authorization": "Bearer \(token)"])
  }

  @Test(arguments: ["/resource", "/resource/admin", "/resource/strong"])
  func `the challenge leads to metadata that name the resource and the server`(
    path: String
  ) throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let challenge = try #require(fixture.get(path).response.fields["WWW-Authenticate"])
    let address = "\(Fixture.issuer)/.well-known/oauth-protected-resource\(path)"
    #expect(challenge.contains("resource_metadata=\"\(address)\""))
    let metadata = try fixture.get(
      "/.well-known/oauth-protected-resource\(path)"
    ).members()
    #expect(metadata["resource"] == .string(Fixture.issuer + path))
    #expect(metadata["authorization_servers"] == [.string(Fixture.issuer)])
  }

  @Test func `a tenant stands behind the well-known name`() throws {
    var fixture = try Fixture({ $0.servesResource = true }, issuerPath: "/tenant")
    let metadata = try fixture.get(
      "/.well-known/oauth-protected-resource/tenant/resource"
    ).members()
    #expect(metadata["resource"] == .string(Fixture.issuer + "/tenant/resource"))
    #expect(fixture.get("/.well-known/oauth-protected-resource/resource").status == 404)
  }

  @Test func `without the resource there are no metadata of it`() throws {
    var fixture = try Fixture()
    #expect(fixture.get("/.well-known/oauth-protected-resource/resource").status == 404)
    #expect(fixture.get("/resource/admin").status == 404)
  }

  @Test func `a token for another resource is refused`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let good = try fixture.tokens(["resource": Self.resource]).text("access_token")
    #expect(try ask(&fixture, good).members()["aud"] == [.string(Self.resource)])
    #expect(ask(&fixture, good, "/resource/strong").oauthError != "invalid_token")
    let other = try fixture.tokens(["resource": "https://other.example/"]).text("access_token")
    #expect(ask(&fixture, other).oauthError == "invalid_token")
    let narrow = try fixture.tokens(["resource": Self.resource + "/admin"]).text("access_token")
    #expect(ask(&fixture, narrow).oauthError == "invalid_token")
    // An address that only begins alike.
    let alike = try fixture.tokens(["resource": Self.resource + "/adm"]).text("access_token")
    #expect(ask(&fixture, alike, "/resource/admin").oauthError == "invalid_token")
  }

  @Test func `a refresh narrows the resources and never widens them`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let tokens = try fixture.tokens(["resource": Self.resource])
    let refresh = try tokens.text("refresh_token")
    let wide = fixture.refresh(refresh, [("resource", "https://other.example/")])
    #expect(wide.oauthError == "invalid_target")
    #expect(fixture.refresh(refresh, [("resource", Self.resource)]).status == 200)
  }

  @Test(arguments: ["relative", "http://other.example/", "https://other.example/#x", "urn:x"])
  func `a resource is an address`(resource: String) throws {
    var fixture = try Fixture()
    let answer = try fixture.authorize(["resource": resource]).redirected()
    #expect(answer.value(of: "error") == "invalid_target")
  }

  @Test func `more scope and a stronger sign-in are asked for`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let plain = try fixture.tokens(["scope": "read"]).text("access_token")
    let admin = ask(&fixture, plain, "/resource/admin")
    #expect(admin.status == 403)
    let challenge = try #require(admin.response.fields["WWW-Authenticate"])
    #expect(challenge.contains("error=\"insufficient_scope\""))
    #expect(challenge.contains("scope=\"read admin\""))
    let strong = ask(&fixture, plain, "/resource/strong")
    #expect(strong.status == 401)
    let step = try #require(strong.response.fields["WWW-Authenticate"])
    #expect(step.contains("error=\"insufficient_user_authentication\""))
    #expect(step.contains("acr_values=\"urn:practice:strong\""))

    let wide = try fixture.tokens(["scope": "read admin"]).text("access_token")
    #expect(ask(&fixture, wide, "/resource/admin").status == 200)
    let tokens = try fixture.tokens(["acr_values": "urn:other urn:practice:strong"])
    #expect(try claims(tokens.text("id_token"))["acr"] == "urn:practice:strong")
    #expect(ask(&fixture, try tokens.text("access_token"), "/resource/strong").status == 200)
  }

  @Test func `userinfo can be signed`() throws {
    var fixture = try Fixture({ $0.userInfoForm = .signed })
    let reply = fixture.userInfo(try fixture.tokens().text("access_token"))
    #expect(reply.response.fields["Content-Type"] == "application/jwt")
    let claims = try claims(reply.text)
    #expect(claims["sub"] == "alice" && claims["aud"] == "practice")
    #expect(claims["iss"] == .string(Fixture.issuer))
  }
}

struct TokenExchangeTests {
  private static let accessToken = "urn:ietf:params:oauth:token-type:access_token"

  private func exchange(
    _ fixture: inout Fixture, _ token: String, _ more: [(String, String)],
    client: [(String, String)] = [("client_id", "practice")]
  ) -> Reply {
    fixture.post(
      "/token",
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:token-exchange"),
        ("subject_token", token), ("subject_token_type", Self.accessToken),
      ] + client + more)
  }

  @Test func `one access token is given for another audience`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let tokens = try fixture.tokens(["scope": "openid read"])
    let resource = "\(Fixture.issuer)/resource"
    let given = try exchange(
      &fixture, try tokens.text("access_token"), [("resource", resource), ("scope", "read")]
    ).members()
    #expect(given["issued_token_type"] == .string(Self.accessToken))
    #expect(given["refresh_token"] == nil && given["id_token"] == nil)
    #expect(given["scope"] == "read")
    let token = try given.text("access_token")
    #expect(fixture.get("/resource", ["Authorization": "Bearer \(token)"]).status == 200)
    let api = try exchange(
      &fixture, try tokens.text("access_token"), [("audience", "api")]
    ).members().text("access_token")
    #expect(fixture.get("/resource", ["Authorization": "Bearer \(api)"]).status == 401)
    // It is of the same grant and ends with it.
    _ = fixture.post(
      "/revoke", [("token", try tokens.text("refresh_token")), ("client_id", "practice")])
    #expect(fixture.get("/resource", ["Authorization": "Bearer \(token)"]).status == 401)
  }

  @Test func `it never becomes wider, and is its client's alone`() throws {
    var fixture = try Fixture()
    let token = try fixture.tokens(["scope": "read"]).text("access_token")
    #expect(exchange(&fixture, token, [("scope", "admin")]).oauthError == "invalid_scope")
    #expect(exchange(&fixture, "guess", []).oauthError == "invalid_request")
    let foreign = exchange(
      &fixture, token, [],
      client: [("client_id", "practice-web"), ("client_secret", "practice-web-secret")])
    #expect(foreign.oauthError == "invalid_request")
    let actor = exchange(&fixture, token, [("actor_token", token)])
    #expect(actor.oauthError == "invalid_request")
  }
}
