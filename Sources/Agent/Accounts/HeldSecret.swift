import Secrets

/// A secret with several holders: the last to let go wipes it.
final class HeldSecret {
  private let bytes: SecretBytes

  init(copying bytes: UnsafeRawBufferPointer, in pool: SecretPool) {
    self.bytes = SecretBytes(copying: bytes, in: pool)
  }

  func withUnsafeBytes<R, E: Error>(
    _ body: (UnsafeRawBufferPointer) throws(E) -> R
  ) throws(E) -> R { try bytes.withUnsafeBytes(body) }

  func equalsInConstantTime(_ other: UnsafeRawBufferPointer) -> Bool {
    bytes.equalsInConstantTime(other)
  }

  func equals(_ other: HeldSecret?) -> Bool {
    guard let other else { return false }
    return other.withUnsafeBytes { equalsInConstantTime($0) }
  }
}
