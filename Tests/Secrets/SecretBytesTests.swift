import Testing

@testable import Secrets

@Suite("A secret")
struct SecretBytesTests {
  private let pool = SecretPool()

  @Test func holdsACopyOfItsBytes() {
    var source = Array("refresh-token".utf8)
    let secret = pool.secret(source)
    source = [UInt8](repeating: 0, count: source.count)
    let (count, contents) = (secret.count, secret.contents())
    #expect(count == 13)
    #expect(contents == Array("refresh-token".utf8))
    #expect(source != contents)
  }

  @Test func mayBeEmpty() {
    let secret = pool.secret("")
    let (count, contents) = (secret.count, secret.contents())
    #expect(count == 0)
    #expect(contents == [])
    #expect(pool.bytesInUse > 0)
  }

  @Test func isWipedWithItsWholeSlotWhenItEnds() throws {
    let text = "a token of more than sixty-four bytes: " + String(repeating: "x", count: 80)
    let secret = pool.secret(text)
    let place = secret.place()
    #expect(try bytes(at: place, count: text.utf8.count) == Array(text.utf8))
    _ = consume secret
    // The pool keeps its last arena, so that the page is still there to be looked at.
    #expect(pool.mappedBytes == SecretArena.ordinarySize)
    #expect(try bytes(at: place, count: 128).allSatisfy { $0 == 0 })
  }

  @Test func liesInThePoolsPages() throws {
    let secret = pool.secret("token")
    let slot = pool.slot(holding: 1)
    let (one, other) = (secret.place(), UnsafeRawPointer(slot.bytes.baseAddress))
    let distance = try #require(other) - (try #require(one))
    #expect(abs(distance) < SecretArena.ordinarySize)
  }

  @Test func equalsOnlyTheSameBytes() {
    let secret = pool.secret("token")
    func equals(_ text: String) -> Bool {
      Array(text.utf8).withUnsafeBytes { secret.equalsInConstantTime($0) }
    }
    #expect(equals("token"))
    for other in ["", "toke", "tokens", "Token", "tokeN", "tokem", "\u{0}oken"] {
      #expect(!equals(other))
    }
    #expect([UInt8]().withUnsafeBytes { pool.secret("").equalsInConstantTime($0) })
  }

  /// The comparison looks at every byte: secrets that differ in one place only are told apart
  /// wherever that is.
  @Test(arguments: [1, 63, 64, 65, 500]) func aDifferenceAnywhereIsSeen(length: Int) {
    let bytes = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
    let secret = pool.secret(bytes)
    for index in bytes.indices {
      var other = bytes
      other[index] ^= 0x80
      let isEqual = secret.equals(other)
      #expect(!isEqual, "byte \(index)")
    }
    let isEqual = secret.equals(bytes)
    #expect(isEqual)
  }
}
