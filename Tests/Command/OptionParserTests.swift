import Attributes
import Testing

@testable import Command

private let verb = Verb(
  "try", .account,
  options: [
    Option("format", "FORMAT", "how"), Option("uri", "URI", isRepeatable: true, "where"),
    Option(flag: "all", "every"), Option("timeout", "SECONDS", short: "t", "how long"),
  ], summary: "tries", details: ""
) { (_) throws(Failure) in 0 }

private func parse(_ words: String...) throws(Failure) -> Invocation {
  try Invocation(verb, words)
}

private func mistake(_ words: String...) throws -> Failure {
  try #require(throws: Failure.self) { try Invocation(verb, words) }
}

@Suite struct OptionParserTests {
  @Test func aValueFollowsOrIsJoined() throws {
    #expect(try parse("--format", "json")["format"] == "json")
    #expect(try parse("--format=json")["format"] == "json")
    #expect(try parse("--format=a=b")["format"] == "a=b")
    #expect(try parse("--format=")["format"] == "")
    #expect(try parse("--format=--all")["format"] == "--all")
    #expect(try parse("--format", "--other")["format"] == "--other")
    #expect(try parse("--format", "-")["format"] == "-")
  }

  @Test func aLetterIsTheSame() throws {
    #expect(try parse("-t", "5")["timeout"] == "5")
    #expect(try parse("-t5")["timeout"] == "5")
    #expect(try parse("--", "-t").operand == "-t")
    #expect(try mistake("-t").description == "--timeout needs a value: --timeout SECONDS")
    #expect(try mistake("-t", "5", "--timeout=6").description == "--timeout is given twice")
    #expect(throws: Failure.self) { try parse("-x") }
  }

  @Test func theOperandMayStandAnywhere() throws {
    #expect(try parse("work", "--all").operand == "work")
    #expect(try parse("--all", "work").operand == "work")
    #expect(try parse("--format", "json", "work").operand == "work")
    #expect(try parse("-").operand == "-")
    #expect(try parse().operand == nil)
  }

  @Test func twoDashesEndTheOptions() throws {
    let invocation = try parse("--", "--all")
    #expect(invocation.operand == "--all")
    #expect(!invocation.has("all"))
  }

  @Test func repeatableOptionsKeepTheirOrder() throws {
    #expect(try parse("--uri", "a", "--uri=b").all("uri") == ["a", "b"])
    #expect(try mistake("--format=a", "--format=b").description == "--format is given twice")
  }

  @Test(arguments: [["--format"], ["--all=yes"], ["a", "b"], ["-a"], ["-"] + ["b"], ["--nope=x"]])
  func mistakesAreUsageErrors(_ words: [String]) throws {
    let failure = try #require(throws: Failure.self) { try Invocation(verb, words) }
    #expect(failure.code == .invalidRequest)
    #expect(failure.code.exitStatus == 2)
    #expect(failure.hint == "sallyport help try")
  }

  @Test func anUnknownOptionNamesTheNearestAndNeverItsValue() throws {
    let failure = try mistake("--fromat=hunter2")
    #expect(failure.description == "there is no option --fromat; did you mean --format?")
    #expect(try mistake("--zzzzzzzz=hunter2").description == "there is no option --zzzzzzzz")
  }

  @Test(arguments: [
    ["--format", "--timeout", "5"], ["--format", "--all"], ["--format", "--uri=x"],
  ])
  func theNextOptionIsNoValue(_ words: [String]) throws {
    let failure = try #require(throws: Failure.self) { try Invocation(verb, words) }
    #expect(failure.description == "--format needs a value: --format FORMAT")
  }

