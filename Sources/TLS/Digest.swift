internal import COpenSSL

/// The digests that JOSE and PKCE name (RFC 7518 §3.1, RFC 7636 §4.2).
package enum Digest: String, Sendable, CaseIterable {
  case sha256 = "SHA256"
  case sha384 = "SHA384"
  case sha512 = "SHA512"

  /// Bytes.
  package var length: Int {
    switch self {
    case .sha256: 32
    case .sha384: 48
    case .sha512: 64
    }
  }

  package func hash(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    var digest = [UInt8](repeating: 0, count: length)
    var written = 0
    let done = EVP_Q_digest(nil, rawValue, nil, bytes, bytes.count, &digest, &written)
    guard done == 1, written == length else { throw .fromOpenSSL() }
    return digest
  }

  package static func sha256(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    try sha256.hash(bytes)
  }

  package static func sha384(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    try sha384.hash(bytes)
  }

  package static func sha512(_ bytes: [UInt8]) throws(CryptographyError) -> [UInt8] {
    try sha512.hash(bytes)
  }
}

/// HMAC (RFC 2104).
package enum HMAC {
  /// The HMAC-SHA256 of `message`, 32 bytes.
  package static func sha256(
    _ message: [UInt8], key: [UInt8]
  ) throws(CryptographyError) -> [UInt8] {
    var code = [UInt8](repeating: 0, count: Digest.sha256.length)
    var written = 0
    let done = EVP_Q_mac(
      nil, "HMAC", nil, Digest.sha256.rawValue, nil, key, key.count, message, message.count, &code,
      code.count, &written)
    guard done != nil, written == code.count else { throw .fromOpenSSL() }
    return code
  }
}
