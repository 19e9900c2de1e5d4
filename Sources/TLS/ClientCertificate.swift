internal import COpenSSL

/// Certificates that clients show (RFC 8705 §2).
package enum ClientCertificate {
  /// The first certificate in `pem` as DER; nil where there is none.
  package static func der(fromPEM pem: [UInt8]) -> [UInt8]? {
    let certificates = PEM.certificates(pem)
    defer { for certificate in certificates { X509_free(certificate) } }
    return certificates.first.flatMap(der)
  }

  static func der(of certificate: OpaquePointer) -> [UInt8]? {
    let count = i2d_X509(certificate, nil)
    guard count > 0 else { return nil }
    var bytes = [UInt8](repeating: 0, count: Int(count))
    let written = bytes.withUnsafeMutableBufferPointer { buffer in
      var position = buffer.baseAddress
      return i2d_X509(certificate, &position)
    }
    return written == count ? bytes : nil
  }

  /// Takes every certificate: what the handshake shows is that the client holds its key, and
  /// whose it is the server decides from the certificate itself (RFC 8705 §2.2).
  static let acceptance: @convention(c) (Int32, OpaquePointer?) -> Int32 = { _, _ in 1 }
}

extension TLSConnection {
  /// The certificate the peer has shown and proved to hold, DER; nil where it showed none.
  package var peerCertificate: [UInt8]? {
    guard let certificate = SSL_get1_peer_certificate(ssl) else { return nil }
    defer { X509_free(certificate) }
    return ClientCertificate.der(of: certificate)
  }
}
