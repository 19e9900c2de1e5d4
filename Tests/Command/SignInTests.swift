import Attributes
import Configuration
import Foundation
import Testing

@testable import Command

@Suite struct PastedLineTests {
  private let redirectURI = "http://localhost:3000/callback"

  @Test(arguments: [
    "http://localhost:3000/callback?code=a&state=b", "  http://localhost:3000/callback?code=a\n",
    "http://localhost:3000/callback#code=a", "http://localhost:3000/callback/?code=a",
  ])
  func theAddressTheBrowserEndedOnIsRecognized(_ line: String) {
    let url = line.filter { !$0.isWhitespace }
    #expect(PastedLine(line, redirectURI: redirectURI) == .redirect(url))
  }

  @Test(arguments: [
    "hello", "http://localhost:3000/callback", "http://localhost:3000/callbackx?code=a",
    "http://localhost:3001/callback?code=a", "https://auth.example.com/?code=a",
  ])
  func otherLinesAreNotSent(_ line: String) {
    #expect(PastedLine(line, redirectURI: redirectURI) == .other)
    #expect(PastedLine(line, redirectURI: "") == .other)
  }

  @Test func privateUseSchemesWorkTheSameWay() {
    let line = "com.example.App://oidc_callback?code=a"
    #expect(PastedLine(line, redirectURI: "com.example.App://oidc_callback") == .redirect(line))
    // Browsers write a scheme in lower case.
    let lower = line.lowercased()
    #expect(PastedLine(lower, redirectURI: "com.example.App://oidc_callback") == .redirect(lower))
  }

  @Test func aLineTheTerminalHasCutIsNotSent() {
    let line = redirectURI + "?code=" + String(repeating: "a", count: 5000)
    #expect(PastedLine(String(line.prefix(4095)), redirectURI: redirectURI) == .cut)
    #expect(PastedLine(" \n", redirectURI: redirectURI) == .empty)
  }
}

@Suite struct SignInMessagesTests {
  private func messages(
    redirectURI: String = "http://localhost:3000/callback", isJoined: Bool = false,
    needsPaste: Bool = false, isRemote: Bool = false, canPaste: Bool = true
  ) -> SignInMessages {
    SignInMessages(
      account: "work",
      prompt: SignInMessages.Prompt(
        url: "https://a.example/as", redirectURI: redirectURI, isJoined: isJoined,
        needsPaste: needsPaste, expiresIn: 300),
      isRemote: isRemote, hostName: "box", canPaste: canPaste)
  }

  @Test func theURLIsAlwaysShown() {
    #expect(messages().lines(.browser).contains("  https://a.example/as"))
    #expect(messages().lines(.byHand).contains("  https://a.example/as"))
    #expect(messages(isJoined: true).lines(.byHand).contains("  https://a.example/as"))
    // There it is on standard output.
    #expect(!messages().lines(.standardOutput).contains { $0.contains("https://a.example/as") })
  }

