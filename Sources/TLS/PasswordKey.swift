internal import COpenSSL

/// A key from a passphrase, made slowly on purpose: scrypt (RFC 7914).
package enum PasswordKey {
  /// Bytes a single derivation may take, whatever its parameters say: 1 GiB.
  ///
  /// They come from a file, and a hostile one must not exhaust the machine.
  package static let memoryLimit: UInt64 = 1 << 30

  /// - Parameters:
  ///   - cost: N of RFC 7914 §2, a power of two.
  ///   - blockSize: r; N and r make the memory, 128 N r bytes.
  ///   - parallelism: p.
  ///   - count: the bytes of the key.
  package static func derive(
    from passphrase: [UInt8], salt: [UInt8], cost: UInt64, blockSize: UInt64, parallelism: UInt64,
    count: Int
  ) throws(CryptographyError) -> [UInt8] {
    guard count > 0, count <= 1024 else { throw .failed(reason: "the key's length is no length") }
    ERR_clear_error()
    var key = [UInt8](repeating: 0, count: count)
    // An empty array has no address, and libcrypto takes a null passphrase for a question about the
    // parameters: the byte that follows is never read.
    let bytes = (passphrase + [0]).map { CChar(bitPattern: $0) }
    let done = EVP_PBE_scrypt(
      bytes, passphrase.count, salt, salt.count, cost, blockSize, parallelism,
      // What lies beside the table itself is small: r, p and a block.
      memoryLimit + (1 << 20), &key, key.count)
    guard done == 1 else { throw .fromOpenSSL() }
    return key
  }
}
