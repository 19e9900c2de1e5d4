import Attributes
import Testing

@testable import Secrets

@Suite("A buffer of secrets")
struct SecretBufferTests {
  private let pool = SecretPool()

  private func expect(
    _ buffer: borrowing SecretBuffer, _ contents: [UInt8],
    sourceLocation: SourceLocation = #_sourceLocation
  ) {
    let (found, isEmpty) = (buffer.contents(), buffer.isEmpty)
    #expect(found == contents, sourceLocation: sourceLocation)
    #expect(isEmpty == contents.isEmpty, sourceLocation: sourceLocation)
  }

  @Test func isAQueueOfBytes() {
    var buffer = SecretBuffer(in: pool)
    expect(buffer, [])
    expect(buffer, [])
    buffer.add("abc")
    buffer.add("")
    buffer.add("def")
    let count = buffer.count
    #expect(count == 6)
    buffer.removeFirst(2)
    expect(buffer, Array("cdef".utf8))
    buffer.removeFirst(100)
    expect(buffer, [])
    buffer.add("again")
    expect(buffer, Array("again".utf8))
  }

  @Test func takesNoSlotBeforeItsFirstByte() {
    var buffer = SecretBuffer(in: pool)
    buffer.add([])
    buffer.removeAll()
    #expect(pool.bytesInUse == 0)
    buffer.add("x")
    #expect(pool.bytesInUse > 0)
    buffer.releaseSlot()
    #expect(pool.bytesInUse == 0)
  }

  @Test func whatIsRemovedIsWiped() throws {
    var buffer = SecretBuffer(in: pool)
    buffer.add("password=secret\nrest")
    let place = buffer.place()
    buffer.removeFirst(16)
    #expect(
      try bytes(at: place, count: 20) == [UInt8](repeating: 0, count: 16) + Array("rest".utf8))
    buffer.removeAll()
    #expect(try bytes(at: place, count: 20).allSatisfy { $0 == 0 })
  }

  @Test func theOldSlotIsWipedWhenTheBufferGrows() throws {
    var buffer = SecretBuffer(in: pool)
    buffer.add("secret")
    let place = buffer.place()
    let more = [UInt8](repeating: 0x2A, count: 5000)
    buffer.add(more)
    let newPlace = buffer.place()
    #expect(newPlace != place)
    #expect(try bytes(at: place, count: 1024).allSatisfy { $0 == 0 })
    expect(buffer, Array("secret".utf8) + more)
  }

  @Test func itsSlotIsWipedWhenItEndsOrIsReleased() throws {
    var buffer = SecretBuffer(in: pool)
    buffer.add("secret")
    let first = buffer.place()
    buffer.releaseSlot()
    #expect(try bytes(at: first, count: 6).allSatisfy { $0 == 0 })
    buffer.add("secret")
    let second = buffer.place()
    _ = consume buffer
    #expect(try bytes(at: second, count: 6).allSatisfy { $0 == 0 })
    #expect(pool.bytesInUse == 0)
  }

  @Test func bytesThatMoveToTheFrontLeaveNoCopyBehind() throws {
    var buffer = SecretBuffer(in: pool)
    buffer.add([UInt8](repeating: 0x11, count: 1000))
    let front = buffer.place()
    buffer.removeFirst(900)
    let inUse = pool.bytesInUse
    buffer.add([UInt8](repeating: 0x22, count: 600))
    let newPlace = buffer.place()
    #expect(newPlace == front, "there was room in the slot")
    #expect(pool.bytesInUse == inUse)
    let expected = [UInt8](repeating: 0x11, count: 100) + [UInt8](repeating: 0x22, count: 600)
    expect(buffer, expected)
    #expect(try bytes(at: front, count: 1024).dropFirst(700).allSatisfy { $0 == 0 })
  }

  @Test func fillTakesAsManyBytesAsWereWritten() {
    var buffer = SecretBuffer(in: pool)
    buffer.add("a")
    let count = buffer.fill(room: 4096) { room in
      #expect(room.count == 4096)
      room[0] = UInt8(ascii: "b")
      return 1
    }
    #expect(count == 1)
    expect(buffer, Array("ab".utf8))
    let (nothing, failure) = (buffer.fill(room: 10) { _ in 0 }, buffer.fill(room: 10) { _ in -1 })
    #expect(nothing == 0)
    #expect(failure == -1)
    expect(buffer, Array("ab".utf8))
  }

  @Test func longTrafficKeepsItSmall() {
    var buffer = SecretBuffer(in: pool)
    var expected: [UInt8] = []
    for round in 0..<2000 {
      let piece = [UInt8](repeating: UInt8(truncatingIfNeeded: round), count: 300)
      buffer.add(piece)
      expected += piece
      let gone = min(expected.count, 299)
      buffer.removeFirst(gone)
      expected.removeFirst(gone)
    }
    expect(buffer, expected)
    #expect(pool.bytesInUse <= 8192)
  }

  @Test func attributesAreWrittenIntoItsPages() throws {
    var buffer = SecretBuffer(in: pool)
    try buffer.append("access_token", "t")
    buffer.append("expires_in", Int64.min)
    buffer.endBlock()
    let text = String(decoding: buffer.contents(), as: UTF8.self)
    #expect(text == "access_token=t\nexpires_in=-9223372036854775808\n\n")
  }
}
