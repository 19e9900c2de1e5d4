import OAuth
import TLS

/// The key that signs this server's tokens, and what its clients need to check them.
struct TokenSigner: Sendable {
  /// The algorithms a token can be signed with here.
  static let algorithms: [SignatureAlgorithm] = [.rs256, .ps256, .es256, .edDSA]

  let algorithm: SignatureAlgorithm
  /// The thumbprint of the key (RFC 7638).
  let keyID: String
  /// The members of the public key (RFC 7518 §6, RFC 8037 §2).
  let members: [String: JSONValue]
  let key: SigningKey
  private let verificationKey: VerificationKey

  /// Makes a new key for `algorithm`; throws where libcrypto does, or for one not listed here.
  init(_ algorithm: SignatureAlgorithm) throws(CryptographyError) {
    self.algorithm = algorithm
    key = try SigningKey(generating: Self.kind(for: algorithm))
    members = key.publicKey.jsonWebKeyMembers
    keyID = Base64URL.encode(try Digest.sha256(JSONValue.object(members).serialized()))
    do { verificationKey = try VerificationKey(key.publicKey) } catch {
      throw .unusableKey(reason: "the public half cannot be used")
    }
  }

  /// The entry of the key set (RFC 7517 §4).
  var jsonWebKey: JSONValue { .object(jsonWebKeyMembers) }

  var jsonWebKeyMembers: [String: JSONValue] {
    var all = members
    all["use"] = "sig"
    all["alg"] = .string(algorithm.rawValue)
    all["kid"] = .string(keyID)
    return all
  }

  /// The signed token; `type` is the header's `typ`.
  func sign(_ claims: [String: JSONValue], type: String) throws(Refusal) -> String {
    let header: [String: JSONValue] = [
      "alg": .string(algorithm.rawValue), "kid": .string(keyID), "typ": .string(type),
    ]
    var failed = false
    let token = JWS.compact(header: header, payload: claims) { input in
      if let signature = try? key.sign(input, by: algorithm) { return signature }
      failed = true
      return []
    }
    if failed { throw .serverError }
    return token
  }

  /// The claims of a token that this server has signed; `nil` for every other text.
  func claims(of token: String) -> [String: JSONValue]? {
    guard let jws = try? JWS(compact: token), jws.header.algorithm.rawValue == algorithm.rawValue
    else { return nil }
    do throws(SignatureFailure) {
      try verificationKey.verify(jws.signature, of: jws.signingInput, by: algorithm)
    } catch { return nil }
    return try? JSONValue.object(parsing: jws.payload)
  }

  /// `at_hash` (OpenID Connect Core 1.0 §3.1.3.6): the left half of the algorithm's own hash.
  func hash(ofAccessToken token: String) throws(Refusal) -> String {
    let bytes = Array(token.utf8)
    do {
      let hash = try algorithm == .edDSA ? Digest.sha512(bytes) : Digest.sha256(bytes)
      return Base64URL.encode(Array(hash.prefix(hash.count / 2)))
    } catch { throw .serverError }
  }

  private static func kind(
    for algorithm: SignatureAlgorithm
  ) throws(CryptographyError) -> SigningKey.Kind {
    switch algorithm {
    case .rs256, .ps256: .rsa2048
    case .es256: .p256
    case .edDSA: .ed25519
    default: throw .algorithmDoesNotFitKey
    }
  }
}

extension PublicKey {
  /// The members a JWK of this key must have, and no others (RFC 7638 §3.2, RFC 8037 §2).
  var jsonWebKeyMembers: [String: JSONValue] {
    switch self {
    case .rsa(let modulus, let exponent):
      ["kty": "RSA", "n": .bytes(modulus), "e": .bytes(exponent)]
    case .ec(let curve, let x, let y):
      ["kty": "EC", "crv": .string(curve.rawValue), "x": .bytes(x), "y": .bytes(y)]
    case .ed25519(let bytes): ["kty": "OKP", "crv": "Ed25519", "x": .bytes(bytes)]
    }
  }
}

extension JSONValue {
  static func bytes(_ bytes: [UInt8]) -> JSONValue { .string(Base64URL.encode(bytes)) }
}
