internal import COpenSSL

/// The name a client demands of a server's certificate (RFC 9525 §6).
struct ServerName: Sendable, Equatable {
  /// Bytes; a DNS name has no more (RFC 1035 §2.3.4).
  private static let maximumLength = 253

  private let text: String
  private let isAddress: Bool

  /// `name`: a host name, with or without the final dot, or an IP address without brackets.
  ///
  /// Throws `unusable` for anything else: libssl would take a name with a NUL up to there.
  init(_ name: String) throws(TLSError) {
    let trimmed = name.hasSuffix(".") ? String(name.dropLast()) : name
    guard (1...Self.maximumLength).contains(trimmed.utf8.count),
      trimmed.utf8.allSatisfy(Self.isAllowed)
    else { throw .unusable(reason: "the server's name can be in no certificate") }
    text = trimmed
    let address = a2i_IPADDRESS(trimmed)
    defer { ASN1_OCTET_STRING_free(address) }
    isAddress = address != nil
    ERR_clear_error()
  }

  /// Letters, digits and the marks of names and addresses; a wildcard stands only in certificates.
  private static func isAllowed(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"),
      UInt8(ascii: "."), UInt8(ascii: ":"):
      true
    default: false
    }
  }

  /// Makes `ssl` verify the peer's certificate against the name, and tell the server the name.
  ///
  /// An address is never told (RFC 6066 §3).
  func demand(of ssl: OpaquePointer) throws(TLSError) {
    let rules = SSL_get0_param(ssl)
    let done =
      isAddress
      ? X509_VERIFY_PARAM_set1_ip_asc(rules, text) == 1
      : X509_VERIFY_PARAM_set1_host(rules, text, text.utf8.count) == 1
        && COpenSSL_SSL_set_tlsext_host_name(ssl, text) == 1
    guard done else { throw .unusable(reason: OpenSSLFailure.takeReason()) }
  }
}
