import Attributes
import Platform
import Secrets
import Testing
import Vault

@testable import Agent

@Suite("Records on their way to a courier, and back")
struct CourierFeedTests {
  private let pool = SecretPool()

  private func frame(_ length: Int) throws -> RecordFrame {
    let sealed = (0..<length).map { UInt8(truncatingIfNeeded: $0 / 7) }
    return try #require(RecordFrame(sequence: 7, kind: .session, name: "work", sealed: sealed))
  }

  /// What a feed says in the end, block by block.
  private func blocks(_ feed: some CourierFeed) throws -> [Reply] {
    var text = ""
    var buffer = SecretBuffer(in: pool)
    while try feed.feed(&buffer) {
      text += buffer.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
      buffer.releaseSlot()
      buffer = SecretBuffer(in: pool)
    }
    var blocks: [Reply] = []
    var lines: [String] = []
    for line in text.split(separator: "\n", omittingEmptySubsequences: false).dropLast() {
      if line.isEmpty {
        blocks.append(Reply(lines: lines))
        lines = []
      } else {
        lines.append(String(line))
      }
    }
    #expect(lines.isEmpty, "the last block has its end")
    return blocks
  }

  @Test(arguments: [28, 29, 16_384, 16_385, 131_072, 131_073, 524_316])
  func aRecordOfAnyLengthComesAsItIs(length: Int) throws {
    let frame = try frame(length)
    let blocks = try blocks(FrameFeed([frame]))
    #expect(blocks.last?.lines == ["end=yes"])
    var record: SealedRecord?
    for (index, block) in blocks.dropLast().enumerated() {
      let isLast = index == blocks.count - 2
      #expect((block["more"] == nil) == isLast)
      #expect(block.lines.allSatisfy { $0.utf8.count <= AttributeLimits.lineLength })
      try withBlock(block.lines.map { $0 + "\n" }.joined()) { block in
        if record == nil { record = SealedRecord(block) }
        let isTaken = record?.take(block)
        #expect(isTaken == true)
      }
    }
    #expect(record?.frame == frame)
  }

  @Test func allOfThemAndThenTheEnd() throws {
    #expect(try blocks(FrameFeed([])).map(\.lines) == [["end=yes"]])
    let three = try blocks(FrameFeed([frame(28), frame(200_000), frame(28)]))
    #expect(three.map { $0["more"] } == [nil, "yes", nil, nil, nil])
    #expect(three.last?.lines == ["end=yes"])
  }

  @Test(arguments: [
    "record=session\nname=a\nsealed[]=00\n", "sequence=x\nrecord=session\nname=a\n",
    "sequence=1\nrecord=poem\nname=a\n", "sequence=1\nrecord=session\n",
    "sequence=-1\nrecord=session\nname=a\n",
  ])
  func whatIsNoRecordIsNotTaken(text: String) throws {
    try withBlock(text) { #expect(SealedRecord($0) == nil) }
  }

  @Test(arguments: ["0", "0g", "AA"])
  func whatIsNotHexadecimalIsNotTaken(digits: String) throws {
    try withBlock("sequence=1\nrecord=session\nname=a\nsealed[]=\(digits)\n") { block in
      var record = try #require(SealedRecord(block))
      let isTaken = record.take(block)
      #expect(!isTaken)
    }
  }

  @Test func aRecordHasAnEnd() throws {
    let piece = String(repeating: "00", count: 30_000)
    let text =
      "sequence=1\nrecord=session\nname=a\n"
      + String(repeating: "sealed[]=\(piece)\n", count: 4)
    try withBlock(text) { block in
      var record = try #require(SealedRecord(block))
      var pieces = 0
      while record.take(block) { pieces += 1 }
      #expect(pieces == 4, "half a megabyte")
    }
  }

  @Test func aSealThatIsTooShortIsNoRecord() throws {
    try withBlock("sequence=1\nrecord=session\nname=a\nsealed[]=00\n") { block in
      var record = try #require(SealedRecord(block))
      let isTaken = record.take(block)
      #expect(isTaken)
      #expect(record.frame == nil)
    }
  }
}
