import HTTP1
import OAuth

extension AuthorizationServer {
  /// Seconds a proof may be old, or new by another clock (RFC 9449 §11.1).
  private static let proofWindow: Int64 = 300
  /// The algorithms of proofs, for the metadata and for challenges.
  static var proofAlgorithms: [String] { ClientJWS.algorithms.map(\.rawValue) }

  /// The thumbprint of the key that the request's proof shows possession of; `nil` without a proof.
  ///
  /// Every check of RFC 9449 §4.3 is made.
  ///
  /// - Parameter accessToken: the token it is presented with, at a resource.
  mutating func provenKey(
    of request: Request, accessToken: String? = nil, in surroundings: inout Surroundings
  ) throws(Refusal) -> String? {
    let values = request.fields.values(for: "DPoP")
    guard let text = values.first else { return nil }
    guard values.count == 1 else { throw Self.badProof("there is more than one proof") }
    guard let proof = ClientJWS(text), proof.header["typ"] == "dpop+jwt" else {
      throw Self.badProof("the proof is not a jwt of the type dpop+jwt")
    }
    guard let members = proof.header["jwk"]?.objectValue, members["d"] == nil,
      let key = try? JSONWebKey(.object(members)), proof.isSigned(by: key)
    else { throw Self.badProof("the proof is not signed by the public key in its header") }
    try checkClaims(of: proof, for: request, accessToken: accessToken, at: surroundings.now)
    if accessToken == nil { try checkNonce(of: proof, in: &surroundings) }
    guard let identifier = proof.claims["jti"]?.stringValue, !identifier.isEmpty,
      seen.note(
        "proof \(identifier)", until: surroundings.now + 2 * Self.proofWindow,
        at: surroundings.now)
    else { throw Self.badProof("the proof has no jti, or was used before") }
    return try key.thumbprint()
  }

  private func checkClaims(
    of proof: ClientJWS, for request: Request, accessToken: String?, at now: Int64
  ) throws(Refusal) {
    guard proof.claims["htm"] == .string(request.method) else {
      throw Self.badProof("htm is not the method of the request")
    }
    guard let address = proof.claims["htu"]?.stringValue, isAddress(address, of: request) else {
      throw Self.badProof("htu is not the address of the request without query and fragment")
    }
    guard let issuedAt = proof.date("iat"), abs(now - issuedAt) <= Self.proofWindow else {
      throw Self.badProof("the proof is older than five minutes, or from the future")
    }
    guard let accessToken else { return }
    let hash = Base64URL.encode(try sha256(Array(accessToken.utf8)))
    guard proof.claims["ath"] == .string(hash) else {
      throw Self.badProof("ath is not the hash of the access token")
    }
  }

  private func isAddress(_ text: String, of request: Request) -> Bool {
    guard let endpoint = try? Endpoint(text), endpoint.query == nil else { return false }
    let scheme = settings.origin.prefix { $0 != ":" }
    return endpoint.scheme.rawValue == scheme && endpoint.path == request.path
      && endpoint.authority == request.host.lowercased()
  }

  private mutating func checkNonce(
    of proof: ClientJWS, in surroundings: inout Surroundings
  ) throws(Refusal) {
    guard settings.behaviour.proofNonces == .demanded else { return }
    if let nonce = proof.claims["nonce"]?.stringValue, nonces.isGood(nonce, at: surroundings.now) {
      return
    }
    var refusal = Refusal(.useNonce, "the proof needs a nonce of this server")
    refusal.nonce = try newNonce(in: &surroundings)
    throw refusal
  }

  /// A nonce for the next proof (RFC 9449 §8.2).
  private mutating func newNonce(
    in surroundings: inout Surroundings
  ) throws(Refusal) -> String {
    let nonce = try surroundings.secret()
    nonces.add(nonce, at: surroundings.now)
    return nonce
  }

  /// Adds a nonce to a successful answer, where this server wants them.
  mutating func offerNonce(
    in reply: inout Reply, _ surroundings: inout Surroundings
  ) throws(Refusal) {
    guard settings.behaviour.proofNonces == .demanded else { return }
    reply.response.fields.append("DPoP-Nonce", try newNonce(in: &surroundings))
  }

  static func badProof(_ description: String) -> Refusal { Refusal(.invalidProof, description) }
}
