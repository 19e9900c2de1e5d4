import Attributes
import CPlatform
import Glibc
import Platform
import Testing

@testable import Command

private let block = """
  event=device
  user_code=BCDF-GHJK
  verification_uri=https://a.example/device
  expires_in=600

  """

private func prompt(_ lines: String) throws -> DevicePrompt {
  try withBlock(lines) { try DevicePrompt($0) }
}

@Suite struct DevicePromptTests {
  @Test func thePersonIsToldWhereAndWhat() throws {
    let prompt = try prompt(block)
    #expect(
      prompt.opening(account: "work") + prompt.ending(hasPicture: false) == [
        "to sign in to work, open on any device with a browser, such as a phone,",
        "  https://a.example/device", "and enter this code there:", "  BCDF-GHJK",
        "waiting for 10 min; Ctrl-C cancels",
      ])
    #expect(prompt.bestAddress == "https://a.example/device")
  }

  @Test func anAddressWithTheCodeInItIsShownToo() throws {
    let prompt = try prompt(block + "verification_uri_complete=https://a.example/device?c=BCDF\n")
    #expect(prompt.bestAddress == "https://a.example/device?c=BCDF")
    #expect(
      prompt.ending(hasPicture: false).prefix(2) == [
        "this address has the code in it: see that the page shows the same",
        "  https://a.example/device?c=BCDF",
      ])
    #expect(prompt.ending(hasPicture: true)[0].hasPrefix("picture and address have"))
  }

  @Test func whoJoinsIsToldSo() throws {
    let lines = try prompt(block + "joined=yes\n").opening(account: nil)
    #expect(lines[0].hasPrefix("a sign-in is going on already"))
  }

  @Test(arguments: [
    "verification_uri=https://a.example/d\n", "user_code=X\n",
    "user_code=\nverification_uri=https://a.example/d\n",
    "user_code=X\u{1b}[2J\nverification_uri=https://a.example/d\n",
    "user_code=X\u{202E}Y\nverification_uri=https://a.example/d\n",
    "user_code=\(String(repeating: "X", count: 65))\nverification_uri=https://a.example/d\n",
    "user_code=X\nverification_uri=javascript:alert(1)\n",
    "user_code=X\nverification_uri=http://a.example/d\n",
    "user_code=X\nverification_uri=https://u@a.example/d\n",
  ])
  func whatIsNoGoodToAPersonIsRefused(_ lines: String) throws {
    let failure = try #require(throws: Failure.self) { try prompt(lines) }
    #expect(failure.description.hasPrefix("refusing the "))
    #expect(!failure.description.contains("\u{1b}"))
  }

  @Test func anUnfitCompleteAddressIsLeftOut() throws {
    #expect(
      try prompt(block + "verification_uri_complete=http://a.example/d\n").completeAddress == nil)
  }
}

@Suite struct QRCodeTests {
  /// As the program does at its start.
  init() { sp_ignore_failed_writes() }

  @Test func theProgramReadsTheAddressOnItsStandardInput() throws {
    let output = try QRCode.run("/bin/cat", ["cat"], input: "https://a.example/$(id)")
    #expect(output == "https://a.example/$(id)")
  }

  @Test(arguments: ["exit 3", "echo x; exit 1", "true", #"printf '\377'"#])
  func aProgramThatFailsDrawsNothing(_ script: String) throws {
    #expect(try QRCode.run("/bin/sh", ["sh", "-c", script], input: "x") == nil)
  }

  @Test func aPictureHasALimit() throws {
    let output = try QRCode.run(
      "/bin/sh", ["sh", "-c", "exec head -c 1000000 /dev/zero"], input: "x")
    #expect(output == nil)
  }

  @Test func nothingIsDrawnWhereThereIsNoTerminal() {
    if isatty(2) == 0 { #expect(QRCode.picture(of: "https://a.example/") == nil) }
  }
}

@Suite struct EndSessionPromptTests {
  @Test func theAddressIsShownWhetherABrowserOpensOrNot() throws {
    let lines = "event=end-session\naccount=work\nurl=http://127.0.0.1:4711/x\n"
    let prompt = try withBlock(lines) { try EndSessionPrompt($0) }
    #expect(
      prompt.lines(isOpen: true, remoteHost: nil) == [
        "the browser opens to end the session of work at the server; if it does not, open",
        "  http://127.0.0.1:4711/x",
      ])
    #expect(
      prompt.lines(isOpen: false, remoteHost: "box") == [
        "to end the session of work at the server, open in a browser",
        "  http://127.0.0.1:4711/x",
        "the browser is on another machine? run there first: ssh -L 4711:localhost:4711 box",
      ])
  }

  @Test(arguments: ["", "url=javascript:1\n", "url=http://a.example/\n"])
  func anUnfitAddressIsRefused(_ line: String) throws {
    #expect(throws: Failure.self) {
      try withBlock("account=a\n" + line) { try EndSessionPrompt($0) }
    }
  }
}

@Suite struct LogoutOutcomeTests {
  @Test func everythingThatWasDoneAndWasNotIsSaid() throws {
    let outcome = try withBlock(
      "event=done\naccount[]=a\naccount[]=b\nrevoked[]=a\ndeleted[]=b\nwarning[]=b: no endpoint\n"
    ) { LogoutOutcome($0) }
    #expect(
      outcome.lines == [
        "signed out of a; the server has revoked its tokens", "signed out of b",
        "the server has deleted the client that was registered for b", "warning: b: no endpoint",
      ])
    #expect(try withBlock("event=done\n") { LogoutOutcome($0) }.lines == ["nobody was signed in"])
    let named = try withBlock("event=done\n") { LogoutOutcome($0, asked: "work") }
    #expect(named.lines == ["nobody was signed in to work"])
  }
}
