import Testing

@testable import Command

@Suite struct WipedBufferTests {
  private func text(_ buffer: borrowing WipedBuffer) -> String {
    String(decoding: buffer.bytes, as: UTF8.self)
  }

  @Test func bytesAreKeptWhileItGrows() {
    var buffer = WipedBuffer(capacity: 1)
    for _ in 0..<100 { buffer.append("0123456789") }
    #expect(buffer.count == 1000)
    #expect(text(buffer) == String(repeating: "0123456789", count: 100))
  }

  @Test func bytesAreDroppedFromBothEnds() {
    var buffer = WipedBuffer()
    buffer.append("hello world")
    buffer.dropFirst(6)
    #expect(text(buffer) == "world")
    buffer.truncate(to: 3)
    #expect(text(buffer) == "wor")
    buffer.truncate(to: 9)
    buffer.dropFirst(99)
    #expect(buffer.count == 0)
    buffer.append(constant: "again")
    #expect(text(buffer) == "again")
  }

  @Test func whatIsDroppedIsWiped() {
    var buffer = WipedBuffer()
    buffer.append("secret")
    let start = buffer.bytes.baseAddress
    buffer.truncate(to: 2)
    let rest = UnsafeRawBufferPointer(start: start, count: 6)
    #expect(Array(rest) == [UInt8(ascii: "s"), UInt8(ascii: "e"), 0, 0, 0, 0])
    buffer.dropFirst(1)
    #expect(Array(rest) == [UInt8(ascii: "e"), 0, 0, 0, 0, 0])
  }

  @Test func nothingIsCountedBeyondTheRoom() {
    var buffer = WipedBuffer(capacity: 4)
    buffer.extend(by: 1_000)
    #expect(buffer.count == 4)
    buffer.extend(by: -3)
    #expect(buffer.count == 4)
  }
}
