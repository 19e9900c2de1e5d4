import Attributes
import Testing

@Suite("Attributes, written")
struct AttributeSinkTests {
  /// What `write` appends, as text.
  private func text(_ write: (inout [UInt8]) throws -> Void) rethrows -> String {
    var bytes: [UInt8] = []
    try write(&bytes)
    return String(decoding: bytes, as: UTF8.self)
  }

  /// Expects `write` to be refused and to leave no byte behind.
  private func expectRefusal(
    of key: String, _ write: (inout [UInt8]) throws(AttributeFault) -> Void,
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    var bytes: [UInt8] = [1, 2, 3]
    do throws(AttributeFault) {
      try write(&bytes)
      Issue.record("\(key) was written", sourceLocation: sourceLocation)
    } catch { #expect(error == .valueUnwritable(key: key), sourceLocation: sourceLocation) }
    #expect(bytes == [1, 2, 3], sourceLocation: sourceLocation)
  }

  @Test func whatIsWrittenIsReadBack() throws {
    let written = try text { bytes in
      try bytes.append("account", "wörk \t=x")
      bytes.append("event", constant: "done")
      bytes.append("expires_in", 3600)
      try bytes.append(key: "want", isList: true, value: "id_token")
      bytes.endBlock()
    }
    #expect(written == "account=wörk \t=x\nevent=done\nexpires_in=3600\nwant[]=id_token\n\n")
    #expect(try lines(written).count == 4)
  }

  // CVE-2020-5260, CVE-2024-52006: a token must never become a second line.
  @Test(arguments: ["\n", "a\nhost=evil", "\u{0}", "a\u{0}"])
  func aNewlineOrNULIsRefusedAndNothingWritten(value: String) {
    expectRefusal(of: "k") { (bytes) throws(AttributeFault) in try bytes.append("k", value) }
    expectRefusal(of: "r") { (bytes) throws(AttributeFault) in
      try bytes.append(key: "r", isList: true, value: value)
    }
    let raw = Array(value.utf8)
    expectRefusal(of: "s") { (bytes) throws(AttributeFault) in
      let result: Result<Void, AttributeFault> = raw.withUnsafeBytes { value in
        do throws(AttributeFault) { return .success(try bytes.append("s", value)) } catch {
          return .failure(error)
        }
      }
      try result.get()
    }
  }

  @Test func aCarriageReturnIsDataAndWritten() throws {
    #expect(try text { try $0.append("k", "a\rb") } == "k=a\rb\n")
  }

  @Test(arguments: ["", "a=b", "a b", "a\nb", "é"])
  func aKeyMadeAtRunTimeIsCheckedToo(key: String) {
    expectRefusal(of: key) { (bytes) throws(AttributeFault) in
      try bytes.append(key: key, value: "v")
    }
  }

  @Test func theLongestLineThatCanBeReadCanBeWritten() throws {
    let longest = String(repeating: "v", count: AttributeLimits.lineLength - 2)
    let written = try text { try $0.append("k", longest) }
    #expect(written.utf8.count == AttributeLimits.lineLength + 1)
    #expect(try lines(written).count == 1)
    expectRefusal(of: "k") { (bytes) throws(AttributeFault) in try bytes.append("k", longest + "v")
    }
    expectRefusal(of: "k") { (bytes) throws(AttributeFault) in
      try bytes.append(key: "k", isList: true, value: String(longest.dropLast()))
    }
    let item = try text {
      try $0.append(key: "k", isList: true, value: String(longest.dropLast(2)))
    }
    #expect(item.utf8.count == AttributeLimits.lineLength + 1)
  }

  @Test(
    arguments: [
      (0, "0"), (7, "7"), (-1, "-1"), (1_700_000_000, "1700000000"),
      (Int64.max, "9223372036854775807"), (Int64.min, "-9223372036854775808"),
    ] as [(Int64, String)])
  func numbersAreWrittenInDecimal(number: Int64, digits: String) throws {
    let written = text { $0.append("n", number) }
    #expect(written == "n=\(digits)\n")
    #expect(try reading(written) { $0.integer("n") } == number)
  }

  @Test func textForPeopleIsCutAndCleanedRatherThanRefused() throws {
    #expect(text { $0.append("m", oneLine: "a\nb\u{0}c") } == "m=a b c\n")
    let long = text { $0.append("m", oneLine: String(repeating: "x", count: 5000)) }
    #expect(long.utf8.count == 2 + 4096 + 1)
  }

  @Test(arguments: 0..<4) func aCutNeverBreaksACharacter(offset: Int) throws {
    let message = String(repeating: "x", count: offset) + String(repeating: "€😀", count: 1000)
    let written = text { $0.append("m", oneLine: message) }
    let read = try #require(try reading(written) { $0.string("m") })
    #expect(message.hasPrefix(read))
    #expect(read.utf8.count > 4090)
  }
}
