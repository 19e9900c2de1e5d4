/// Hands out slots for secrets, and keeps the arenas they lie in.
///
/// One pool serves one thread: the agent has one of each.
package final class SecretPool {
  /// One empty arena is kept, so that a login after a logout maps nothing anew.
  private static let emptyArenasKept = 1

  private var arenas: [SecretArena] = []

  package init() {}

  /// The weakest guard among the arenas in use; the guard a new arena would get when there is none.
  package var weakestGuard: SecretGuard {
    if arenas.isEmpty, let arena = SecretArena(holding: 1) { arenas.append(arena) }
    return arenas.map(\.guarding).max() ?? .wipedOnly
  }

  /// The number of bytes mapped for secrets.
  package var mappedBytes: Int { arenas.reduce(0) { $0 + $1.size } }

  /// The number of bytes in slots that hold a secret now.
  package var bytesInUse: Int {
    arenas.reduce(0) { $0 + $1.granulesInUse * SecretArena.granule }
  }

  /// A slot of at least `count` bytes, filled with zeros.
  func slot(holding count: Int) -> SecretSlot {
    let granules = max(1, (count + SecretArena.granule - 1) / SecretArena.granule)
    for arena in arenas.reversed() {
      if let offset = arena.take(granules: granules) {
        return SecretSlot(pool: self, arena: arena, offset: offset, granules: granules)
      }
    }
    guard let arena = SecretArena(holding: count), let offset = arena.take(granules: granules)
    else {
      // Nothing sensible is left to do without memory, as in malloc's users everywhere.
      preconditionFailure("no memory for \(count) bytes of secrets")
    }
    arenas.append(arena)
    return SecretSlot(pool: self, arena: arena, offset: offset, granules: granules)
  }

  func release(_ arena: SecretArena, offset: Int, granules: Int) {
    arena.release(offset: offset, granules: granules)
    guard arena.granulesInUse == 0 else { return }
    let empty = arenas.count { $0.granulesInUse == 0 }
    guard empty > Self.emptyArenasKept || arena.size > SecretArena.ordinarySize else { return }
    arenas.removeAll { $0 === arena }
  }
}

/// A run of granules in an arena: wiped and given back when it ends.
struct SecretSlot: ~Copyable {
  private let pool: SecretPool
  private let arena: SecretArena
  private let offset: Int
  private let granules: Int

  init(pool: SecretPool, arena: SecretArena, offset: Int, granules: Int) {
    self.pool = pool
    self.arena = arena
    self.offset = offset
    self.granules = granules
  }

  deinit { pool.release(arena, offset: offset, granules: granules) }

  var owner: SecretPool { pool }
  var bytes: UnsafeMutableRawBufferPointer {
    UnsafeMutableRawBufferPointer(
      start: arena.base + offset, count: granules * SecretArena.granule)
  }
}
