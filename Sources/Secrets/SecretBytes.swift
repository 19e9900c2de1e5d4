/// A secret: it cannot be copied, printed or forgotten.
///
/// The bytes lie in a guarded page (``SecretGuard``) and are wiped, with the whole slot around
/// them, when the value ends. They are seen only inside a closure.
package struct SecretBytes: ~Copyable {
  private let slot: SecretSlot
  package let count: Int

  /// Copies `bytes` into a slot of `pool`; wiping the source is the caller's part.
  package init(copying bytes: UnsafeRawBufferPointer, in pool: SecretPool) {
    slot = pool.slot(holding: bytes.count)
    count = bytes.count
    slot.bytes.copyMemory(from: bytes)
  }

  /// Shows the bytes to `body`, which must not keep the pointer.
  package borrowing func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    try body(UnsafeRawBufferPointer(rebasing: slot.bytes[..<count]))
  }

  /// Whether the secret is `other`, in a time that depends on `other`'s length alone.
  package borrowing func equalsInConstantTime(_ other: UnsafeRawBufferPointer) -> Bool {
    withUnsafeBytes { mine in
      guard mine.count == other.count else { return false }
      var difference: UInt8 = 0
      for index in 0..<mine.count { difference |= mine[index] ^ other[index] }
      return difference == 0
    }
  }
}
