import Glibc
import Testing

@testable import Secrets

@Suite("The pool of secret pages")
struct SecretPoolTests {
  private let pool = SecretPool()

  @Test func slotsAreWholeGranulesAndDoNotOverlap() throws {
    let first = pool.slot(holding: 1)
    let second = pool.slot(holding: 65)
    let third = pool.slot(holding: 64)
    let counts = [first.bytes.count, second.bytes.count, third.bytes.count]
    #expect(counts == [64, 128, 64])
    let starts = [first.bytes.baseAddress, second.bytes.baseAddress, third.bytes.baseAddress]
      .compactMap { $0 }.map { UInt(bitPattern: $0) }
    #expect(starts.count == 3)
    #expect(starts[1] >= starts[0] + 64 && starts[2] >= starts[1] + 128)
    #expect(pool.bytesInUse == 256)
  }

  @Test func aGapIsUsedAgainAndZeroed() throws {
    let first = pool.slot(holding: 128)
    let place = first.bytes.baseAddress
    first.bytes.copyBytes(from: [UInt8](repeating: 0xAA, count: 128))
    let second = pool.slot(holding: 64)
    _ = consume first
    let third = pool.slot(holding: 100)
    let again = third.bytes
    #expect(again.baseAddress == place)
    #expect(again.allSatisfy { $0 == 0 })
    _ = consume second
  }

  @Test func aWholeArenaCanBeOneSlot() {
    let all = pool.slot(holding: SecretArena.ordinarySize)
    let count = all.bytes.count
    #expect(count == SecretArena.ordinarySize)
    #expect(pool.mappedBytes == SecretArena.ordinarySize)
    let more = pool.slot(holding: 1)
    #expect(pool.mappedBytes == 2 * SecretArena.ordinarySize)
    _ = consume more
    _ = consume all
  }

  @Test func aLargeSecretGetsPagesOfItsOwnAndGivesThemBack() {
    let size = 3 * SecretArena.ordinarySize + 1
    let large = pool.slot(holding: size)
    let count = large.bytes.count
    #expect(count >= size)
    #expect(pool.mappedBytes >= size)
    large.bytes[size - 1] = 1
    _ = consume large
    #expect(pool.mappedBytes == 0)
    #expect(pool.bytesInUse == 0)
  }

  @Test func oneEmptyArenaIsKeptAndTheOthersGivenBack() {
    var secrets: [Holder] = []
    for _ in 0..<5 { secrets.append(Holder(pool, count: SecretArena.ordinarySize)) }
    #expect(pool.mappedBytes == 5 * SecretArena.ordinarySize)
    secrets = []
    #expect(pool.bytesInUse == 0)
    #expect(pool.mappedBytes == SecretArena.ordinarySize)
  }

  @Test func tenThousandSecretsLeaveNothingBehind() {
    var secrets: [Holder] = []
    for count in 1...10_000 { secrets.append(Holder(pool, count: count % 700)) }
    #expect(pool.bytesInUse > 10_000 * 64)
    // Every other one first, so that the arenas are full of gaps and filled again.
    secrets = secrets.enumerated().filter { $0.offset % 2 == 0 }.map(\.element)
    for count in 1...1000 { secrets.append(Holder(pool, count: count)) }
    secrets.shuffle()
    while !secrets.isEmpty { secrets.removeLast() }
    #expect(pool.bytesInUse == 0)
    #expect(pool.mappedBytes == SecretArena.ordinarySize)
  }

  @Test func theGuardsAreOrderedFromBestToWorst() {
    #expect(SecretGuard.memfdSecret < .locked && SecretGuard.locked < .wipedOnly)
    #expect(
      [SecretGuard.memfdSecret, .locked, .wipedOnly].map(\.name) == [
        "memfd_secret", "mlock", "plain",
      ])
  }

  @Test func theGuardIsToldBeforeTheFirstSecret() {
    let guarding = pool.weakestGuard
    let secret = Holder(pool, count: 1)
    #expect(pool.weakestGuard == guarding)
    #expect(secret.count == 1)
    #expect(pool.mappedBytes == SecretArena.ordinarySize)
  }
}

/// A secret in a class, for arrays.
private final class Holder {
  private let secret: SecretBytes

  init(_ pool: SecretPool, count: Int) {
    secret = pool.secret([UInt8](repeating: 0x55, count: count))
  }

  var count: Int { secret.count }
}
