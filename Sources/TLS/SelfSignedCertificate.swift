internal import COpenSSL

/// Certificates without an authority, for a server on one's own machine.
package enum SelfSignedCertificate {
  /// What the certificate may be used for (RFC 5280 §4.2.1.12).
  package enum Purpose: Sendable, Equatable {
    case server
    case client
  }

  /// A certificate for `names` and `addresses` with a new P-256 key.
  ///
  /// A client that has this very certificate among those it trusts accepts it; it can vouch for no
  /// other. `validFrom` and `validUntil` are seconds since 1970; `commonName` is for people, by
  /// default the first of the names.
  package static func make(
    names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1", "::1"],
    validFrom: Int64, validUntil: Int64, purpose: Purpose = .server, commonName: String? = nil
  ) throws(CryptographyError) -> CertificateAndKey {
    ERR_clear_error()
    let key = try SigningKey(generating: .p256)
    guard let certificate = X509_new() else { throw .fromOpenSSL() }
    defer { X509_free(certificate) }
    guard X509_set_version(certificate, 2) == 1,
      setSerial(certificate, try RandomBytes.generate(16)),
      setName(certificate, commonName ?? names.first ?? addresses.first ?? "localhost"),
      X509_set_pubkey(certificate, key.object) == 1,
      ASN1_TIME_set(X509_getm_notBefore(certificate), Int(validFrom)) != nil,
      ASN1_TIME_set(X509_getm_notAfter(certificate), Int(validUntil)) != nil
    else { throw .fromOpenSSL() }
    let alternatives = try alternativeNames(names, addresses)
    for (extensionType, value) in extensions(alternatives, purpose) {
      guard COpenSSL_X509_add_extension(certificate, extensionType, value) == 1 else {
        throw .fromOpenSSL()
      }
    }
    guard X509_sign(certificate, key.object, EVP_sha256()) > 0,
      let pem = PEM.bytes(ofCertificate: certificate)
    else { throw .fromOpenSSL() }
    return CertificateAndKey(certificatePEM: pem, keyPEM: try key.pem())
  }

  private static func extensions(_ alternatives: String, _ purpose: Purpose) -> [(Int32, String)] {
    [
      (NID_basic_constraints, "critical,CA:FALSE"),
      (NID_key_usage, "critical,digitalSignature"),
      (NID_ext_key_usage, purpose == .server ? "serverAuth" : "clientAuth"),
      (NID_subject_key_identifier, "hash"),
      (NID_subject_alt_name, alternatives),
    ]
  }

  /// The subject alternative names in the notation of x509v3_config(5).
  private static func alternativeNames(
    _ names: [String], _ addresses: [String]
  ) throws(CryptographyError) -> String {
    // A comma would begin another entry, of any kind.
    let allowed = Set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._*:".utf8)
    for name in names + addresses
    where name.isEmpty || !name.utf8.allSatisfy(allowed.contains) {
      throw .failed(reason: "a name can be in no certificate")
    }
    return (names.map { "DNS:\($0)" } + addresses.map { "IP:\($0)" }).joined(separator: ",")
  }

  /// RFC 5280 §4.1.2.2: positive, at most 20 octets, and never the same twice.
  private static func setSerial(_ certificate: OpaquePointer, _ random: [UInt8]) -> Bool {
    guard let number = BN_bin2bn([0x40] + random, Int32(random.count + 1), nil) else {
      return false
    }
    defer { BN_free(number) }
    return BN_to_ASN1_INTEGER(number, X509_get_serialNumber(certificate)) != nil
  }

  private static func setName(_ certificate: OpaquePointer, _ name: String) -> Bool {
    let subject = X509_get_subject_name(certificate)
    return X509_NAME_add_entry_by_txt(
      subject, "CN", MBSTRING_UTF8, name, Int32(clamping: name.utf8.count), -1, 0) == 1
      && X509_set_issuer_name(certificate, subject) == 1
  }
}
