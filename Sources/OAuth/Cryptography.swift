/// The hashes that signature algorithms and PKCE name.
package enum HashAlgorithm: String, Sendable, CaseIterable {
  case sha256 = "SHA256"
  case sha384 = "SHA384"
  case sha512 = "SHA512"
}

/// The calculations this target leaves to its caller, so that it needs no library for them.
package protocol Cryptography: Sendable {
  /// The hash of some bytes; `nil` where it cannot be had, which fails whatever depends on it.
  func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]?

  /// Whether `signature` was made over `bytes` with the private half of `key`.
  ///
  /// The key fits the algorithm and the signature has the algorithm's length already. For ES256,
  /// ES384 and ES512 the signature is R and S side by side (RFC 7518 §3.4). The salt of PS256,
  /// PS384 and PS512 is as long as their hash (§3.5). A key that cannot be loaded is `false`.
  func verify(
    algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
  ) -> Bool
}

/// The signature algorithms that are accepted (RFC 7518 §3.1, RFC 8037 §3.1).
///
/// The list is fixed: neither `none` nor an HMAC is in it, whatever a token says (RFC 8725 §3.1).
package enum JWSAlgorithm: String, Sendable, CaseIterable {
  case rs256 = "RS256"
  case rs384 = "RS384"
  case rs512 = "RS512"
  case ps256 = "PS256"
  case ps384 = "PS384"
  case ps512 = "PS512"
  case es256 = "ES256"
  case es384 = "ES384"
  case es512 = "ES512"
  /// Ed25519 only.
  case edDSA = "EdDSA"

  /// The hash that belongs to the algorithm; SHA-512 for Ed25519, which has it inside.
  var hash: HashAlgorithm {
    switch self {
    case .rs256, .ps256, .es256: .sha256
    case .rs384, .ps384, .es384: .sha384
    case .rs512, .ps512, .es512, .edDSA: .sha512
    }
  }

  /// The hashes an `at_hash` beside this algorithm may be made with.
  ///
  /// OpenID Connect Core §3.1.3.8 wants the hash of the algorithm, and EdDSA names none: most servers
  /// take SHA-512, which Ed25519 has inside, glewlwyd takes SHA-256. The values differ in length.
  var accessTokenHashes: [HashAlgorithm] { self == .edDSA ? [.sha512, .sha256] : [hash] }

  /// Whether a key is of the algorithm's kind.
  func fits(_ material: JSONWebKey.Material) -> Bool {
    switch (self, material) {
    case (.rs256, .rsa), (.rs384, .rsa), (.rs512, .rsa): true
    case (.ps256, .rsa), (.ps384, .rsa), (.ps512, .rsa): true
    case (.es256, .ec(.p256, _, _)), (.es384, .ec(.p384, _, _)), (.es512, .ec(.p521, _, _)): true
    case (.edDSA, .ed25519): true
    default: false
    }
  }

  /// Whether a signature can be one of this algorithm and key, from its length and its halves.
  func accepts(_ signature: [UInt8], for material: JSONWebKey.Material) -> Bool {
    switch material {
    case .rsa(let modulus, _): return signature.count == modulus.count
    case .ed25519: return signature.count == 64
    case .ec(let curve, _, _):
      guard signature.count == 2 * curve.coordinateLength else { return false }
      // R or S of zero satisfied a verifier once, with any text (CVE-2022-21449).
      return signature.prefix(curve.coordinateLength).contains { $0 != 0 }
        && signature.suffix(curve.coordinateLength).contains { $0 != 0 }
    }
  }
}