  @Test func whatToRegisterIsSaidWhileWaiting() {
    for way in [SignInMessages.Way.browser, .byHand, .standardOutput] {
      #expect(
        messages().lines(way).contains {
          $0.hasSuffix("register exactly: http://localhost:3000/callback")
        })
      #expect(messages().lines(way).last == "waiting for 5 min; Ctrl-C cancels")
    }
  }

  @Test(arguments: [
    ("http://127.0.0.1:4711/cb", ["http://127.0.0.1/cb"], "http://127.0.0.1/cb"),
    ("http://[::1]:4711/cb", ["x:/y", "http://[::1]/cb"], "http://[::1]/cb"),
    ("http://127.0.0.1:4711/cb", ["http://127.0.0.1:4711/cb"], nil),
    ("http://127.0.0.1:4711/cb", ["http://127.0.0.1/cb", "http://127.0.0.1:4711/cb"], nil),
    ("http://127.0.0.1:4711/cb", [], nil), ("http://127.0.0.1:4711/cb", ["http://[::1]/cb"], nil),
    ("http://localhost:3000/cb", ["http://localhost/cb"], nil), ("x:/y", ["x:/y"], nil),
  ])
  func aPortThatWasChosenIsNotToBeRegistered(
    _ uri: String, _ configured: [String], _ expected: String?
  ) {
    #expect(SignInMessages.withoutChosenPort(uri, configured) == expected)
  }

  @Test func aServerHasToAllowAChosenPort() {
    var prompt = messages(redirectURI: "http://127.0.0.1:4711/cb").prompt
    prompt.configuredURIs = ["http://127.0.0.1/cb"]
    let lines = SignInMessages(
      account: nil, prompt: prompt, isRemote: false, hostName: "box", canPaste: false
    ).lines(.byHand)
    #expect(
      lines.contains {
        $0.hasSuffix(
          "register http://127.0.0.1/cb; the server has to allow any port there (RFC 8252, 7.3)")
      })
  }

  @Test func overSSHTheForwardingIsSaid() {
    let hint = "ssh -L 3000:localhost:3000 box"
    #expect(messages(isRemote: true).lines(.byHand).contains { $0.hasSuffix(hint) })
    #expect(!messages().lines(.byHand).contains { $0.contains("ssh -L") })
    let native = messages(redirectURI: "com.example://cb", needsPaste: true, isRemote: true)
    #expect(!native.lines(.byHand).contains { $0.contains("ssh -L") })
  }

  @Test func aSignInWithoutAPortSaysHowToFinishIt() {
    let native = messages(redirectURI: "com.example://cb", needsPaste: true)
    #expect(native.lines(.browser).contains { $0.contains("paste here") })
    let piped = messages(redirectURI: "com.example://cb", needsPaste: true, canPaste: false)
    #expect(piped.lines(.browser).contains { $0.contains("sallyport callback") })
  }

  @Test(arguments: [
    ("http://localhost:3000/callback", "3000"), ("http://127.0.0.1:80/", "80"),
    ("http://[::1]:7/x", "7"), ("http://127.0.0.1/callback", nil),
    ("https://localhost:3000/", "3000"),
    ("http://localhost.evil:3000/", nil), ("com.example://cb", nil), ("", nil),
  ])
  func thePortOfALoopbackRedirectURIIsFound(_ uri: String, _ expected: String?) {
    #expect(SignInMessages.loopbackPort(uri) == expected)
  }
}

@Suite struct SignInResultTests {
  @Test func theOutcomeIsSaidInWords() throws {
    try withBlock(
      "event=done\naccount=work\nscope=openid\nexpires_at=4600\nusername=alice\nrefreshable=yes\n"
        + "warning[]=mind the step\n"
    ) { block in
      let lines = SignInResult(block, account: nil, now: 1000).lines(keepsNothing: false)
      #expect(
        lines == [
          "signed in to work as alice; the token is valid for 60 min and is refreshed by itself",
          "granted: openid", "warning: mind the step",
        ])
    }
  }

  @Test func aTokenThatCannotBeRefreshedIsSaid() throws {
    try withBlock("event=done\nexpires_in=120\nsub=42\n") { block in
      let result = SignInResult(block, account: "work", now: 0)
      #expect(
        result.lines(keepsNothing: false) == [
          "signed in to work as 42; the token is valid for 2 min: after that, sign in again"
        ])
      #expect(
        result.lines(keepsNothing: true) == [
          "signed in to work as 42; the token is valid for 2 min"
        ])
    }
  }

  @Test func aBoundTokenAndARegisteredClientAreSaid() throws {
    try withBlock("event=done\naccount=mcp\ntoken_type=DPoP\nclient_id=r-1\n") { block in
      #expect(
        SignInResult(block, account: nil).lines(keepsNothing: false) == [
          "signed in to mcp", "the token is bound to a key that the agent keeps (DPoP)",
          "registered at the server as client r-1, which sallyport logout mcp --all deletes",
        ])
      #expect(
        SignInResult(block, account: nil).lines(keepsNothing: true).last
          == "registered at the server as client r-1, which nothing here keeps")
    }
  }

  @Test func absurdTimesAreNoTrap() throws {
    try withBlock("event=done\nexpires_at=\(Int64.min)\n") { block in
      #expect(SignInResult(block, account: nil, now: 1000).expiresIn == nil)
    }
  }
}

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
