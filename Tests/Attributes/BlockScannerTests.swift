import Attributes
import Testing

@Suite("The end of a block in received bytes")
struct BlockScannerTests {
  /// What the scanner says when `bytes` arrive in pieces of `size`.
  private func scan(_ bytes: [UInt8], inPiecesOf size: Int) -> BlockScanner.Result {
    var scanner = BlockScanner()
    var result = BlockScanner.Result.incomplete
    var end = 0
    while end < bytes.count, result == .incomplete {
      end = min(end + size, bytes.count)
      result = bytes[..<end].withUnsafeBytes { scanner.scan($0) }
    }
    return result
  }

  @Test(arguments: [1, 2, 3, 7, 1000]) func theLengthIsTheSameHoweverTheBytesArrive(size: Int) {
    let block = Array("a=1\nbb=22\n\n".utf8)
    #expect(scan(block, inPiecesOf: size) == .complete(length: 11))
    #expect(scan([10], inPiecesOf: size) == .complete(length: 1))
    #expect(scan(Array(block.dropLast()), inPiecesOf: size) == .incomplete)
    #expect(scan([], inPiecesOf: size) == .incomplete)
  }

  @Test func theFirstBlockEndsWhereItEnds() {
    #expect(scan(Array("a=1\n\nb=2\n\n".utf8), inPiecesOf: 100) == .complete(length: 5))
  }

  @Test func itBeginsAnewAfterABlock() {
    var scanner = BlockScanner()
    let first = Array("a=1\n\n".utf8)
    let second = Array("bbbb=2\n\n".utf8)
    #expect(first.withUnsafeBytes { scanner.scan($0) } == .complete(length: 5))
    #expect(second.withUnsafeBytes { scanner.scan($0) } == .complete(length: 8))
  }

  @Test func aLineIsRefusedAtItsFirstByteTooMany() {
    let line = [UInt8](repeating: 0x61, count: AttributeLimits.lineLength)
    #expect(scan(line, inPiecesOf: 4096) == .incomplete)
    #expect(scan(line + [10, 10], inPiecesOf: 4096) == .complete(length: line.count + 2))
    #expect(scan(line + [0x61], inPiecesOf: 4096) == .refused(.lineTooLong(line: 1)))
    let later = Array("a=1\n".utf8) + line + [0x61]
    #expect(scan(later, inPiecesOf: 4096) == .refused(.lineTooLong(line: 2)))
  }

  @Test func tooManyLinesAreRefusedBeforeTheBlockEnds() {
    let most = Array(manyLines(AttributeLimits.linesInBlock).utf8)
    #expect(scan(most + [10], inPiecesOf: 4096) == .complete(length: most.count + 1))
    #expect(scan(most + Array("z=1\n".utf8), inPiecesOf: 4096) == .refused(.blockTooLong))
  }

  @Test func aBlockIsRefusedWhenItIsTooLongWhetherOrNotItEnds() {
    let line = Array(("k=" + String(repeating: "v", count: 60_000) + "\n").utf8)
    let tooLong = Array(repeatElement(line, count: 9).joined())
    #expect(tooLong.count > AttributeLimits.blockLength)
    #expect(scan(tooLong, inPiecesOf: 4096) == .refused(.blockTooLong))
    #expect(scan(tooLong + [10], inPiecesOf: .max / 2) == .refused(.blockTooLong))
  }
}
