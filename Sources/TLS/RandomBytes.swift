internal import COpenSSL

/// Bytes nobody can guess, for states, verifiers, nonces and keys.
package enum RandomBytes {
  /// Throws where the system's generator gives none; there is no weaker one to fall back to.
  package static func generate(_ count: Int) throws(CryptographyError) -> [UInt8] {
    guard let length = Int32(exactly: count), length >= 0 else {
      throw .failed(reason: "the number of bytes is out of range")
    }
    var bytes = [UInt8](repeating: 0, count: count)
    guard RAND_bytes(&bytes, length) == 1 else { throw .fromOpenSSL() }
    return bytes
  }
}
