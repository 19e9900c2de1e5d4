internal import COpenSSL

/// A public key that signatures are checked with.
///
/// Making one checks the key: size and exponent (RFC 7518 §3.3), lengths, the point's curve.
package final class VerificationKey: Sendable {
  package let key: PublicKey
  /// Never changed after `init`; libcrypto counts its references atomically.
  private nonisolated(unsafe) let object: OpaquePointer

  /// Throws `unusableKey`.
  package init(_ key: PublicKey) throws(SignatureFailure) {
    object = try KeyParameters.object(of: key)
    self.key = key
  }

  deinit { EVP_PKEY_free(object) }

  /// Returns where `signature`, in JOSE form, is that of `message` by this key and `algorithm`
  /// (RFC 7518 §3.3 to §3.5, RFC 8037 §3.1); throws in every other case.
  package func verify(
    _ signature: [UInt8], of message: [UInt8], by algorithm: SignatureAlgorithm
  ) throws(SignatureFailure) {
    guard algorithm.fits(key) else { throw .algorithmDoesNotFitKey }
    let signature = try native(signature)
    defer { ERR_clear_error() }
    guard let context = EVP_MD_CTX_new() else {
      throw .unusableKey(reason: OpenSSLFailure.takeReason())
    }
    defer { EVP_MD_CTX_free(context) }
    var keyContext: OpaquePointer?
    guard
      EVP_DigestVerifyInit_ex(
        context, &keyContext, algorithm.digest?.rawValue, nil, nil, object, nil) == 1,
      algorithm.setPadding(keyContext)
    else { throw .unusableKey(reason: OpenSSLFailure.takeReason()) }
    // 0 is another signature, below 0 one that cannot be a signature at all.
    switch EVP_DigestVerify(context, signature, signature.count, message, message.count) {
    case 1: return
    case 0: throw .mismatch
    default: throw .malformedSignature
    }
  }

  /// The signature as libcrypto takes it, its length checked.
  private func native(_ signature: [UInt8]) throws(SignatureFailure) -> [UInt8] {
    switch key {
    case .rsa:
      guard signature.count == Int(EVP_PKEY_get_size(object)) else { throw .malformedSignature }
      return signature
    case .ec(let curve, _, _):
      guard let der = ECDSASignature.der(fromRaw: signature, curve: curve) else {
        throw .malformedSignature
      }
      return der
    case .ed25519:
      guard signature.count == 64 else { throw .malformedSignature }
      return signature
    }
  }
}

extension SignatureAlgorithm {
  /// RFC 7518 §3.5: PSS with a salt as long as the digest, and MGF1 with the same digest, which is
  /// libcrypto's default.
  func setPadding(_ context: OpaquePointer?) -> Bool {
    guard isPSS else { return true }
    return EVP_PKEY_CTX_set_rsa_padding(context, RSA_PKCS1_PSS_PADDING) == 1
      && EVP_PKEY_CTX_set_rsa_pss_saltlen(context, RSA_PSS_SALTLEN_DIGEST) == 1
  }
}
