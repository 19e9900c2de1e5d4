import Attributes
import Configuration
import Foundation
import Testing

@testable import Command

@Suite struct LoginOptionsTests {
  private func settings(_ words: String...) throws(Failure) -> [String] {
    try LoginOptions.settings(of: Invocation(Login.verb, words)).map { "\($0.key)=\($0.value)" }
  }

  @Test func optionsAreSettingsUnderTheirOwnNames() throws {
    #expect(
      try settings(
        "work", "--issuer", "https://a.example", "--client-id=x", "--redirect-uri",
        "http://localhost:3000/a", "--redirect-uri=com.example://b", "--authorize", "prompt=a=b",
        "--ca-file", "/etc/ca.pem", "--no-browser")
        == [
          "issuer=https://a.example", "client_id=x", "redirect_uri=http://localhost:3000/a",
          "redirect_uri=com.example://b", "authorize.prompt=a=b", "ca_file=/etc/ca.pem",
        ])
  }

  @Test func everySettingHasAKeyTheFileKnows() {
    for option in LoginOptions.options where option.name != "authorize" {
      let known = KnownKey.named(option.key ?? "")
      #expect(known?.isForAccounts == true, "\(option.name)")
      #expect(known?.isRepeatable == option.isRepeatable, "\(option.name)")
      #expect(option.name.replacingOccurrences(of: "-", with: "_") == option.key)
    }
  }

  /// A secret would be seen by every user of the machine, and `login` is for other programs.
  @Test func everyKeyOfAnAccountHasAnOption() {
    let options = Set(LoginOptions.options.compactMap(\.key))
    let keys = KnownKey.all.filter(\.isForAccounts).map(\.name)
    #expect(
      Set(keys).subtracting(options) == [
        KnownKey.clientSecret, "login", "allow", "confirm", "lifetime", "idle",
      ])
  }

  @Test func anOptionWithoutAValueSaysYes() throws {
    #expect(
      try settings("--dpop-bound-access-tokens", "--require-pushed-authorization-requests") == [
        "dpop_bound_access_tokens=yes", "require_pushed_authorization_requests=yes",
      ])
  }

  @Test func severalResourcesAreAList() throws {
    #expect(
      try settings("--resource", "https://a.example/", "--resource=urn:b") == [
        "resource=https://a.example/", "resource=urn:b",
      ])
  }

  @Test(arguments: [
    ("auth.example.com", "https://auth.example.com"),
    ("auth.example.com:8443/as", "https://auth.example.com:8443/as"),
    ("localhost:8080", "http://localhost:8080"), ("127.0.0.1:80", "http://127.0.0.1:80"),
    ("https://a.example/.well-known/openid-configuration", "https://a.example"),
    ("https://a.example/as/.well-known/openid-configuration", "https://a.example/as"),
    ("https://a.example/.well-known/oauth-authorization-server/as", "https://a.example/as"),
  ])
  func anIssuerThatIsNearlyRightIsPutRight(_ value: String, _ issuer: String) throws {
    let failure = try #require(throws: Failure.self) { try settings("work", "--issuer", value) }
    #expect(failure.code == .invalidRequest)
    #expect(failure.hint == "sallyport login work --issuer \(issuer)")
  }

  @Test(arguments: ["x", "javascript:1", "http://a.example", "a b.example", "u@a.example", ""])
  func whereNothingBetterIsKnownNoIssuerIsInvented(_ value: String) throws {
    let failure = try #require(throws: Failure.self) { try settings("work", "--issuer", value) }
    #expect(failure.hint == "sallyport help login")
  }

  @Test func aRelativePathIsMadeAbsolute() throws {
    let settings = try settings("--client-secret-file", "secret")
    #expect(settings[0].hasPrefix("client_secret_file=/"))
    #expect(settings[0].hasSuffix("/secret"))
    #expect(try self.settings("--client-key-file", "~/key.pem") == ["client_key_file=~/key.pem"])
  }

  @Test(arguments: [
    ["--issuer", "http://a.example"], ["--scope", ""], ["--scope", "a\nb"],
    ["--authorize", "state=x"], ["--authorize", "code_challenge_method=plain"],
    ["--authorize", "prompt"], ["--authorize", "=x"], ["--authorize", "a b=x"],
    ["--authorize", "scope=x"], ["--redirect-uri", "callback"], ["--username", "\u{1b}[2J"],
    ["--credential-url", "http://git.example.com"], ["--token-endpoint-auth-method", "basic"],
    ["--client-secret", "x"], ["--response-mode", "fragment"], ["--client-key-id", "é"],
    ["--token-endpoint-auth-signing-alg", "none"], ["--client-assertion-audience", "me"],
    ["--client-id-metadata-document", "http://a.example/c.json"], ["--resource", "api"],
    ["--client-id-metadata-document", "https://a.example"], ["--dpop-bound-access-tokens=no"],
    ["--device-authorization-endpoint", "http://a.example/d"], ["--client-key-file", ""],
    ["--pushed-authorization-request-endpoint", "par"], ["--post-logout-redirect-uri", "bye"],
    ["--registration-endpoint", "http://a.example/r"], ["--authorize", "dpop_jkt=x"],
  ])
  func anUnfitValueIsAUsageError(_ words: [String]) throws {
    let failure = try #require(throws: Failure.self) {
      try LoginOptions.settings(of: Invocation(Login.verb, words))
    }
    #expect(failure.code == .invalidRequest)
  }

  @Test func whatIsNotSavedIsSaidWithTheLinesThatWouldKeepIt() throws {
    let name = try #require(AccountName("work"))
    let configured = AccountSettings(
      name: name,
      settings: [
        Setting(key: "scope", value: "a"), Setting(key: "credential_url", value: "https://a"),
      ])
    let settings = [
      ("credential_url", "https://a"), ("credential_url", "https://b"), ("scope", "b"),
      ("username", "a #b"), ("proxy", "http://u:hunter2@p.example"),
    ].map { Setting(key: $0.0, value: $0.1) }
    #expect(
      LoginSaving.unsaved(settings, configured, path: "/c", isWanted: true) == [
        "not saved, because work is configured already: credential_url, scope, username, proxy",
        "  to keep this, add below [work] in /c:", "    credential_url = https://b",
        "    username = \"a #b\"", "    proxy = …", "  to keep this, change below [work] in /c:",
        "    scope = b",
      ])
    #expect(LoginSaving.unsaved(settings, configured, path: "/c", isWanted: false).count == 1)
  }

  @Test func optionsThatAgreeWithTheFileAreNoChange() throws {
    let name = try #require(AccountName("work"))
    let configured = AccountSettings(
      name: name,
      settings: [
        Setting(key: "scope", value: "a", line: 3), Setting(key: "redirect_uri", value: "x:/a"),
        Setting(key: "redirect_uri", value: "x:/b"),
      ])
    func differ(_ pairs: (String, String)...) -> Bool {
      LoginSaving.differ(pairs.map { Setting(key: $0.0, value: $0.1) }, from: configured)
    }
    #expect(!differ(("scope", "a")))
    #expect(!differ(("redirect_uri", "x:/a"), ("redirect_uri", "x:/b")))
    #expect(differ(("redirect_uri", "x:/a")))
    #expect(differ(("scope", "b")))
    #expect(differ(("issuer", "https://a.example")))
  }
}
