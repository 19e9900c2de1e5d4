import Attributes
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
