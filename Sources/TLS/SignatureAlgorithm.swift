/// The JWS algorithms with public keys (RFC 7518 §3.1, RFC 8037 §3.1); there is none without.
package enum SignatureAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  case edDSA = "EdDSA"

  /// The digest that is signed; nil for EdDSA, which does its own.
  var digest: Digest? {
    switch self {
    case .rs256, .ps256, .es256: .sha256
    case .rs384, .ps384, .es384: .sha384
    case .rs512, .ps512, .es512: .sha512
    case .edDSA: nil
    }
  }

  var isPSS: Bool { self == .ps256 || self == .ps384 || self == .ps512 }

  /// Whether the algorithm is defined for `key`; each ECDSA one is for one curve (RFC 7518 §3.4).
  package func fits(_ key: PublicKey) -> Bool {
    switch (self, key) {
    case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa), (.ps256, .rsa), (.ps384, .rsa),
      (.ps512, .rsa), (.es256, .ec(.p256, _, _)), (.es384, .ec(.p384, _, _)),
      (.es512, .ec(.p521, _, _)), (.edDSA, .ed25519):
      true
    default: false
    }
  }
}

/// The curves of RFC 7518 §6.2.1.1.
package enum Curve: String, Sendable, CaseIterable {
  case p256 = "P-256"
  case p384 = "P-384"
  case p521 = "P-521"

  /// Bytes of a coordinate, and of each half of a signature.
  package var coordinateLength: Int {
    switch self {
    case .p256: 32
    case .p384: 48
    case .p521: 66
    }
  }

  /// The curve by its name in libcrypto.
  init?(groupName: String) {
    switch groupName {
    case "prime256v1", "P-256": self = .p256
    case "secp384r1", "P-384": self = .p384
    case "secp521r1", "P-521": self = .p521
    default: return nil
    }
  }
}

/// A public key by its parameters, as a JWK has them after base64url decoding (RFC 7518 §6).
package enum PublicKey: Sendable, Equatable {
  /// `n` and `e`, big-endian.
  case rsa(modulus: [UInt8], exponent: [UInt8])
  /// `x` and `y`, big-endian, each of the curve's full coordinate length.
  case ec(Curve, x: [UInt8], y: [UInt8])
  /// `x` of an OKP key on Ed25519, 32 bytes (RFC 8037 §2).
  case ed25519([UInt8])
}

/// Why a signature was not accepted.
package enum SignatureFailure: Error, Sendable, Equatable {
  /// The algorithm is for another kind of key or another curve.
  case algorithmDoesNotFitKey
  /// The key is weak, malformed or not on its curve.
  case unusableKey(reason: String)
  /// The signature has the wrong length, or a value outside its range.
  case malformedSignature
  /// The signature is another key's, or of another message.
  case mismatch
}
