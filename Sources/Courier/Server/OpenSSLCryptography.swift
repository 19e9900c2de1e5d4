import OAuth
import TLS

/// The calculations of ID tokens and PKCE, by libcrypto.
struct OpenSSLCryptography: Cryptography {
  func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]? {
    let digest: Digest =
      switch algorithm {
      case .sha256: .sha256
      case .sha384: .sha384
      case .sha512: .sha512
      }
    return try? digest.hash(bytes)
  }

  func verify(
    algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
  ) -> Bool {
    guard let method = SignatureAlgorithm(rawValue: algorithm.rawValue),
      let key = try? VerificationKey(Self.publicKey(key.material))
    else { return false }
    do { try key.verify(signature, of: bytes, by: method) } catch { return false }
    return true
  }

  private static func publicKey(_ material: JSONWebKey.Material) -> PublicKey {
    switch material {
    case .rsa(let modulus, let exponent): .rsa(modulus: modulus, exponent: exponent)
    case .ec(.p256, let x, let y): .ec(.p256, x: x, y: y)
    case .ec(.p384, let x, let y): .ec(.p384, x: x, y: y)
    case .ec(.p521, let x, let y): .ec(.p521, x: x, y: y)
    case .ed25519(let publicKey): .ed25519(publicKey)
    }
  }

  /// The S256 challenge of a verifier; nil where libcrypto has no SHA-256 to give.
  func challenge(of verifier: CodeVerifier) -> CodeChallenge? {
    guard let digest = hash(Array(verifier.text.utf8), with: .sha256) else { return nil }
    return verifier.challenge { _ in digest }
  }
}

extension Entropy {
  /// 256 bits from the system's generator; without them nothing goes on.
  static func fresh() throws(CourierFailure) -> Entropy {
    guard let bytes = try? RandomBytes.generate(length), let entropy = Entropy(bytes) else {
      throw CourierFailure(.failed, "the system gives no random bytes")
    }
    return entropy
  }
}
