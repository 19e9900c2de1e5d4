import Testing

@testable import Command

private let url = "https://auth.example.com/as?a=1&b=%20;c"

private func commands(
  _ browser: String?, display: Bool = false, wsl: Bool = false, url: String = url
) -> [[String]] {
  BrowserCommand.candidates(for: url, browser: browser, hasDisplay: display, isWSL: wsl)
    .map { [$0.program] + $0.arguments }
}

@Suite struct BrowserCommandTests {
  @Test(arguments: [
    ("firefox", ["firefox", url]),
    ("firefox --new-window %s --x", ["firefox", "--new-window", url, "--x"]),
    ("firefox --url=%s", ["firefox", "--url=\(url)"]),
    ("firefox '%s'", ["firefox", url]),
    (#""/opt/my browser/run" -a"#, ["/opt/my browser/run", "-a", url]),
    (#"my\ browser"#, ["my browser", url]),
    ("browser 100%% %c", ["browser", "100%", ":", url]),
    ("sh -c 'firefox $1' x %s", ["sh", "-c", "firefox $1", "x", url]),
    ("echo $(id) `id` ; rm -rf *", ["echo", "$(id)", "`id`", ";", "rm", "-rf", "*", url]),
  ])
  func anEntryIsSplitWithoutAShell(_ entry: String, _ expected: [String]) {
    #expect(commands(entry) == [expected])
  }

  @Test func entriesAreTriedInOrderAndTheDesktopLast() {
    #expect(commands("a:b %s", display: true) == [["a", url], ["b", url], ["xdg-open", url]])
    #expect(commands(nil, display: true) == [["xdg-open", url]])
    #expect(commands(nil, display: true, wsl: true) == [["wslview", url], ["xdg-open", url]])
    #expect(commands("a", display: false) == [["a", url]])
  }

  @Test func withoutADisplayAndBROWSERNothingIsStarted() {
    #expect(commands(nil).isEmpty)
    #expect(commands("").isEmpty)
  }

  @Test(arguments: ["::", " : ", "'open", "\"open", "open\\", "''"])
  func anEntryThatIsNoCommandIsLeftOut(_ entry: String) {
    #expect(commands(entry).isEmpty)
  }

  @Test(arguments: [
    "http://auth.example.com/", "javascript:alert(1)", "file:///etc/passwd", "--version", "-x",
    "https://a@evil.example/", "https://a.example/$(id) x", "https://a.example/`id`",
    "https://a.example/\u{1b}]0;x", "https://a.example/\n", "https://a.example/\"", "", "https://",
    "https://a.example/é", "https://a.example/" + String(repeating: "a", count: 15_000),
  ])
  func anUnfitURLIsNeverHandedOver(_ url: String) {
    #expect(!BrowserCommand.isFit(url))
    #expect(commands("firefox", display: true, url: url).isEmpty)
  }

  @Test(arguments: [
    "https://a.example/?x=$(id)", "http://localhost:8080/as", "http://127.0.0.1:1/",
    "http://[::1]/",
  ])
  func aFitURLIsHandedOverWhole(_ url: String) {
    #expect(commands("firefox", url: url) == [["firefox", url]])
  }

  @Test(arguments: [
    ("w3m", true), ("/usr/bin/lynx", true), ("firefox", false), ("links2 %s", true),
  ])
  func browsersOfTheTerminalAreKnown(_ entry: String, _ expected: Bool) {
    let command = BrowserCommand.candidates(
      for: url, browser: entry, hasDisplay: false, isWSL: false)
    #expect(command.map(\.needsTerminal) == [expected])
  }
}

@Suite struct BrowserLauncherTests {
  @Test(
    arguments: [
      (nil, nil), ("", nil), ("sh", nil), ("nosuchbrowser:sh", nil),
      ("nosuchbrowser", "nosuchbrowser, from BROWSER, is not installed"),
      ("none1 %s:none2", "none1, none2, from BROWSER, are not installed"),
    ] as [(String?, String?)])
  func aBrowserThatIsNotInstalledIsNamed(_ variable: String?, _ expected: String?) {
    #expect(BrowserLauncher.missingBrowser(variable, searchPath: "/usr/bin:/bin") == expected)
  }
}

@Suite struct WordSplitterTests {
  @Test(arguments: [
    ("", []), ("  ", []), ("a  b", ["a", "b"]), ("a'b c'd", ["ab cd"]), (#"a\'b"#, ["a'b"]),
    (#""a\"b\\c\d""#, [#"a"b\c\d"#]), ("''", [""]), ("a\tb\nc", ["a", "b", "c"]),
    (#"'a\b'"#, [#"a\b"#]),
  ])
  func wordsAreSplit(_ text: String, _ expected: [String]) {
    #expect(splitWords(text) == expected)
  }

  @Test(arguments: ["'", "\"", "a\\", "'a\""])
  func anOpenQuoteIsNoCommand(_ text: String) {
    #expect(splitWords(text) == nil)
  }
}
