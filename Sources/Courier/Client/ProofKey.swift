import OAuth
import Platform
import TLS

/// The key an account's tokens are bound to (RFC 9449): made at sign-in, kept like a refresh token.
struct ProofKey: Sendable, Redacted {
  private let key: SigningKey
  private let publicKey: JSONWebKey
  let algorithm: JWSAlgorithm
  /// The key's SHA-256 thumbprint (RFC 7638), which names it in an authorization request.
  let thumbprint: String
  /// The key as one word, to be kept.
  let storable: String

  /// Makes a new key, of the first kind the server takes proofs by.
  init(for metadata: ServerMetadata) throws(CourierFailure) {
    let algorithm: JWSAlgorithm
    do { algorithm = try JWSAlgorithm.forProofs(listed: metadata.list(.proofAlgorithms)) } catch {
      throw CourierFailure(
        .failed, "no key for proofs of possession (dpop): \(error)", remedy: .withoutProofs)
    }
    let kind: SigningKey.Kind =
      switch algorithm {
      case .edDSA: .ed25519
      case .rs256, .rs384, .rs512, .ps256, .ps384, .ps512: .rsa2048
      case .es256, .es384, .es512: .p256
      }
    do { try self.init(try SigningKey(generating: kind), algorithm) } catch {
      throw CourierFailure(
        .failed, "the key for proofs of possession (dpop) cannot be made: \(error.sentence)")
    }
  }

  /// Takes the key that was kept; nil where the tokens are not bound to one.
  init?(kept job: Job) throws(CourierFailure) {
    let fault = CourierFailure(
      .loginRequired, "the key these tokens are bound to (dpop) is not there or cannot be read",
      hint: job.loginCommand)
    guard let text = job["secret.dpop_key"] else {
      guard job["session.dpop_jkt"] == nil else { throw fault }
      return nil
    }
    guard let pem = Base64URL.decode(text), let key = try? SigningKey(pem: pem),
      let name = job["session.dpop_alg"], let algorithm = JWSAlgorithm(rawValue: name),
      SignatureAlgorithm(rawValue: name)?.fits(key.publicKey) == true
    else { throw fault }
    do { try self.init(key, algorithm) } catch { throw fault }
    guard job["session.dpop_jkt"].map({ $0 == thumbprint }) ?? true else { throw fault }
  }

  private init(_ key: SigningKey, _ algorithm: JWSAlgorithm) throws(CryptographyError) {
    self.key = key
    self.algorithm = algorithm
    publicKey = JSONWebKey(JSONWebKey.Material(key.publicKey))
    thumbprint = try publicKey.thumbprint(sha256: { (bytes) throws(CryptographyError) in
      try Digest.sha256(bytes)
    })
    storable = Base64URL.encode(try key.pem())
  }

  /// A new proof, for one request.
  func proof(
    for target: DPoPTarget, accessToken: String? = nil, nonce: DPoPNonce? = nil
  ) throws(CourierFailure) -> DPoPProof {
    let entropy = try Entropy.fresh()
    do {
      let hash = try accessToken.map { (token) throws(CryptographyError) in
        try AccessTokenHash(of: token) { (bytes) throws(CryptographyError) in
          try Digest.sha256(bytes)
        }
      }
      return try DPoPProof(
        for: target, key: publicKey, algorithm: algorithm, id: entropy, accessToken: hash,
        nonce: nonce, now: wallClockSeconds()
      ) { (bytes) throws(CryptographyError) in try key.signature(over: bytes, by: algorithm) }
    } catch {
      throw CourierFailure(.failed, "the proof of possession cannot be made: \(error.sentence)")
    }
  }
}
