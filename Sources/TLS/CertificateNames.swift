internal import COpenSSL

extension CertificateAndKey {
  /// Whether the holder's own certificate is for `host`, a name or an IP address without brackets
  /// (RFC 9525 §6).
  ///
  /// Throws `unusable` where there is no certificate, or it and the key do not belong together.
  package func covers(_ host: String) throws(TLSError) -> Bool {
    _ = try TLSServerContext(presenting: self)
    let chain = PEM.certificates(certificatePEM)
    defer { for certificate in chain { X509_free(certificate) } }
    guard let own = chain.first else { return false }
    defer { ERR_clear_error() }
    // Browsers look at the alternative names alone, as clients here do.
    let flags = UInt32(X509_CHECK_FLAG_NEVER_CHECK_SUBJECT)
    return X509_check_ip_asc(own, host, flags) == 1
      || X509_check_host(own, host, host.utf8.count, flags, nil) == 1
  }
}
