import OAuth
import Platform
import Testing

@testable import Courier

/// The ID token at sign-in and at refresh, with keys that are kept, fetched and rotated.
@Suite struct IDTokenTests {
  @Test func signInTellsWhoSignedInAndKeepsWhatARefreshNeeds() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let (block, status) = try fixture.signIn()
    #expect(status == 0)
    #expect(block["sub"] == "ada")
    #expect(block["username"] == "ada@example.org")
    #expect(block["issuer"] == fixture.issuer)
    #expect(block["scope"] == "openid")
    #expect(block["id_token"] == block["secret.id_token"])
    #expect(block["session.jwks_uri"] == "\(fixture.issuer)/jwks")
    #expect(block["session.jwks"]?.contains(#""kid":"1""#) == true)
    // The keys were fetched while the person signed in, and only then.
    #expect(fixture.server.requests("/jwks").count == 1)
  }

  @Test(
    "an id token that fails a check ends the sign-in",
    arguments: [
      "nonce", "iss", "aud", "exp", "iat", "sub", "signature", "missing",
    ])
  func refused(part: String) throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let (block, status) = try fixture.signIn { behaviour in
      switch part {
      case "nonce": behaviour.nonce = "another"
      case "iss": behaviour.claims["iss"] = "https://evil.example"
      case "aud": behaviour.claims["aud"] = "another"
      case "exp": behaviour.claims["exp"] = 1
      case "iat": behaviour.claims["iat"] = 9_999_999_999
      case "sub": behaviour.claims["sub"] = .null
      case "signature": behaviour.isForged = true
      default: behaviour.hasIDToken = false
      }
    }
    #expect(status == 1)
    #expect(block["error"] == "failed")
    #expect(!block.keys.contains("access_token"))
  }

  @Test("an age the account asks for is held", arguments: [("300", 0), ("10", 1), ("0", 1)])
  func maximumAge(seconds: String, status: Int32) throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let settings = ["authorize.max_age=\(seconds)"]
    let time = wallClockSeconds() - 200
    let right = try fixture.signIn(settings) { $0.claims["auth_time"] = .number(JSONNumber(time)) }
    #expect(right.1 == status)
    #expect(try fixture.signIn().1 == 0)
    #expect(try fixture.signIn(settings) { $0.claims["auth_time"] = nil }.1 == 1)
  }

  @Test func keysAreFetchedOnceMoreForAnUnknownName() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    fixture.behaviour.withLock { $0.published = ["1", "2"] }
    let (block, status) = try fixture.signIn { $0.keyID = "2" }
    #expect(status == 0)
    #expect(fixture.server.requests("/jwks").count == 2)
    #expect(block["session.jwks"]?.contains(#""kid":"2""#) == true)
  }

  @Test func keysAreNotFetchedForEver() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let (block, status) = try fixture.signIn { $0.keyID = "nobody's" }
    #expect(status == 1)
    #expect(block["error_description"]?.contains("not among the server's keys") == true)
    #expect(fixture.server.requests("/jwks").count == 2)
  }

  @Test func refreshNeedsNeitherDiscoveryNorKeys() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let signIn = try fixture.signIn().0
    let before = fixture.server.requests.count
    let (block, status) = try fixture.refresh(after: signIn)
    #expect(status == 0)
    #expect(block["access_token"] == "AT")
    #expect(block["refresh_token"] == "RT")
    #expect(block["sub"] == "ada")
    #expect(!block.keys.contains { $0.hasPrefix("session.") })
    #expect(fixture.server.requests.dropFirst(before).map(\.path) == ["/token"])
    let body = String(decoding: fixture.server.requests.last?.body ?? [], as: UTF8.self)
    #expect(body == "grant_type=refresh_token&refresh_token=RT&client_id=client")
  }

  @Test func refreshFetchesKeysThatHaveChanged() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let signIn = try fixture.signIn().0
    fixture.behaviour.withLock { behaviour in
      behaviour.keyID = "2"
      behaviour.published = ["2"]
    }
    let (block, status) = try fixture.refresh(after: signIn)
    #expect(status == 0)
    #expect(block["session.jwks"]?.contains(#""kid":"2""#) == true)
  }

  @Test("a refreshed id token of somebody else is refused", arguments: ["sub", "iss", "aud"])
  func foreignRefresh(claim: String) throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let signIn = try fixture.signIn().0
    fixture.behaviour.withLock { $0.claims[claim] = "eve" }
    let (block, status) = try fixture.refresh(after: signIn)
    #expect(status == 1)
    #expect(!block.keys.contains("access_token"))
  }

  @Test func sessionWithoutItsLinesIsFoundByDiscovery() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let (block, status) = try CourierRun([
      "job=refresh", "client_id=client", "issuer=\(fixture.issuer)", "refresh_token=RT",
    ]).end()
    #expect(status == 0)
    #expect(block["sub"] == "ada")
  }

  @Test func idTokenThatNobodyVouchesForIsDropped() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let run = try CourierRun([
      "job=login", "client_id=client", "scope=openid", "redirect_uri=app:/cb",
      "authorization_endpoint=\(fixture.issuer)/a", "token_endpoint=\(fixture.issuer)/token",
    ])
    let state = try run.next("authorize")["state"] ?? ""
    run.send("callback=app:/cb?code=C&state=\(state)")
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(!block.keys.contains("id_token"))
    #expect(block.all("warning[]").first?.contains("dropped") == true)
  }
}
