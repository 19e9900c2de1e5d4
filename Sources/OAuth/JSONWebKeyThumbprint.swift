extension JSONWebKey {
  /// The members that make the key and no others, which are what a thumbprint is made over
  /// (RFC 7638 §3.2, RFC 8037 §2) and what a proof shows of its key.
  package var requiredMembers: [String: JSONValue] {
    switch material {
    case .rsa(let modulus, let exponent):
      [
        "kty": "RSA", "n": .string(Base64URL.encode(modulus)),
        "e": .string(Base64URL.encode(exponent)),
      ]
    case .ec(let curve, let x, let y):
      [
        "kty": "EC", "crv": .string(curve.rawValue), "x": .string(Base64URL.encode(x)),
        "y": .string(Base64URL.encode(y)),
      ]
    case .ed25519(let publicKey):
      ["kty": "OKP", "crv": "Ed25519", "x": .string(Base64URL.encode(publicKey))]
    }
  }

  /// The key's thumbprint by SHA-256, in base64url (RFC 7638 §3).
  package func thumbprint<Failure: Error>(
    sha256: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) -> String {
    // Serialized without spaces and with the names in order, as §3.3 has it.
    Base64URL.encode(try sha256(JSONValue.object(requiredMembers).serialized()))
  }
}
