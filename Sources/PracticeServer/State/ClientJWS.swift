import OAuth
import TLS

/// A signed text of a client's, taken apart and not yet checked: an assertion (RFC 7523 §2.2) or a
/// proof of possession (RFC 9449 §4.2).
struct ClientJWS: Sendable {
  /// The algorithms with public keys that clients may sign with, as the metadata lists them.
  static let algorithms: [SignatureAlgorithm] = [
    .rs256, .rs384, .rs512, .ps256, .ps384, .ps512, .es256, .es384, .es512, .edDSA,
  ]
  /// Characters; a proof has some 500.
  private static let maximumLength = 16 * 1024

  let header: [String: JSONValue]
  let claims: [String: JSONValue]
  private let signature: [UInt8]
  private let signingInput: [UInt8]

  /// `nil` for a text that is no JWS in its compact form (RFC 7515 §7.1), and for one with
  /// extensions that must be understood (§4.1.11).
  init?(_ text: String) {
    guard text.utf8.count <= Self.maximumLength else { return nil }
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    let decoded = parts.compactMap { Base64URL.decode($0) }
    guard parts.count == 3, decoded.count == 3,
      let header = try? JSONValue.object(parsing: decoded[0]), header["crit"] == nil,
      let claims = try? JSONValue.object(parsing: decoded[1])
    else { return nil }
    self.header = header
    self.claims = claims
    signature = decoded[2]
    signingInput = Array("\(parts[0]).\(parts[1])".utf8)
  }

  /// Whether the key has signed it, by the algorithm the header names.
  func isSigned(by key: JSONWebKey) -> Bool {
    guard let name = header["alg"]?.stringValue, let algorithm = SignatureAlgorithm(rawValue: name),
      key.algorithm ?? name == name, let verifier = try? VerificationKey(key.publicKey)
    else { return false }
    return (try? verifier.verify(signature, of: signingInput, by: algorithm)) != nil
  }

  /// Whether the secret has (RFC 7518 §3.2).
  func isAuthenticated(by secret: String) -> Bool {
    guard header["alg"] == "HS256",
      let code = try? HMAC.sha256(signingInput, key: Array(secret.utf8))
    else { return false }
    return ConstantTime.equal(Base64URL.encode(code), Base64URL.encode(signature))
  }

  /// A NumericDate (RFC 7519 §2) in whole seconds.
  func date(_ name: String) -> Int64? {
    guard let value = claims[name]?.numberValue?.double else { return nil }
    return Int64(exactly: value.rounded(.down))
  }
}

extension JSONWebKey {
  var publicKey: PublicKey {
    switch material {
    case .rsa(let modulus, let exponent): .rsa(modulus: modulus, exponent: exponent)
    case .ec(.p256, let x, let y): .ec(.p256, x: x, y: y)
    case .ec(.p384, let x, let y): .ec(.p384, x: x, y: y)
    case .ec(.p521, let x, let y): .ec(.p521, x: x, y: y)
    case .ed25519(let publicKey): .ed25519(publicKey)
    }
  }

  /// The thumbprint (RFC 7638), by which tokens are bound to the key (RFC 9449 §6.1).
  func thumbprint() throws(Refusal) -> String {
    Base64URL.encode(
      try sha256(JSONValue.object(publicKey.jsonWebKeyMembers).serialized()))
  }
}