  @Test func anUnknownLetterIsNamedAsItWasWritten() throws {
    #expect(try mistake("-n").description == "there is no option -n")
    #expect(
      try mistake("-format").description == "there is no option -format; did you mean --format?")
  }

  @Test func helpNeedsNoOperand() throws {
    let verb = Callback.verb
    #expect(try Invocation(verb, ["--help"]).has("help"))
    #expect(try Invocation(verb, ["-h"]).has("help"))
    #expect(throws: Failure.self) { try Invocation(verb, []) }
  }

  @Test func anAddressBehindTheNameOfALoginIsAResource() throws {
    func hint(_ words: String...) throws -> String? {
      try #require(throws: Failure.self) { try Invocation(Login.verb, words) }.hint
    }
    #expect(
      try hint("m", "http://localhost:4000/x?a&b")
        == "sallyport login m --resource 'http://localhost:4000/x?a&b'")
    #expect(
      try hint("m", "https://mcp.example/") == "sallyport login m --resource https://mcp.example/")
    #expect(try hint("m", "home") == "sallyport help login")
    #expect(try hint("m", "https://mcp.example/", "x") == "sallyport help login")
    #expect(try mistake("m", "https://mcp.example/").hint == "sallyport help try")
  }

  @Test func thereIsALimit() {
    let words = [String](repeating: "--all", count: 1025)
    #expect(throws: Failure.self) { try Invocation(verb, words) }
  }

  @Test(arguments: ["", "x", "-1", "0", "86401", "1e3", "99999999999999999999", "1.5", " 5", "٣"])
  func aNumberIsAWholeNumberOfSeconds(_ text: String) throws {
    let invocation = try parse("--timeout=\(text)")
    #expect(throws: Failure.self) { try invocation.number("timeout", in: 1...86_400) }
  }

  @Test func aNumberInRangeIsTaken() throws {
    #expect(try parse("--timeout=86400").number("timeout", in: 1...86_400) == 86_400)
    #expect(try parse().number("timeout", in: 1...86_400) == nil)
  }
}

@Suite struct AccountChoiceTests {
  @Test func theNameWinsOverTheEnvironment() throws {
    #expect(try parse("work").account(environment: { _ in "home" }) == "work")
    #expect(
      try parse().account(environment: { $0 == "SALLYPORT_ACCOUNT" ? "home" : nil }) == "home")
    #expect(try parse().account(environment: { _ in nil }) == nil)
  }

  @Test(arguments: [
    "", "../x", "a b", "a\nb", "\u{1b}[2J", "é", "-x", String(repeating: "a", count: 65),
  ])
  func whatIsNoNameIsRefused(_ name: String) throws {
    #expect(throws: Failure.self) { try parse("--", name).account(environment: { _ in nil }) }
    #expect(throws: Failure.self) { try parse().account(environment: { _ in name }) }
  }
}

@Suite struct VerbTests {
  @Test func everyVerbIsFoundAndANearMissIsNamed() throws {
    for verb in Verbs.all { #expect(try Verbs.named(verb.name).name == verb.name) }
    let failure = try #require(throws: Failure.self) { _ = try Verbs.named("tokn") }
    #expect(failure.description == "there is no verb tokn; did you mean token?")
    #expect(failure.code.exitStatus == 2)
  }

  @Test func everyHelpTextFitsATerminal() {
    for text in Verbs.all.map(Help.text(of:)) + [Help.overview] {
      for line in text.split(separator: "\n") { #expect(line.count <= 100, "\(line)") }
      #expect(text.hasPrefix("usage: sallyport"))
      #expect(text.split(separator: "\n").count <= 66)
    }
  }

  @Test func everyOptionHasHelp() {
    for option in Verbs.all.flatMap(\.options) {
      #expect(!option.help.isEmpty)
      #expect(!option.help.hasSuffix("."))
    }
  }
}

@Suite struct HostileArgumentTests {
  @Test(arguments: [
    "", "-", "--", "---", "=", "--=", "-=", "--help=", "-h-", "--\u{0}", "\u{FFFD}", "--format==",
    "--\u{202E}", "--issuer", "--issuer=", String(repeating: "-", count: 10_000),
    String(repeating: "a", count: 10_000), "-\u{1F600}", "🏳️‍🌈", "e\u{301}",
  ])
  func noWordIsATrap(_ word: String) {
    for verb in Verbs.all {
      for words in [[word], [word, word], ["--", word], ["x", word]] {
        if let invocation = try? Invocation(verb, words) {
          _ = try? invocation.account(environment: { _ in word })
          _ = try? invocation.format()
          _ = try? LoginOptions.settings(of: invocation)
        }
      }
    }
    _ = try? Verbs.named(word)
    _ = splitWords(word)
    _ = BrowserCommand.candidates(for: word, browser: word, hasDisplay: true, isWSL: true)
    _ = PastedLine(word, redirectURI: word)
  }
}
