import OAuth
import Platform
import TLS

/// What can be wrong with the contents of a key's file, alone and beside its certificate.
enum KeyFile {
  /// How PEM says that a key is encrypted: PKCS #8 (RFC 7468 §11), and the older forms
  /// (RFC 1421 §4.6.1.1).
  private static let marks = ["-----BEGIN ENCRYPTED PRIVATE KEY-----", "Proc-Type: 4,ENCRYPTED"]

  /// The fewest bits of an RSA key that signs (RFC 7518 §3.3).
  private static let minimumBits = 2048

  /// What makes a key no protection, whoever would take it.
  static func weakness(of key: PublicKey) -> JSONWebKeyFault? {
    guard case .rsa(let modulus, _) = key else { return nil }
    let digits = modulus.drop { $0 == 0 }
    let bits = digits.count * 8 - (digits.first?.leadingZeroBitCount ?? 0)
    return bits < minimumBits ? .weakRSA(bits: bits) : nil
  }

  /// Refuses a key with a passphrase: nobody is there who could be asked for it.
  ///
  /// - Parameters:
  ///   - key: the name of the setting.
  ///   - path: where the file is.
  static func checkForPassphrase(
    _ pem: [UInt8], _ key: String, _ path: String
  ) throws(CourierFailure) {
    let text = String(decoding: pem, as: UTF8.self)
    guard marks.contains(where: text.contains) else { return }
    throw CourierFailure(
      .failed,
      "\(key) \(shown(path)) cannot be used: it has a passphrase; give a copy without one",
      hint: "openssl pkey -in \(shellQuoted(path)) -out \(shellQuoted(path + ".plain"))")
  }

  /// The two together, where they belong together.
  ///
  /// - Parameters:
  ///   - certificate: the certificate's file as messages name it.
  ///   - key: the key's.
  static func pair(
    _ certificatePEM: [UInt8], _ keyPEM: [UInt8], _ certificate: String, _ key: String
  ) throws(CourierFailure) -> CertificateAndKey {
    let pair = CertificateAndKey(certificatePEM: certificatePEM, keyPEM: keyPEM)
    do { try pair.check() } catch {
      throw CourierFailure(
        .failed, "\(certificate) and \(key) cannot be used: \(error.fileReason)")
    }
    return pair
  }
}

extension TLSError {
  /// What of the error a sentence about a file may quote.
  var fileReason: String {
    switch self {
    case .unusable(let reason), .protocolFailure(let reason), .untrusted(let reason): reason
    case .timedOut, .closed, .truncated, .notTLS: "they cannot be read"
    }
  }
}
