import Configuration
import Testing

@testable import Agent

@Suite("The settings of a sign-in")
struct SignInSettingsTests {
  private func settings(
    _ section: AccountSettings?, _ overrides: KeyValuePairs<String, String> = [:]
  ) throws -> SignInSettings {
    SignInSettings(
      name: try accountName("work"), section: section,
      overrides: overrides.map { Setting(key: $0.key, value: $0.value) })
  }

  @Test func theCommandLineWinsOverTheFile() throws {
    let section = try makeSection([
      "issuer": "https://a", "client_id": "x", "redirect_uri": "http://1",
    ])
    let settings = try settings(
      section, ["client_id": "y", "redirect_uri": "http://2", "redirect_uri": "http://3"])
    #expect(settings["issuer"] == "https://a")
    #expect(settings["client_id"] == "y")
    #expect(settings.effective.all("redirect_uri") == ["http://2", "http://3"])
  }

  @Test func aServerIsNamedByItsIssuerOrItsTokenEndpoint() throws {
    #expect(try settings(nil).namesNoServer)
    #expect(try settings(nil, ["client_id": "x"]).namesNoServer)
    #expect(try !settings(nil, ["issuer": "https://a"]).namesNoServer)
    #expect(try !settings(try makeSection(["token_endpoint": "https://a/t"])).namesNoServer)
  }

  @Test(arguments: ["issuer", "client_id", "token_endpoint", "authorization_endpoint"])
  func aSessionEndsWhenItsServerOrClientChanges(key: String) throws {
    let former = try makeSection(["issuer": "https://a", key: "https://one", "scope": "s"])
    let settings = try settings(former)
    #expect(settings.difference(from: former) == nil)
    let changed = former.overridden(by: [Setting(key: key, value: "https://two")])
    #expect(settings.difference(from: changed) == key)
  }

  @Test(arguments: ["scope", "redirect_uri", "proxy", "ca_file", "username", "credential_url"])
  func othersMayChangeWithoutASignIn(key: String) throws {
    let former = try makeSection(["issuer": "https://a"])
    let changed = former.overridden(by: [Setting(key: key, value: "x")])
    #expect(try settings(former).difference(from: changed) == nil)
  }

  @Test func aNameThatHasVanishedKeepsItsSession() throws {
    #expect(try settings(try makeSection(["issuer": "https://a"])).difference(from: nil) == nil)
  }

  @Test func whatTheCommandLineOverrodeIsNoDifference() throws {
    let section = try makeSection(["issuer": "https://a", "client_id": "x"])
    let overridden = try settings(section, ["client_id": "y"])
    #expect(overridden.difference(from: section) == nil)
  }

  @Test func aSectionWrittenAfterTheSignInFitsIt() throws {
    let signedIn = try settings(nil, ["issuer": "https://a", "client_id": "x"])
    let saved = try makeSection(["issuer": "https://a", "client_id": "x"])
    #expect(signedIn.difference(from: saved) == nil)
    #expect(signedIn.difference(from: try makeSection(["issuer": "https://b"])) == "issuer")
  }

  @Test func aSecretThatCameLaterIsNotForTheServerOfTheCommandLine() throws {
    let former = try settings(
      try makeSection(["issuer": "https://a"]), ["issuer": "https://b"])
    let later = try makeSection(["issuer": "https://a", "client_secret_file": "/s"])
    #expect(former.misdirection == nil)
    #expect(former.renewed(by: later)["client_secret_file"] == nil)
    #expect(try settings(nil).renewed(by: later)["client_secret_file"] == "/s")
  }

  @Test func laterJobsUseTheFileAsItIsNow() throws {
    let former = try settings(
      try makeSection(["issuer": "https://a", "proxy": "p1"]), ["scope": "s"])
    let renewed = former.renewed(by: try makeSection(["issuer": "https://a", "proxy": "p2"]))
    #expect(renewed["proxy"] == "p2")
    #expect(renewed["scope"] == "s")
    #expect(former.renewed(by: nil)["proxy"] == "p1")
  }
}
