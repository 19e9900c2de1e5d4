import OAuth
import Testing

@testable import PracticeServer

struct DeviceTests {
  private func begin(
    _ fixture: inout Fixture, scope: String = "openid profile"
  ) throws -> [String: JSONValue] {
    try fixture.post(
      "/device_authorization", [("client_id", "practice"), ("scope", scope)]
    ).members()
  }

  private func poll(_ fixture: inout Fixture, _ device: [String: JSONValue]) throws -> Reply {
    fixture.post(
      "/token",
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", try device.text("device_code")), ("client_id", "practice"),
      ])
  }

  /// The person enters the code and answers.
  private func answer(
    _ fixture: inout Fixture, code: String, _ decision: BrowseOptions.Decision = .allow
  ) throws -> Reply {
    let page = fixture.post("/device", [("user_code", code)])
    guard let form = SignInForm(page: page.text) else { return page }
    return fixture.post(
      "/sign-in", form.filledIn(as: "bob", decision).parameters.map { ($0.name, $0.value) })
  }

  @Test func `a device gets its tokens once the person has agreed`() throws {
    var fixture = try Fixture()
    let device = try begin(&fixture)
    #expect(device["interval"] == 5 && device["expires_in"] == 600)
    #expect(try poll(&fixture, device).oauthError == "authorization_pending")
    #expect(try answer(&fixture, code: device.text("user_code")).status == 200)
    fixture.now += 5
    let tokens = try poll(&fixture, device).members()
    #expect(try claims(tokens.text("id_token"))["sub"] == "bob")
    #expect(tokens["scope"] == "openid profile")
    #expect(fixture.refresh(try tokens.text("refresh_token")).status == 200)
    fixture.now += 5
    #expect(try poll(&fixture, device).oauthError == "invalid_grant")
  }

  @Test func `where nobody is asked a device is allowed at once, or at its second poll`() throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "alice") })
    #expect(try poll(&fixture, try begin(&fixture)).status == 200)
    fixture = try Fixture({
      $0.approval = .automatic(user: "alice")
      $0.deviceApproval = .afterFirstPoll
    })
    let device = try begin(&fixture)
    #expect(try poll(&fixture, device).oauthError == "authorization_pending")
    fixture.now += 5
    #expect(try poll(&fixture, device).status == 200)
  }

  @Test func `who asks too often is slowed down for good`() throws {
    var fixture = try Fixture()
    let device = try begin(&fixture)
    #expect(try poll(&fixture, device).oauthError == "authorization_pending")
    fixture.now += 4
    #expect(try poll(&fixture, device).oauthError == "slow_down")
    fixture.now += 9
    #expect(try poll(&fixture, device).oauthError == "slow_down")
    fixture.now += 15
    #expect(try poll(&fixture, device).oauthError == "authorization_pending")
  }

  @Test func `a denial and the end of the time are told`() throws {
    var fixture = try Fixture({ $0.deviceLifetime = 30 })
    let denied = try begin(&fixture)
    _ = try answer(&fixture, code: denied.text("user_code"), .deny)
    #expect(try poll(&fixture, denied).oauthError == "access_denied")
    let late = try begin(&fixture)
    fixture.now += 30
    #expect(try poll(&fixture, late).oauthError == "expired_token")
    #expect(try answer(&fixture, code: late.text("user_code")).status == 400)
  }

  @Test func `a code is known however it is typed, and once`() throws {
    var fixture = try Fixture()
    let device = try begin(&fixture)
    let code = try device.text("user_code")
    #expect(code.utf8.count == 9)
    #expect(try answer(&fixture, code: "BBBB-BBBB").status == 400)
    #expect(try answer(&fixture, code: "").status == 400)
    #expect(try answer(&fixture, code: code.lowercased().filter { $0 != "-" }).status == 200)
    #expect(try answer(&fixture, code: code).status == 400)
  }

  @Test func `a code in the address is only filled in`() throws {
    var fixture = try Fixture()
    let device = try begin(&fixture)
    let address = try device.text("verification_uri_complete")
    let page = fixture.get(String(address.dropFirst(Fixture.issuer.utf8.count)))
    #expect(page.text.contains("value=\"\(try device.text("user_code"))\""))
    #expect(try poll(&fixture, device).oauthError == "authorization_pending")
  }

  @Test func `another client cannot poll`() throws {
    var fixture = try Fixture()
    let device = try begin(&fixture)
    let reply = fixture.post(
      "/token",
      [
        ("grant_type", "urn:ietf:params:oauth:grant-type:device_code"),
        ("device_code", try device.text("device_code")), ("client_id", "practice-web"),
        ("client_secret", "practice-web-secret"),
      ])
    #expect(reply.oauthError == "invalid_grant")
  }

  @Test func `with nobody to ask the device has its tokens at once`() throws {
    var fixture = try Fixture({ $0.approval = .automatic(user: "carol") })
    let tokens = try poll(&fixture, try begin(&fixture)).members()
    #expect(try claims(tokens.text("id_token"))["sub"] == "carol")
  }
}
