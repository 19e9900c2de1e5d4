import Testing

@testable import OAuth

@Suite struct PrintableTextTests {
  @Test(arguments: [
    ("plain text", "plain text"),
    ("two\nlines\r\nand\ttabs", "two lines and tabs"),
    ("a\u{2028}b\u{2029}c\u{85}d\u{B}e", "a b c d e"),
    ("\u{1B}[31mred\u{1B}[0m", "red"),
    ("\u{9B}2Jgone", "gone"),
    ("\u{1B}]0;title\u{7}after", "after"),
    ("\u{1B}]8;;https://evil.example\u{1B}\\link", "link"),
    ("\u{1B}Pdevice\u{9C}after", "after"),
    ("\u{1B}", ""), ("\u{1B}[", ""), ("\u{1B}]never ends", ""),
    ("a\u{0}b\u{7}c\u{7F}d", "abcd"),
    ("\u{202E}evil\u{2066}x\u{200B}y\u{FEFF}", "evilxy"),
    ("  around   and between  ", "around and between"),
    ("grüße, 日本 😀", "grüße, 日本 😀"),
    ("\u{E000}private", "private"),
  ])
  func `only what can be shown on one line is left`(raw: String, shown: String) {
    #expect(PrintableText(raw).text == shown)
  }

  @Test func `length is bounded`() {
    let long = PrintableText(String(repeating: "a b", count: 100_000)).text
    #expect(long.unicodeScalars.count == PrintableText.maximumLength)
    let marks = PrintableText("a" + String(repeating: "\u{301}", count: 10_000)).text
    #expect(marks.unicodeScalars.count <= PrintableText.maximumLength)
  }

  @Test func `secrets are taken out, encoded ones too`() {
    let secret = "s3cret+value/1"
    let raw = "code \(secret) or \(FormParameters.encode(secret)) is invalid"
    #expect(PrintableText(raw, redacting: [secret]).text == "code … or … is invalid")
    #expect(PrintableText("nothing here", redacting: ["", "a"]).text == "nothing here")
  }
}

@Suite struct GrammarTests {
  @Test func `the sets of RFC 6749 appendix A end where they end`() {
    for byte in UInt8(0)...0x7F {
      let text = String(Unicode.Scalar(byte))
      #expect(Grammar.isVSCHAR(text) == (0x20...0x7E).contains(byte))
      #expect(Grammar.isVisible(text) == (0x21...0x7E).contains(byte))
      let isQuoted = byte == 0x22 || byte == 0x5C
      #expect(Grammar.isNQSCHAR(text) == ((0x20...0x7E).contains(byte) && !isQuoted))
      #expect(Grammar.isScopeToken(text) == ((0x21...0x7E).contains(byte) && !isQuoted))
    }
  }

  @Test func `the empty text and text beyond ASCII are in none`() {
    for text in ["", "é", "\u{80}", "a\u{301}"] {
      #expect(!Grammar.isVSCHAR(text) && !Grammar.isVisible(text) && !Grammar.isNQSCHAR(text))
      #expect(!Grammar.isScopeToken(text) && !Grammar.isUnreserved(text))
    }
  }
}

@Suite struct ScopeTests {
  @Test func `tokens are separated by one space`() throws {
    let scope = try Scope("  openid   profile offline_access ")
    #expect(scope.text == "openid profile offline_access")
    #expect(scope.asksForIDToken)
    #expect(try !Scope("openidx profile").asksForIDToken)
  }

  @Test(arguments: ["", " ", "a\"b", "a\\b", "a\nb", "a\tb", "é", "a\r\nb"])
  func `other characters are refused`(text: String) {
    #expect(throws: ScopeFault.badCharacter) { try Scope(text) }
  }
}

@Suite struct HTTPDateTests {
  @Test(arguments: [
    ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777), ("Thu, 01 Jan 1970 00:00:00 GMT", 0),
    ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200),
    ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
  ])
  func `dates are counted in seconds`(text: String, seconds: Int64) {
    #expect(HTTPDate.parse(text) == seconds)
  }

  @Test(arguments: [
    "", "Sun, 06 Nov 1994 08:49:37", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06  Nov 1994 08:49:37",
    "Foo, 06 Nov 1994 08:49:37 GMT", "Foo Nov  6 08:49:37 1994", "Sun Nov 6 08:49:37 1994",
    "Sun Nov 06 08:49:37 1994", "Sun Nov  6 08:49:37 94", "Sun Nov   6 08:49:37 1994",
    "Sun Nov  6 08:49:37 1994 GMT", "Sun, 06 Nov 1994 08:49:37 UTC", "Sun,",
    "Sun, 6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 24:49:37 GMT",
    "Sun, 06 Foo 1994 08:49:37 GMT",
    "Sun, 06 Nov 1969 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49 GMT",
    "Sun, +6 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 99999 08:49:37 GMT",
  ])
  func `other texts are no dates`(text: String) {
    #expect(HTTPDate.parse(text) == nil)
  }

  @Test(arguments: [
    ("Sun Nov  6 08:49:37 1994", 784_111_777), ("Wed Nov 16 08:49:37 1994", 784_975_777),
    ("Sunday, 06-Nov-94 08:49:37 GMT", 784_111_777),
    ("Tuesday, 14-Nov-23 22:15:40 GMT", 1_700_000_140),
    ("Saturday, 14-Nov-71 22:15:40 GMT", 3_214_764_940),
    ("Sunday, 14-Nov-73 22:15:40 GMT", 3_277_923_340),
    ("Thursday, 14-Nov-74 22:15:40 GMT", 153_699_340),
  ])
  func `the two obsolete forms are dates too`(text: String, seconds: Int64) {
    #expect(HTTPDate.parse(text, now: now) == seconds)
  }

  @Test(arguments: [
    "Sunday, 06-Nov-94 08:49:37", "Sun, 06-Nov-94 08:49:37 GMT", "Foo, 06-Nov-94 08:49:37 GMT",
    "Sunday, 06-Nov-1994 08:49:37 GMT", "Sunday, 6-Nov-94 08:49:37 GMT",
    "Sunday, 06 Nov 94 08:49:37 GMT", "Sunday, 06-Nov--4 08:49:37 GMT",
    "Sunday, 06-Nov-94 25:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT ",
  ])
  func `what only resembles the form of RFC 850 is no date`(text: String) {
    #expect(HTTPDate.parse(text, now: now) == nil)
  }

  @Test(arguments: [
    ("0", 0), ("120", 120), ("300", 300), ("301", 300), ("3600", 300),
    ("99999999999999999999999999", 300), ("Tue, 14 Nov 2023 22:15:40 GMT", 40),
    ("Sun, 06 Nov 1994 08:49:37 GMT", 0), ("Fri, 31 Dec 9999 23:59:59 GMT", 300),
  ])
  func `a wait is bounded`(field: String, wait: Int64) {
    #expect(RetryAfter.parse(field, now: now) == wait)
  }

  @Test(arguments: [nil, "", "-1", "1.5", "soon", " 5", "1e3", "٣"])
  func `a senseless wait is none`(field: String?) {
    #expect(RetryAfter.parse(field, now: now) == nil)
  }

  @Test func `an extreme clock does not trap`() {
    #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: .min) == nil)
    #expect(RetryAfter.parse("Sun, 06 Nov 1994 08:49:37 GMT", now: .max) == 0)
    for now in [Int64.min, -1, .max] {
      _ = HTTPDate.parse("Sunday, 06-Nov-94 08:49:37 GMT", now: now)
    }
  }
}
