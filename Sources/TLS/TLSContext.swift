internal import COpenSSL

/// What a client's connections have in common: whom it trusts, and TLS 1.2 or later.
///
/// Verification cannot be switched off. `SSLKEYLOGFILE` means nothing: no key is ever logged.
package final class TLSClientContext: Sendable {
  /// Never changed after `init`; libssl counts its references atomically.
  nonisolated(unsafe) let object: OpaquePointer

  /// `presenting` is for servers that ask the client for a certificate (RFC 8705).
  ///
  /// Throws `unusable` where a file, the certificate or the key cannot be used.
  package init(
    trusting sources: TrustSources, presenting own: CertificateAndKey? = nil
  ) throws(TLSError) {
    object = try TLSContext.make(TLS_client_method())
    // From here on `deinit` frees the context, also where this throws.
    guard let store = SSL_CTX_get_cert_store(object), let rules = SSL_CTX_get0_param(object) else {
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
    try sources.load(into: store)
    try own?.present(in: object)
    SSL_CTX_set_verify(object, SSL_VERIFY_PEER, nil)
    // A certificate that was trusted by name is an anchor even where it is not a root.
    X509_VERIFY_PARAM_set_flags(rules, UInt(X509_V_FLAG_PARTIAL_CHAIN))
    // RFC 9525 §6.3: no partial wildcards, and never the common name of the subject.
    X509_VERIFY_PARAM_set_hostflags(
      rules,
      UInt32(X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS) | UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT))
    let protocols = TLSContext.protocols
    // This one returns 0 for success.
    guard SSL_CTX_set_alpn_protos(object, protocols, UInt32(protocols.count)) == 0 else {
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
  }

  deinit { SSL_CTX_free(object) }
}

/// What a server's connections have in common: its certificate, and TLS 1.2 or later.
package final class TLSServerContext: Sendable {
  /// Never changed after `init`; libssl counts its references atomically.
  nonisolated(unsafe) let object: OpaquePointer

  /// Whether clients are asked for a certificate.
  package enum ClientCertificates: Sendable, Equatable {
    case ignored
    /// Asked for and taken whoever signed it, or none: `TLSConnection.peerCertificate` tells.
    case requested
  }

  /// Throws `unusable` where the certificate or the key cannot be used.
  package init(
    presenting own: CertificateAndKey, clientCertificates: ClientCertificates = .ignored
  ) throws(TLSError) {
    object = try TLSContext.make(TLS_server_method())
    try own.present(in: object)
    // A ticket that comes after the client has gone would end the connection in a reset.
    SSL_CTX_set_num_tickets(object, 0)
    SSL_CTX_set_alpn_select_cb(object, TLSContext.selectProtocol, nil)
    if clientCertificates == .requested {
      SSL_CTX_set_verify(object, SSL_VERIFY_PEER, ClientCertificate.acceptance)
    }
  }

  deinit { SSL_CTX_free(object) }
}

/// What clients and servers have in common.
enum TLSContext {
  /// `http/1.1` in ALPN's form (RFC 7301 §3.1, RFC 9112 §12): a server that speaks several
  /// protocols then chooses ours, and one for another purpose refuses (RFC 9325 §3.7).
  static let protocols: [UInt8] = [8] + Array("http/1.1".utf8)

  static func make(_ method: OpaquePointer?) throws(TLSError) -> OpaquePointer {
    ERR_clear_error()
    guard let context = SSL_CTX_new(method) else {
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
    COpenSSL_SSL_CTX_set_strict_options(context)
    COpenSSL_SSL_CTX_set_modes(context)
    COpenSSL_SSL_CTX_session_cache_off(context)
    guard raiseMinimumVersion(of: context) else {
      SSL_CTX_free(context)
      throw .unusable(reason: OpenSSLFailure.takeReason())
    }
    return context
  }

  /// RFC 9325 §3.1.1, RFC 8996: TLS 1.2 or later, unless the system's policy asks for more.
  private static func raiseMinimumVersion(of context: OpaquePointer) -> Bool {
    COpenSSL_SSL_CTX_get_min_proto_version(context) >= TLS1_2_VERSION
      || COpenSSL_SSL_CTX_set_min_proto_version(context, TLS1_2_VERSION) == 1
  }

  /// Chooses `http/1.1` from what a client offers; refuses one that does not offer it.
  static let selectProtocol:
    @convention(c) (
      OpaquePointer?, UnsafeMutablePointer<UnsafePointer<UInt8>?>?, UnsafeMutablePointer<UInt8>?,
      UnsafePointer<UInt8>?, UInt32, UnsafeMutableRawPointer?
    ) -> Int32 = { _, chosen, chosenLength, offered, offeredLength, _ in
      guard let chosen, let chosenLength, let offered else { return SSL_TLSEXT_ERR_ALERT_FATAL }
      let list = UnsafeBufferPointer(start: offered, count: Int(offeredLength))
      var start = 0
      while start < list.count {
        let end = start + 1 + Int(list[start])
        guard end <= list.count else { break }
        if list[start..<end].elementsEqual(protocols) {
          chosen.pointee = offered + start + 1
          chosenLength.pointee = list[start]
          return SSL_TLSEXT_ERR_OK
        }
        start = end
      }
      return SSL_TLSEXT_ERR_ALERT_FATAL
    }
}
