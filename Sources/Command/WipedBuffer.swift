import Attributes
import Glibc

/// Bytes among which a secret may be: they are wiped when the buffer grows and when it ends.
struct WipedBuffer: ~Copyable, AttributeSink {
  /// Bytes of the first allocation: a request or an answer with one token.
  private static let usualCapacity = 16 * 1024

  private var storage: UnsafeMutableRawBufferPointer
  private(set) var count = 0
  /// Bytes that were ever in use: wiping more would only touch pages nobody has written.
  private var used = 0

  init(capacity: Int = usualCapacity) {
    storage = .allocate(byteCount: max(capacity, 1), alignment: 1)
  }

  deinit {
    Self.wipe(UnsafeMutableRawBufferPointer(rebasing: storage[..<used]))
    storage.deallocate()
  }

  /// The bytes; valid until the buffer changes or ends.
  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: storage[..<count]) }

  mutating func append(count: Int, _ fill: (UnsafeMutableRawBufferPointer) -> Void) {
    fill(UnsafeMutableRawBufferPointer(rebasing: room(for: count)[..<count]))
    extend(by: count)
  }

  mutating func append(constant text: StaticString) {
    append(UnsafeRawBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount))
  }

  mutating func append(_ text: String) { text.withBytes { append($0) } }

  mutating func append(byte: UInt8) { withUnsafeBytes(of: byte) { append($0) } }

  /// Room for at least `size` more bytes behind those that are there.
  mutating func room(for size: Int) -> UnsafeMutableRawBufferPointer {
    if storage.count - count < size { grow(to: max(storage.count * 2, count + size)) }
    return UnsafeMutableRawBufferPointer(rebasing: storage[count...])
  }

  /// Counts bytes that were written to the room.
  mutating func extend(by size: Int) {
    count = min(count + max(size, 0), storage.count)
    used = max(used, count)
  }

  /// Drops the bytes from `end` on.
  mutating func truncate(to end: Int) {
    guard end >= 0, end < count else { return }
    Self.wipe(UnsafeMutableRawBufferPointer(rebasing: storage[end..<count]))
    count = end
  }

  /// Drops bytes from the front.
  mutating func dropFirst(_ size: Int) {
    let size = min(size, count)
    let rest = UnsafeRawBufferPointer(rebasing: storage[size..<count])
    // memmove semantics: the two may overlap.
    storage.copyMemory(from: rest)
    Self.wipe(UnsafeMutableRawBufferPointer(rebasing: storage[rest.count..<count]))
    count = rest.count
  }

  private mutating func grow(to capacity: Int) {
    let larger = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 1)
    larger.copyMemory(from: bytes)
    Self.wipe(UnsafeMutableRawBufferPointer(rebasing: storage[..<used]))
    storage.deallocate()
    storage = larger
    used = count
  }

  private static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
    guard let start = bytes.baseAddress else { return }
    explicit_bzero(start, bytes.count)
  }
}
