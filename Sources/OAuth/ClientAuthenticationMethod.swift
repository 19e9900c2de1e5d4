/// What an account has to prove with who its client is.
package struct ClientCredentials: Sendable, Redacted {
  package let secret: String?
  /// Whether there is a private key to sign assertions with.
  package let hasKey: Bool
  /// Whether there is a certificate, with its key, to show in the handshake.
  package let hasCertificate: Bool

  package init(secret: String? = nil, hasKey: Bool = false, hasCertificate: Bool = false) {
    self.secret = secret
    self.hasKey = hasKey
    self.hasCertificate = hasCertificate
  }
}

/// The ways to authenticate a client, by their registered names (RFC 7591 §2, OpenID Connect
/// Core 1.0 §9, RFC 8705 §2).
package enum ClientAuthenticationMethod: String, Sendable, CaseIterable {
  case none
  case basic = "client_secret_basic"
  case post = "client_secret_post"
  case secretJWT = "client_secret_jwt"
  case privateKeyJWT = "private_key_jwt"
  case tls = "tls_client_auth"
  case selfSignedTLS = "self_signed_tls_client_auth"

  /// The shortest secret an HS256 may be made with, in bytes (RFC 7518 §3.2).
  static let minimumSecret = 32

  /// Whether a signed assertion goes into the form.
  package var usesAssertion: Bool { self == .secretJWT || self == .privateKeyJWT }

  /// Whether the certificate is shown in the handshake.
  package var usesCertificate: Bool { self == .tls || self == .selfSignedTLS }

  /// Chooses the method.
  ///
  /// - Parameters:
  ///   - configured: what the account says; it wins over everything.
  ///   - credentials: what it has; a key is the strongest, then a certificate, then a secret.
  ///   - metadata: what the server says, where there is more than one way to use a credential.
  package static func choose(
    configured: String?, credentials: ClientCredentials, metadata: ServerMetadata
  ) throws(ClientAuthenticationFault) -> ClientAuthenticationMethod {
    guard let configured else { return unasked(credentials, metadata) }
    guard let method = ClientAuthenticationMethod(rawValue: configured) else {
      throw .unknownMethod(PrintableText(configured))
    }
    try method.check(credentials)
    return method
  }

  private static func unasked(
    _ credentials: ClientCredentials, _ metadata: ServerMetadata
  ) -> ClientAuthenticationMethod {
    let listed = metadata.list(.tokenEndpointAuthMethods)
    if credentials.hasKey { return .privateKeyJWT }
    if credentials.hasCertificate {
      let isSelfSignedOnly =
        listed?.contains(selfSignedTLS.rawValue) == true && listed?.contains(tls.rawValue) == false
      return isSelfSignedOnly ? .selfSignedTLS : .tls
    }
    guard credentials.secret != nil else { return .none }
    guard metadata.origin == .discovered else { return .post }
    return (listed ?? [basic.rawValue]).contains(basic.rawValue) ? .basic : .post
  }

  private func check(_ credentials: ClientCredentials) throws(ClientAuthenticationFault) {
    switch self {
    case .none: return
    case .basic, .post, .secretJWT:
      guard let secret = credentials.secret else { throw .secretMissing(method: rawValue) }
      guard self != .secretJWT || secret.utf8.count >= Self.minimumSecret else {
        throw .secretTooShort
      }
    case .privateKeyJWT:
      guard credentials.hasKey else { throw .keyMissing(method: rawValue) }
    case .tls, .selfSignedTLS:
      guard credentials.hasCertificate else { throw .certificateMissing(method: rawValue) }
    }
  }
}
