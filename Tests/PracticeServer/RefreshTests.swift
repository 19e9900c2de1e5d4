import OAuth
import Testing

@testable import PracticeServer

struct RefreshTests {
  @Test func `each use gives a new refresh token and a new access token`() throws {
    var fixture = try Fixture()
    let first = try fixture.tokens()
    fixture.now += 20
    let second = try fixture.refresh(first.text("refresh_token")).members()
    #expect(second["refresh_token"] != nil && second["refresh_token"] != first["refresh_token"])
    #expect(second["access_token"] != first["access_token"])
    #expect(second["scope"] == "openid profile")
    let claims = try claims(second.text("id_token"))
    #expect(claims["nonce"] == nil)
    #expect(claims["sub"] == "alice")
    #expect(claims["auth_time"] == .seconds(fixture.now - 20))
    #expect(fixture.refresh(try second.text("refresh_token")).status == 200)
  }

  @Test func `a used refresh token ends the whole family`() throws {
    var fixture = try Fixture()
    let first = try fixture.tokens()
    let other = try fixture.tokens()
    let second = try fixture.refresh(first.text("refresh_token")).members()
    #expect(fixture.refresh(try first.text("refresh_token")).oauthError == "invalid_grant")
    #expect(fixture.refresh(try second.text("refresh_token")).oauthError == "invalid_grant")
    #expect(fixture.userInfo(try first.text("access_token")).status == 401)
    #expect(fixture.userInfo(try second.text("access_token")).status == 401)
    #expect(fixture.refresh(try other.text("refresh_token")).status == 200)
  }

  @Test func `without rotation the token stays and is not repeated`() throws {
    var fixture = try Fixture({ $0.refreshTokens = .kept })
    let token = try fixture.tokens().text("refresh_token")
    #expect(try fixture.refresh(token).members()["refresh_token"] == nil)
    #expect(fixture.refresh(token).status == 200)
  }

  @Test func `a server can give none`() throws {
    var fixture = try Fixture({ $0.refreshTokens = .none })
    #expect(try fixture.tokens()["refresh_token"] == nil)
    let types = try fixture.get("/.well-known/openid-configuration").members()
    #expect(types["grant_types_supported"]?.stringsValue?.contains("refresh_token") == false)
  }

  @Test func `a refresh token expires, and a rotated one lives on`() throws {
    var fixture = try Fixture({ $0.refreshTokenLifetime = 100 })
    let first = try fixture.tokens().text("refresh_token")
    fixture.now += 99
    let second = try fixture.refresh(first).members().text("refresh_token")
    fixture.now += 99
    let third = try fixture.refresh(second).members().text("refresh_token")
    fixture.now += 100
    #expect(fixture.refresh(third).oauthError == "invalid_grant")
  }

  @Test func `a refresh can ask for less and never for more`() throws {
    var fixture = try Fixture()
    let first = try fixture.tokens(["scope": "openid a b"]).text("refresh_token")
    #expect(fixture.refresh(first, [("scope", "a c")]).oauthError == "invalid_scope")
    let narrow = try fixture.refresh(first, [("scope", "a")]).members()
    #expect(narrow["scope"] == "a")
    #expect(narrow["id_token"] == nil)
    let wide = try fixture.refresh(narrow.text("refresh_token")).members()
    #expect(wide["scope"] == "openid a b")
  }

  @Test func `another client's refresh token is refused and stays good`() throws {
    var fixture = try Fixture()
    let token = try fixture.tokens().text("refresh_token")
    let foreign = fixture.post(
      "/token",
      [
        ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "practice-web"),
        ("client_secret", "practice-web-secret"),
      ])
    #expect(foreign.oauthError == "invalid_grant")
    #expect(fixture.refresh(token).status == 200)
  }

  @Test(arguments: ["", "guess"])
  func `an unknown refresh token is refused`(token: String) throws {
    var fixture = try Fixture()
    let error = token.isEmpty ? "invalid_request" : "invalid_grant"
    #expect(fixture.refresh(token).oauthError == error)
  }

  @Test func `a full server refuses to grow until something expires`() throws {
    var fixture = try Fixture({ $0.refreshTokens = .kept })
    let token = try fixture.tokens().text("refresh_token")
    let grant = try #require(fixture.server.grants.keys.first)
    for number in 0..<AuthorizationServer.maximumRecords {
      fixture.server.accessTokens["\(number)"] = AccessToken(
        grantID: grant, scope: [], issuedAt: fixture.now, expiresAt: fixture.now + 50)
    }
    #expect(fixture.refresh(token).status == 503)
    fixture.now += 50
    #expect(fixture.refresh(token).status == 200)
  }
}
