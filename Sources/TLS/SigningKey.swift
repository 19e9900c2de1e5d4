internal import COpenSSL

/// A private key that signs, for a server's tokens, for proofs and for client assertions.
package final class SigningKey: Sendable {
  /// The kinds that are made here; those that are read may have other sizes and curves.
  package enum Kind: Sendable, CaseIterable {
    case rsa2048
    case p256
    case ed25519
  }

  /// The public half.
  package let publicKey: PublicKey
  /// Never changed after `init`; libcrypto counts its references atomically.
  nonisolated(unsafe) let object: OpaquePointer

  /// Makes a new key.
  package convenience init(generating kind: Kind) throws(CryptographyError) {
    let object =
      switch kind {
      case .rsa2048: COpenSSL_generate_RSA(2048)
      case .p256: COpenSSL_generate_EC(Curve.p256.rawValue)
      case .ed25519: COpenSSL_generate("ED25519")
      }
    guard let object else { throw .fromOpenSSL() }
    try self.init(taking: object)
  }

  /// Reads an unencrypted private key, PKCS #8 or the older forms, from the bytes of a PEM file.
  package convenience init(pem: [UInt8]) throws(CryptographyError) {
    ERR_clear_error()
    guard let object = PEM.privateKey(pem) else {
      ERR_clear_error()
      throw .unusableKey(reason: "there is no unencrypted private key in PEM")
    }
    try self.init(taking: object)
  }

  /// Owns `object` from the call on, even where it throws.
  private init(taking object: OpaquePointer) throws(CryptographyError) {
    self.object = object
    guard let publicKey = Self.publicKey(of: object) else {
      EVP_PKEY_free(object)
      ERR_clear_error()
      throw .unusableKey(reason: "only RSA, P-256, P-384, P-521 and Ed25519 keys are used")
    }
    self.publicKey = publicKey
  }

  deinit { EVP_PKEY_free(object) }

  /// The key in PKCS #8, PEM, unencrypted.
  package func pem() throws(CryptographyError) -> [UInt8] {
    guard let pem = PEM.bytes(ofPrivateKey: object) else { throw .fromOpenSSL() }
    return pem
  }

  /// The signature of `message` in JOSE form (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1).
  package func sign(
    _ message: [UInt8], by algorithm: SignatureAlgorithm
  ) throws(CryptographyError) -> [UInt8] {
    guard algorithm.fits(publicKey) else { throw .algorithmDoesNotFitKey }
    ERR_clear_error()
    guard let context = EVP_MD_CTX_new() else { throw .fromOpenSSL() }
    defer { EVP_MD_CTX_free(context) }
    var keyContext: OpaquePointer?
    guard
      EVP_DigestSignInit_ex(
        context, &keyContext, algorithm.digest?.rawValue, nil, nil, object, nil) == 1,
      algorithm.setPadding(keyContext)
    else { throw .fromOpenSSL() }
    var length = 0
    guard EVP_DigestSign(context, nil, &length, message, message.count) == 1 else {
      throw .fromOpenSSL()
    }
    var signature = [UInt8](repeating: 0, count: length)
    guard EVP_DigestSign(context, &signature, &length, message, message.count) == 1 else {
      throw .fromOpenSSL()
    }
    signature.removeLast(signature.count - length)
    guard case .ec(let curve, _, _) = publicKey else { return signature }
    guard let raw = ECDSASignature.raw(fromDER: signature, curve: curve) else {
      throw .fromOpenSSL()
    }
    return raw
  }
}

extension SigningKey {
  /// The parameters of the public half; nil for a kind that is not used.
  static func publicKey(of object: OpaquePointer) -> PublicKey? {
    if EVP_PKEY_is_a(object, "RSA") == 1 {
      guard let modulus = number(OSSL_PKEY_PARAM_RSA_N, of: object, count: nil),
        let exponent = number(OSSL_PKEY_PARAM_RSA_E, of: object, count: nil)
      else { return nil }
      return .rsa(modulus: modulus, exponent: exponent)
    }
    if EVP_PKEY_is_a(object, "EC") == 1 {
      guard let curve = curve(of: object),
        let x = number(OSSL_PKEY_PARAM_EC_PUB_X, of: object, count: curve.coordinateLength),
        let y = number(OSSL_PKEY_PARAM_EC_PUB_Y, of: object, count: curve.coordinateLength)
      else { return nil }
      return .ec(curve, x: x, y: y)
    }
    guard EVP_PKEY_is_a(object, "ED25519") == 1 else { return nil }
    var bytes = [UInt8](repeating: 0, count: 32)
    var count = bytes.count
    guard EVP_PKEY_get_raw_public_key(object, &bytes, &count) == 1, count == 32 else { return nil }
    return .ed25519(bytes)
  }

  private static func curve(of object: OpaquePointer) -> Curve? {
    var name = [CChar](repeating: 0, count: 64)
    var count = 0
    guard EVP_PKEY_get_group_name(object, &name, name.count, &count) == 1 else { return nil }
    let bytes = name.prefix(count).map { UInt8(bitPattern: $0) }
    return Curve(groupName: String(decoding: bytes, as: UTF8.self))
  }

  /// A number of the key, `count` bytes long or as long as it needs.
  private static func number(_ name: String, of object: OpaquePointer, count: Int?) -> [UInt8]? {
    var number: OpaquePointer?
    guard EVP_PKEY_get_bn_param(object, name, &number) == 1 else { return nil }
    defer { BN_free(number) }
    return count.map { BigNumber.bytes(number, count: $0) } ?? BigNumber.bytes(number)
  }
}
