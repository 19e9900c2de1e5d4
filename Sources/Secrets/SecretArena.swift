import CPlatform
import Glibc

/// How well the pages of an arena are guarded, the best first.
package enum SecretGuard: Int, Sendable, Comparable {
  /// `memfd_secret(2)`: absent from the kernel's own map; not even root reads it through `/proc`.
  case memfdSecret
  /// `mlock(2)` and `MADV_DONTDUMP`: never swapped, never in a core file.
  case locked
  /// Past RLIMIT_MEMLOCK: only wiped on release and left out of core files.
  case wipedOnly

  package static func < (a: SecretGuard, b: SecretGuard) -> Bool { a.rawValue < b.rawValue }

  /// The name used by `status` and `doctor`.
  package var name: String {
    switch self {
    case .memfdSecret: "memfd_secret"
    case .locked: "mlock"
    case .wipedOnly: "plain"
    }
  }
}

/// Pages that hold secrets, cut into slots of whole granules.
///
/// An arena knows which granules are taken; it never moves a slot.
final class SecretArena {
  /// Bytes in one granule: small enough that a short token wastes little.
  static let granule = 64
  /// Bytes in an ordinary arena: sixteen pages, so that ten accounts need one or two mappings.
  static let ordinarySize = 64 * 1024

  let size: Int
  let guarding: SecretGuard
  let base: UnsafeMutableRawPointer
  private var taken: [UInt64]
  private(set) var granulesInUse = 0

  /// Maps pages for at least `minimum` bytes; nil when the system has no memory left.
  init?(holding minimum: Int) {
    let page = Int(sysconf(Int32(_SC_PAGESIZE)))
    size = max(Self.ordinarySize, (minimum + page - 1) / page * page)
    guard let (base, guarding) = Self.map(size) else { return nil }
    self.base = base
    self.guarding = guarding
    taken = [UInt64](repeating: 0, count: (size / Self.granule + 63) / 64)
  }

  deinit {
    sp_wipe(base, UInt(size))
    munmap(base, size)
  }

  /// The offset of `count` free granules in a row, now taken; nil when there is no such gap.
  func take(granules count: Int) -> Int? {
    let total = size / Self.granule
    guard count <= total - granulesInUse else { return nil }
    var first = nextFree(from: 0)
    while first + count <= total {
      let end = nextTaken(from: first, before: first + count)
      if end == first + count {
        mark(first, count, asTaken: true)
        granulesInUse += count
        return first * Self.granule
      }
      first = nextFree(from: end)
    }
    return nil
  }

  /// Wipes the granules at `offset` and gives them back.
  func release(offset: Int, granules count: Int) {
    sp_wipe(base + offset, UInt(count * Self.granule))
    mark(offset / Self.granule, count, asTaken: false)
    granulesInUse -= count
  }

  /// The first free granule at or after `index`; the number of granules when there is none.
  private func nextFree(from index: Int) -> Int {
    var index = index
    let total = size / Self.granule
    while index < total {
      let free = ~taken[index / 64] >> UInt64(index % 64)
      if free != 0 { return min(index + free.trailingZeroBitCount, total) }
      index = (index / 64 + 1) * 64
    }
    return total
  }

  /// The first taken granule at or after `index`; `limit` when there is none before it.
  private func nextTaken(from index: Int, before limit: Int) -> Int {
    var index = index
    while index < limit {
      let used = taken[index / 64] >> UInt64(index % 64)
      if used != 0 { return min(index + used.trailingZeroBitCount, limit) }
      index = (index / 64 + 1) * 64
    }
    return limit
  }

  private func mark(_ first: Int, _ count: Int, asTaken: Bool) {
    var index = first
    let end = first + count
    while index < end {
      let bits = min(64 - index % 64, end - index)
      let mask = (bits == 64 ? UInt64.max : (1 << UInt64(bits)) - 1) << UInt64(index % 64)
      if asTaken { taken[index / 64] |= mask } else { taken[index / 64] &= ~mask }
      index += bits
    }
  }

  private static func map(_ size: Int) -> (UnsafeMutableRawPointer, SecretGuard)? {
    if let base = mapSecretly(size) { return (base, .memfdSecret) }
    let access = PROT_READ | PROT_WRITE
    guard
      let base = mmap(nil, size, access, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), base != MAP_FAILED
    else { return nil }
    madvise(base, size, MADV_DONTDUMP)
    return (base, mlock(base, size) == 0 ? .locked : .wipedOnly)
  }

  /// Fails where the kernel lacks the call, and past RLIMIT_MEMLOCK, against which the pages count.
  private static func mapSecretly(_ size: Int) -> UnsafeMutableRawPointer? {
    let file = sp_memfd_secret()
    guard file >= 0 else { return nil }
    defer { close(file) }
    guard ftruncate(file, size) == 0 else { return nil }
    guard let base = mmap(nil, size, PROT_READ | PROT_WRITE, MAP_SHARED, file, 0),
      base != MAP_FAILED
    else { return nil }
    return base
  }
}
