import Testing

@testable import Secrets

/// The bytes at an address of a page that is still mapped: what a wipe has left of a secret.
func bytes(at address: UnsafeRawPointer?, count: Int) throws -> [UInt8] {
  let address = try #require(address)
  return Array(UnsafeRawBufferPointer(start: address, count: count))
}

extension SecretPool {
  /// A secret of `text`.
  func secret(_ text: String) -> SecretBytes { secret(Array(text.utf8)) }

  /// A secret of `bytes`; arrays show their bytes only to what returns copyable values.
  func secret(_ bytes: [UInt8]) -> SecretBytes {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return SecretBytes(copying: UnsafeRawBufferPointer(copy), in: self)
  }
}

extension SecretBytes {
  borrowing func contents() -> [UInt8] { withUnsafeBytes { Array($0) } }

  borrowing func equals(_ other: [UInt8]) -> Bool {
    other.withUnsafeBytes { equalsInConstantTime($0) }
  }

  /// Where the secret lies, for a look after its end.
  borrowing func place() -> UnsafeRawPointer? { withUnsafeBytes { $0.baseAddress } }
}

extension SecretBuffer {
  /// Where the first byte lies, for a look after it has gone.
  borrowing func place() -> UnsafeRawPointer? { withUnsafeBytes { $0.baseAddress } }

  borrowing func contents() -> [UInt8] { withUnsafeBytes { Array($0) } }

  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { append($0) } }

  mutating func add(_ text: String) { add(Array(text.utf8)) }
}
