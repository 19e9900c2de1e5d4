import OAuth

/// How a client proves who it is (RFC 6749 §2.3).
enum ClientCredential: Sendable, Equatable {
  /// Not at all: a public client (RFC 6749 §2.1).
  case none
  /// By a secret, sent or used to sign (RFC 6749 §2.3.1, OpenID Connect Core 1.0 §9).
  case secret(String)
  /// By a signature of one of these keys (RFC 7523 §2.2).
  case keys([JSONWebKey])
  /// By a TLS handshake with this certificate, DER (RFC 8705 §2).
  case certificate([UInt8])

  /// The methods a client with this credential may choose from.
  var methods: [ClientMethod] {
    switch self {
    case .none: [.none]
    case .secret: [.secretBasic, .secretPost, .secretJWT]
    case .keys: [.privateKeyJWT]
    case .certificate: [.certificate, .selfSignedCertificate]
    }
  }
}

/// The names of the ways to authenticate (RFC 7591 §2, OpenID Connect Core 1.0 §9, RFC 8705 §2).
enum ClientMethod: String, Sendable, CaseIterable {
  case none
  case secretBasic = "client_secret_basic"
  case secretPost = "client_secret_post"
  case secretJWT = "client_secret_jwt"
  case privateKeyJWT = "private_key_jwt"
  case certificate = "tls_client_auth"
  case selfSignedCertificate = "self_signed_tls_client_auth"
}
