internal import COpenSSL

/// The textual encodings of RFC 7468, in memory.
enum PEM {
  /// The first private key in `pem`; nil where there is none, or only an encrypted one.
  ///
  /// The caller frees it. libcrypto would ask the terminal for a passphrase by itself; the call
  /// back given here keeps it from that.
  static func privateKey(_ pem: [UInt8]) -> OpaquePointer? {
    reading(pem) { PEM_read_bio_PrivateKey($0, nil, { _, _, _, _ in -1 }, nil) }
  }

  /// The first public key in `pem`; the caller frees it.
  static func publicKey(_ pem: [UInt8]) -> OpaquePointer? {
    reading(pem) { PEM_read_bio_PUBKEY($0, nil, { _, _, _, _ in -1 }, nil) }
  }

  /// Every certificate in `pem`, in order; the caller frees them.
  static func certificates(_ pem: [UInt8]) -> [OpaquePointer] {
    defer { ERR_clear_error() }
    return reading(pem) { bio in
      var certificates: [OpaquePointer] = []
      while let next = PEM_read_bio_X509(bio, nil, { _, _, _, _ in -1 }, nil) {
        certificates.append(next)
      }
      return certificates
    } ?? []
  }

  static func bytes(ofPrivateKey key: OpaquePointer) -> [UInt8]? {
    writing { PEM_write_bio_PKCS8PrivateKey($0, key, nil, nil, 0, nil, nil) }
  }

  static func bytes(ofPublicKey key: OpaquePointer) -> [UInt8]? {
    writing { PEM_write_bio_PUBKEY($0, key) }
  }

  static func bytes(ofCertificate certificate: OpaquePointer) -> [UInt8]? {
    writing { PEM_write_bio_X509($0, certificate) }
  }

  private static func reading<Value>(
    _ pem: [UInt8], _ read: (OpaquePointer) -> Value?
  ) -> Value? {
    guard let count = Int32(exactly: pem.count) else { return nil }
    // The memory BIO reads from where the bytes are, so they must stay there until it is freed.
    return pem.withUnsafeBytes { bytes in
      guard let bio = BIO_new_mem_buf(bytes.baseAddress, count) else { return nil }
      defer { BIO_free(bio) }
      return read(bio)
    }
  }

  private static func writing(_ write: (OpaquePointer) -> Int32) -> [UInt8]? {
    guard let bio = BIO_new(BIO_s_mem()) else { return nil }
    defer { BIO_free(bio) }
    guard write(bio) == 1 else { return nil }
    var start: UnsafeMutablePointer<CChar>?
    let count = COpenSSL_BIO_contents(bio, &start)
    guard let start, count > 0 else { return nil }
    return UnsafeRawBufferPointer(start: start, count: count).map { $0 }
  }
}
