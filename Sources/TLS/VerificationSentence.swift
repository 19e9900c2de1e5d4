internal import COpenSSL

/// Why a certificate was refused, as a sentence for people (X509_VERIFY_CERT's codes).
enum VerificationSentence {
  /// The sentence for a code of SSL_get_verify_result; libcrypto's own words for the rarer ones.
  static func reason(of code: Int) -> String {
    switch Int32(clamping: code) {
    case X509_V_ERR_HOSTNAME_MISMATCH, X509_V_ERR_IP_ADDRESS_MISMATCH:
      "the certificate is for another name"
    case X509_V_ERR_CERT_HAS_EXPIRED: "the certificate has expired"
    case X509_V_ERR_CERT_NOT_YET_VALID: "the certificate is not valid yet"
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT: "the certificate is self-signed and not trusted"
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN, X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY,
      X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT, X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE,
      X509_V_ERR_CERT_UNTRUSTED:
      "the certificate's issuer is not trusted"
    case X509_V_ERR_INVALID_PURPOSE: "the certificate is not one for servers"
    case X509_V_ERR_CERT_REVOKED: "the certificate was revoked"
    case X509_V_ERR_EE_KEY_TOO_SMALL, X509_V_ERR_CA_KEY_TOO_SMALL:
      "the certificate's key is too small"
    case X509_V_ERR_CA_MD_TOO_WEAK: "the certificate is signed with a weak digest"
    default: other(code)
    }
  }

  private static func other(_ code: Int) -> String {
    guard let text = X509_verify_cert_error_string(code) else {
      return "the certificate was refused"
    }
    return "the certificate was refused: \(String(cString: text))"
  }
}

/// Why a handshake or a connection failed, as a sentence for people.
enum ProtocolSentence {
  /// What alerts add to their number in libssl's reasons.
  private static let alertOffset = SSL_AD_REASON_OFFSET

  static func reason(of code: UInt) -> String {
    let number = COpenSSL_ERR_reason(code)
    switch number {
    case SSL_R_UNSUPPORTED_PROTOCOL, SSL_R_TLSV1_ALERT_PROTOCOL_VERSION,
      SSL_R_UNSUPPORTED_SSL_VERSION, SSL_R_VERSION_TOO_LOW:
      return "the peer speaks neither TLS 1.2 nor a later version"
    default: break
    }
    let words = OpenSSLFailure.reason(of: code)
    guard number > alertOffset else { return words }
    return "the peer refused the connection: \(withoutPrefix(words))"
  }

  /// libssl's words for alerts begin with a version that was never spoken.
  private static func withoutPrefix(_ words: String) -> String {
    for prefix in ["tlsv1 alert ", "sslv3 alert ", "tlsv13 alert ", "tlsv1 "]
    where words.hasPrefix(prefix) {
      return String(words.dropFirst(prefix.count))
    }
    return words
  }
}
