internal import COpenSSL

extension PublicKey {
  /// Reads the public half of the first key in `pem`, of which the private half may be there too.
  ///
  /// Throws `unusableKey` where there is none, or one of a kind that is not used.
  package init(pem: [UInt8]) throws(CryptographyError) {
    ERR_clear_error()
    defer { ERR_clear_error() }
    guard let object = PEM.privateKey(pem) ?? PEM.publicKey(pem) else {
      throw .unusableKey(reason: "there is no unencrypted key in PEM")
    }
    defer { EVP_PKEY_free(object) }
    guard let key = SigningKey.publicKey(of: object) else {
      throw .unusableKey(reason: "only RSA, P-256, P-384, P-521 and Ed25519 keys are used")
    }
    self = key
  }
}

extension SigningKey {
  /// The public half as a SubjectPublicKeyInfo, PEM (RFC 7468 §13).
  package func publicPEM() throws(CryptographyError) -> [UInt8] {
    guard let pem = PEM.bytes(ofPublicKey: object) else { throw .fromOpenSSL() }
    return pem
  }
}
