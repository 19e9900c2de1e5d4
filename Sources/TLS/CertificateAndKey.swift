internal import COpenSSL

/// What one side of a connection shows and proves: a certificate chain and its private key.
package struct CertificateAndKey: Sendable, Equatable {
  /// PEM: the holder's own certificate first, then those between it and the root.
  package var certificatePEM: [UInt8]
  /// PEM, unencrypted.
  package var keyPEM: [UInt8]

  package init(certificatePEM: [UInt8], keyPEM: [UInt8]) {
    self.certificatePEM = certificatePEM
    self.keyPEM = keyPEM
  }

  /// Throws `unusable` where the two cannot be read or do not belong together.
  package func check() throws(TLSError) {
    let context = try TLSContext.make(TLS_client_method())
    defer { SSL_CTX_free(context) }
    try present(in: context)
  }

  /// Gives `context` the chain and the key; throws `unusable` where they cannot be read or do not
  /// belong together.
  func present(in context: OpaquePointer) throws(TLSError) {
    ERR_clear_error()
    let chain = PEM.certificates(certificatePEM)
    defer { for certificate in chain { X509_free(certificate) } }
    guard let own = chain.first else {
      throw .unusable(reason: "there is no certificate in PEM")
    }
    guard let key = PEM.privateKey(keyPEM) else {
      ERR_clear_error()
      throw .unusable(reason: "there is no unencrypted private key in PEM")
    }
    defer { EVP_PKEY_free(key) }
    guard X509_check_private_key(own, key) == 1 else {
      ERR_clear_error()
      throw .unusable(reason: "the key is not that of the certificate")
    }
    guard SSL_CTX_use_certificate(context, own) == 1, SSL_CTX_use_PrivateKey(context, key) == 1,
      SSL_CTX_check_private_key(context) == 1,
      chain.dropFirst().allSatisfy({ COpenSSL_SSL_CTX_add_chain_certificate(context, $0) == 1 })
    else {
      throw .unusable(
        reason: "the certificate and the key cannot be used: \(OpenSSLFailure.takeReason())")
    }
  }
}
