import Attributes
import CPlatform

/// A queue of secret bytes that grows: what a socket has received, or has still to send.
///
/// All it ever held is wiped: the old slot when it grows, the rest when it ends or is cleared.
package struct SecretBuffer: ~Copyable, AttributeSink {
  /// Bytes of the first slot: most requests and replies fit.
  private static let firstCapacity = 1024

  private let pool: SecretPool
  private var slot: SecretSlot?
  private var start = 0
  private var end = 0

  package init(in pool: SecretPool) { self.pool = pool }

  package var count: Int { end - start }
  package var isEmpty: Bool { start == end }

  package borrowing func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    guard let bytes = contents else {
      return try body(UnsafeRawBufferPointer(start: nil, count: 0))
    }
    return try body(UnsafeRawBufferPointer(rebasing: bytes[start..<end]))
  }

  package mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    reserve(count)
    guard let contents else { return }
    fill(UnsafeMutableRawBufferPointer(rebasing: contents[end..<(end + count)]))
    end += count
  }

  /// Lets `body` write up to `room` bytes at the end; `body` returns how many it wrote.
  package mutating func fill(
    room: Int, _ body: (UnsafeMutableRawBufferPointer) -> Int
  ) -> Int {
    reserve(room)
    guard let contents else { return 0 }
    let written = body(UnsafeMutableRawBufferPointer(rebasing: contents[end..<(end + room)]))
    if written > 0 { end += written }
    return written
  }

  /// Wipes and forgets the first `count` bytes.
  package mutating func removeFirst(_ count: Int) {
    guard let bytes = contents, let base = bytes.baseAddress else { return }
    let gone = min(count, self.count)
    sp_wipe(base + start, UInt(gone))
    start += gone
    if start == end {
      start = 0
      end = 0
    }
  }

  /// Wipes everything and keeps the slot for the next use.
  package mutating func removeAll() { removeFirst(count) }

  /// Wipes everything and gives the slot back.
  package mutating func releaseSlot() {
    slot = nil
    start = 0
    end = 0
  }

  private var contents: UnsafeMutableRawBufferPointer? {
    switch slot {
    case .some(let slot): slot.bytes
    case nil: nil
    }
  }

  private mutating func reserve(_ more: Int) {
    let capacity = contents?.count ?? 0
    if end + more <= capacity { return }
    let wanted = max(count + more, capacity * 2, Self.firstCapacity)
    if let old = contents, count + more <= capacity {
      moveToFront(old)
      return
    }
    let larger = pool.slot(holding: wanted)
    if let old = contents {
      larger.bytes.copyMemory(from: UnsafeRawBufferPointer(rebasing: old[start..<end]))
    }
    end = count
    start = 0
    slot = consume larger
  }

  private mutating func moveToFront(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let base = bytes.baseAddress else { return }
    let kept = count
    base.copyMemory(from: base + start, byteCount: kept)
    // What lay behind the moved bytes is a stale copy of secrets.
    sp_wipe(base + kept, UInt(end - kept))
    start = 0
    end = kept
  }
}
