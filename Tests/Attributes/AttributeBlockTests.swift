import Attributes
import Testing

@Suite("A block of attributes, read")
struct AttributeBlockTests {
  @Test func linesAreReadInOrder() throws {
    #expect(
      try lines("action=get\nhost=a\nhosts[]=b\nhosts[]=c\n\n") == [
        "action=get", "host=a", "hosts[]=b", "hosts[]=c",
      ])
  }

  @Test func aBlankLineEndsTheBlock() throws {
    #expect(try lines("a=1\n\nb=2\n") == ["a=1"])
    #expect(fault("a=1\n\n\u{0}nonsense") == nil)
  }

  @Test(arguments: ["", "\n", "\n\n"]) func aBlockMayBeEmpty(text: String) throws {
    #expect(try reading(text) { $0.isEmpty })
  }

  @Test func theLastLineNeedsNoNewline() throws {
    #expect(try lines("a=1\nb=2") == ["a=1", "b=2"])
    #expect(try lines("a=") == ["a="])
  }

  @Test func aValueHoldsAnyByteButNewlineAndNUL() throws {
    let value = (1...255).filter { $0 != 10 }.map { UInt8($0) }
    let bytes = Array("key=".utf8) + value + [10]
    let read = try reading(bytes) { block in block["key"].map { Array($0) } }
    #expect(read == value)
  }

  // CVE-2024-50338: a helper that takes a lone CR for a line end can be given another host.
  @Test(arguments: ["\r", "\r\r", "\u{0B}", "\u{0C}", "\u{85}", "\u{2028}"])
  func onlyTheByte0AEndsALine(separator: String) throws {
    let text = "host=good.example\(separator)host=evil.example\n\n"
    #expect(try lines(text) == ["host=good.example\(separator)host=evil.example"])
  }

  @Test func aCarriageReturnBeforeTheNewlineIsPartOfTheValue() throws {
    #expect(try lines("a=1\r\nb=2\r\n") == ["a=1\r", "b=2\r"])
    #expect(fault("a=1\r\n\r\n") == .keyMalformed(line: 2))
  }

  @Test func theFirstEqualsSignEndsTheKey() throws {
    #expect(try lines("url=https://h/?a=b&c==d\n") == ["url=https://h/?a=b&c==d"])
  }

  @Test func aLineWithoutKeyIsRefused() {
    #expect(fault("novalue\n") == .lineWithoutKey(line: 1))
    #expect(fault("a=1\n=value\n") == .lineWithoutKey(line: 2))
    #expect(fault("=") == .lineWithoutKey(line: 1))
  }

  @Test(arguments: [" a=1", "a b=1", "a\t=1", "\u{1B}a=1", "é=1", "a\u{7F}=1", "a\r=1"])
  func aKeyIsPrintableASCIIWithoutSpaces(line: String) {
    #expect(fault("ok=1\n\(line)\n") == .keyMalformed(line: 2))
  }

  @Test func aNULByteIsRefusedWhereverItStands() {
    #expect(fault("a=1\nb=x\u{0}y\n") == .nulByte(line: 2))
    #expect(fault("a\u{0}=x\n") == .nulByte(line: 1))
  }

  // CVE-2020-5260: a second host line must never win over the first, nor the first over it.
  @Test func aKeyGivenTwiceIsRefused() {
    #expect(fault("host=a\nhost=b\n") == .keyRepeated(line: 2))
    #expect(fault("host=a\nx=1\nhost=a\n\n") == .keyRepeated(line: 3))
  }

  @Test func aListAndAPlainKeyOfOneNameAreTwoThings() throws {
    try reading("a=1\na[]=2\na[]=3\n") { block in
      #expect(block.string("a") == "1")
      #expect(block.strings("a") == ["2", "3"])
    }
    #expect(fault("a[]=2\na=1\na=1\n") == .keyRepeated(line: 3))
  }

  @Test func bracketsAloneAreNoList() throws {
    #expect(try lines("[]=1\n") == ["[]=1"])
    #expect(fault("[]=1\n[]=2\n") == .keyRepeated(line: 2))
  }

  @Test func aLineMayBeAsLongAsGitAllows() throws {
    let longest = "k=" + String(repeating: "v", count: AttributeLimits.lineLength - 2)
    #expect(AttributeLimits.lineLength == 65_535)
    #expect(try lines(longest + "\n") == [longest])
    #expect(fault("a=1\n\(longest)v\n") == .lineTooLong(line: 2))
    #expect(fault(longest + "v") == .lineTooLong(line: 1))
  }

  @Test func aBlockHasABoundedNumberOfLines() {
    #expect(fault(manyLines(AttributeLimits.linesInBlock)) == nil)
    #expect(fault(manyLines(AttributeLimits.linesInBlock + 1)) == .blockTooLong)
  }
}

