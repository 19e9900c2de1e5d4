import Platform
import Testing

@Suite("Text of unknown origin, on a terminal")
struct PrintableTextTests {
  @Test(arguments: ["plain text", "naïve — 你好 🚪", "a'b\"c\\d%s<script>", ""])
  func ordinaryTextIsLeftAlone(text: String) {
    #expect(printable(text) == text)
  }

  // CWE-150: what moves a cursor, forges a line or turns the reading direction.
  @Test(arguments: [
    // C0 and DEL.
    "\u{1B}", "\u{0}", "\u{7}", "\u{8}", "\t", "\n", "\r", "\u{B}", "\u{C}", "\u{7F}",
    // C1: NEL, DCS, CSI, ST, OSC, APC.
    "\u{80}", "\u{84}", "\u{85}", "\u{90}", "\u{9B}", "\u{9C}", "\u{9D}", "\u{9F}",
    // Bidi.
    "\u{202A}", "\u{202B}", "\u{202D}", "\u{202E}", "\u{2066}", "\u{2069}", "\u{200E}",
    "\u{200F}", "\u{61C}",
    // Separators, zero width, annotations, tags.
    "\u{2028}", "\u{2029}", "\u{200B}", "\u{200D}", "\u{2060}", "\u{FEFF}", "\u{FFF9}",
    "\u{E0041}",
  ])
  func aControlBecomesASpace(character: String) {
    #expect(printable("a\(character)b") == "a b")
  }

  @Test func anEscapeSequenceLosesItsPower() {
    #expect(
      printable("\u{1B}]0;title\u{7}\u{1B}[2J\r\nsallyport: all is well")
        == " ]0;title  [2J  sallyport: all is well")
  }

  @Test func aCombinedCharacterCannotHideAControl() {
    // CR LF is one Character of Swift, and so is a letter with a zero-width joiner.
    #expect(printable("\r\n") == "  ")
    #expect(printable("e\u{301}\u{200D}x") == "e\u{301} x")
  }

  @Test func longTextIsCut() {
    #expect(printable("abcdef", limit: 3) == "abc…")
    #expect(printable("abc", limit: 3) == "abc")
    #expect(printable(String(repeating: "x", count: 10_000)).unicodeScalars.count == 501)
  }
}
