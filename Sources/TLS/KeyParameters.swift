internal import COpenSSL

/// The way from a key's parameters to libcrypto's key object.
enum KeyParameters {
  /// Bits; RFC 7518 §3.3 demands as many.
  private static let minimumModulusLength = 2048
  /// Bits; the largest in use is 4096, and the work grows with the square.
  private static let maximumModulusLength = 8192
  /// Bytes; 65537 has three, and libcrypto takes no more than eight with a large modulus.
  private static let maximumExponentLength = 8

  /// The key object of `key`, which the caller frees.
  static func object(of key: PublicKey) throws(SignatureFailure) -> OpaquePointer {
    ERR_clear_error()
    let object =
      switch key {
      case .rsa(let modulus, let exponent): try rsa(modulus, exponent)
      case .ec(let curve, let x, let y): try ec(curve, x, y)
      case .ed25519(let x): try ed25519(x)
      }
    guard let object else { throw .unusableKey(reason: OpenSSLFailure.takeReason()) }
    return object
  }

  private static func rsa(
    _ modulus: [UInt8], _ exponent: [UInt8]
  ) throws(SignatureFailure) -> OpaquePointer? {
    let modulus = Array(modulus.drop { $0 == 0 })
    let exponent = Array(exponent.drop { $0 == 0 })
    let length = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
    guard length >= minimumModulusLength else {
      throw .unusableKey(reason: "the RSA key has fewer than 2048 bits")
    }
    guard length <= maximumModulusLength else {
      throw .unusableKey(reason: "the RSA key has more than 8192 bits")
    }
    guard exponent.count <= maximumExponentLength, let last = exponent.last, last & 1 == 1,
      exponent.count > 1 || last > 1
    else { throw .unusableKey(reason: "the RSA exponent is not odd and between 3 and 2^64") }
    return COpenSSL_RSA_public_key(modulus, modulus.count, exponent, exponent.count)
  }

  /// RFC 7518 §6.2.1.2: coordinates have their full length, leading zeros included.
  private static func ec(
    _ curve: Curve, _ x: [UInt8], _ y: [UInt8]
  ) throws(SignatureFailure) -> OpaquePointer? {
    guard x.count == curve.coordinateLength, y.count == curve.coordinateLength else {
      throw .unusableKey(reason: "a coordinate of the key has the wrong length")
    }
    // SEC 1 §2.3.3: an uncompressed point. Reading one checks that it is on the curve.
    let point = [0x04] + x + y
    guard let object = COpenSSL_EC_public_key(curve.rawValue, point, point.count) else {
      ERR_clear_error()
      throw .unusableKey(reason: "the key is not a point of its curve")
    }
    return object
  }

  private static func ed25519(_ x: [UInt8]) throws(SignatureFailure) -> OpaquePointer? {
    guard x.count == 32 else { throw .unusableKey(reason: "an Ed25519 key has 32 bytes") }
    return EVP_PKEY_new_raw_public_key_ex(nil, "ED25519", nil, x, x.count)
  }
}
