import OAuth
import Platform
import TLS

/// The key that signs a client's assertions (RFC 7523 §2.2), and how it does.
struct AssertionKey: Sendable {
  /// The name client_secret_jwt's algorithm has, which is no signature (RFC 7518 §3.2).
  private static let keyedHash = "HS256"

  private let key: SigningKey
  private let id: String?
  let algorithm: JWSAlgorithm

  /// Chooses the algorithm: the account's, else the first of the server's that fits the key.
  init(
    _ key: SigningKey, id: String?, _ job: Job, _ metadata: ServerMetadata, remembered: String?
  ) throws(CourierFailure) {
    self.key = key
    self.id = id
    let configured = job["token_endpoint_auth_signing_alg"]
    guard configured != Self.keyedHash else {
      throw CourierFailure(
        .failed,
        "token_endpoint_auth_signing_alg = HS256 goes with client_secret_jwt, not with a "
          + "private key")
    }
    let material = JSONWebKey.Material(key.publicKey)
    let listed = metadata.list(.assertionAlgorithms)
    if configured == nil, let remembered,
      let algorithm = try? JWSAlgorithm.forAssertions(by: material, listed: [remembered])
    {
      self.algorithm = algorithm
      return
    }
    do {
      algorithm = try JWSAlgorithm.forAssertions(
        by: material, configured: configured, listed: listed)
    } catch {
      let path = job["client_key_file"].map { " \(shown($0))" } ?? ""
      var sentence = "client_key_file\(path): \(error)"
      if case .doesNotFitKey = error {
        sentence += "; leave token_endpoint_auth_signing_alg out"
      }
      throw CourierFailure(.failed, sentence)
    }
  }

  /// Refuses an algorithm that a secret cannot be used with.
  static func checkKeyedHash(_ job: Job) throws(CourierFailure) {
    guard let name = job["token_endpoint_auth_signing_alg"], name != keyedHash else { return }
    throw CourierFailure(
      .failed,
      "token_endpoint_auth_signing_alg = \(shown(name)) needs a private key; client_secret_jwt "
        + "is made with HS256")
  }

  /// A new assertion.
  func assertion(
    of clientID: String, for audience: ClientAssertion.Audience
  ) throws(CourierFailure) -> ClientAssertion {
    let entropy = try Entropy.fresh()
    do {
      return try ClientAssertion(
        clientID: clientID, audience: audience, id: entropy, algorithm: algorithm, keyID: id,
        now: wallClockSeconds()
      ) { (bytes) throws(CryptographyError) in try key.signature(over: bytes, by: algorithm) }
    } catch { throw CourierFailure(.failed, "cannot sign for the client: \(error.sentence)") }
  }
}

extension SigningKey {
  /// The signature as JOSE has it (RFC 7518 §3).
  func signature(
    over bytes: [UInt8], by algorithm: JWSAlgorithm
  ) throws(CryptographyError) -> [UInt8] {
    guard let method = SignatureAlgorithm(rawValue: algorithm.rawValue) else {
      throw .algorithmDoesNotFitKey
    }
    return try sign(bytes, by: method)
  }
}

extension JSONWebKey.Material {
  /// The public half of a key of our own.
  init(_ key: PublicKey) {
    self =
      switch key {
      case .rsa(let modulus, let exponent): .rsa(modulus: modulus, exponent: exponent)
      case .ec(.p256, let x, let y): .ec(curve: .p256, x: x, y: y)
      case .ec(.p384, let x, let y): .ec(curve: .p384, x: x, y: y)
      case .ec(.p521, let x, let y): .ec(curve: .p521, x: x, y: y)
      case .ed25519(let bytes): .ed25519(publicKey: bytes)
      }
  }
}