@Suite("Values of a block")
struct AttributeValueTests {
  @Test func anAbsentKeyIsNilAndAnEmptyValueIsNot() throws {
    try reading("empty=\n") { block in
      #expect(block.string("empty") == "")
      #expect(block["empty"]?.count == 0)
      #expect(block["absent"] == nil)
      #expect(block.strings("absent").isEmpty)
    }
  }

  @Test func aKeyIsMatchedWhole() throws {
    try reading("access_token=t\n") { block in
      #expect(block["access"] == nil)
      #expect(block["access_token_"] == nil)
      #expect(block["ccess_token"] == nil)
      #expect(block["Access_token"] == nil)
    }
  }

  @Test func textThatIsNotUTF8IsNoString() throws {
    let bytes: [UInt8] = Array("a=".utf8) + [0xFF, 10] + Array("l[]=".utf8) + [0xC3, 10]
    try reading(bytes + Array("l[]=ok\n".utf8)) { block in
      #expect(block["a"]?.count == 1)
      #expect(block.string("a") == nil)
      #expect(block.list("l").count == 2)
      #expect(block.strings("l") == ["ok"])
    }
  }

  @Test(
    arguments: [
      ("0", 0), ("-5", -5), ("9223372036854775807", Int64.max), ("9223372036854775808", nil),
      ("-9223372036854775808", Int64.min), ("1e3", nil), ("1.0", nil), (" 1", nil), ("", nil),
      ("0x10", nil), ("１", nil),
    ] as [(String, Int64?)])
  func numbersAreDecimalAndNeverTrap(text: String, value: Int64?) throws {
    #expect(try reading("n=\(text)\n") { $0.integer("n") } == value)
  }

  @Test(arguments: [
    ("yes", true), ("true", true), ("1", true), ("no", false), ("", false), ("YES", false),
    ("yes ", false),
  ])
  func aFlagIsYesTrueOrOne(text: String, value: Bool) throws {
    #expect(try reading("f=\(text)\n") { $0.flag("f") } == value)
    #expect(try reading("g=yes\n") { $0.flag("f") } == false)
  }

  @Test func hasComparesTheWholeValue() throws {
    try reading("action=get\n") { block in
      #expect(block.has("action", "get"))
      #expect(!block.has("action", "ge"))
      #expect(!block.has("action", "gett"))
      #expect(!block.has("other", "get"))
    }
  }

  @Test func aFaultNamesItsLineAndNoByteOfIt() {
    let faults: [AttributeFault] = [
      .lineWithoutKey(line: 7), .keyMalformed(line: 7), .nulByte(line: 7), .keyRepeated(line: 7),
      .lineTooLong(line: 7),
    ]
    for fault in faults { #expect(fault.sentence.contains("line 7")) }
    #expect(AttributeFault.valueUnwritable(key: "password").sentence.contains("password"))
    #expect(AttributeFault.blockTooLong.sentence == "the request is too long")
  }
}
