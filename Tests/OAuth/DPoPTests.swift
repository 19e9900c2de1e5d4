import TLS
import Testing

@testable import OAuth

struct Unsigned: Error, Equatable {}

func anyProof() throws -> DPoPProof {
  try DPoPProof(
    for: DPoPTarget(post: Endpoint("https://as.example/as/token")),
    key: JSONWebKey(.ed25519(publicKey: [UInt8](repeating: 1, count: 32))), algorithm: .edDSA,
    id: entropy(9), now: now
  ) { _ in [1, 2, 3] }
}

/// The two objects and the signature of a compact token, taken apart without any of the rules.
func parts(
  of token: String
) throws -> (header: [String: JSONValue], claims: [String: JSONValue], signature: [UInt8]) {
  let parts = token.split(separator: ".", omittingEmptySubsequences: false)
  try #require(parts.count == 3)
  let decoded = try parts.map { try #require(Base64URL.decode($0)) }
  return (
    try JSONValue.object(parsing: decoded[0]), try JSONValue.object(parsing: decoded[1]), decoded[2]
  )
}

@Suite struct DPoPProofTests {
  private static let publicKey = JSONWebKey.Material.ec(
    curve: .p256, x: [UInt8](repeating: 5, count: 32), y: [UInt8](repeating: 6, count: 32))

  private func make(
    _ target: DPoPTarget, accessToken: AccessTokenHash? = nil, nonce: DPoPNonce? = nil
  ) throws -> DPoPProof {
    try DPoPProof(
      for: target, key: JSONWebKey(Self.publicKey, keyID: "k", algorithm: .es256),
      algorithm: .es256, id: entropy(9), accessToken: accessToken, nonce: nonce, now: now
    ) { _ in [7] }
  }

  @Test func `a proof has the claims of the specification and shows the public key alone`() throws {
    let target = try DPoPTarget(post: Endpoint("https://as.example/as/token?x=1"))
    let proof = try parts(of: make(target).text)
    #expect(
      proof.header == [
        "typ": "dpop+jwt", "alg": "ES256",
        "jwk": [
          "kty": "EC", "crv": "P-256",
          "x": .string(Base64URL.encode([UInt8](repeating: 5, count: 32))),
          "y": .string(Base64URL.encode([UInt8](repeating: 6, count: 32))),
        ],
      ])
    #expect(
      proof.claims == [
        "jti": .string(Base64URL.encode([UInt8](repeating: 9, count: 32))), "htm": "POST",
        "htu": "https://as.example/as/token", "iat": .number(JSONNumber(now - 1)),
      ])
    #expect(proof.signature == [7])
  }

  @Test func `with a token its hash goes in, with a nonce the nonce`() throws {
    let hash = try AccessTokenHash(of: "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU") {
      try Digest.sha256.hash($0)
    }
    let target = try DPoPTarget(method: "GET", url: "https://resource.example.org/r")
    let proof = try parts(of: make(target, accessToken: hash, nonce: DPoPNonce("n-1")).text)
    // The example of RFC 9449 §7.1.
    #expect(proof.claims["ath"] == "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo")
    #expect(proof.claims["nonce"] == "n-1")
    #expect(proof.claims["htm"] == "GET")
  }

  @Test func `a real key's proof verifies by the key it shows`() throws {
    let key = try SigningKey(generating: .p256)
    guard case .ec(_, let x, let y) = key.publicKey else { throw Unsigned() }
    let proof = try DPoPProof(
      for: DPoPTarget(post: Endpoint("https://as.example/t")),
      key: JSONWebKey(.ec(curve: .p256, x: x, y: y)), algorithm: .es256, id: entropy(1), now: now
    ) { (bytes) throws(CryptographyError) in try key.sign(bytes, by: .es256) }
    let token = try JWS(compact: proof.text)
    let shown = try JSONWebKey(try #require(parts(of: proof.text).header["jwk"]))
    #expect(
      SystemCryptography().verify(
        algorithm: .es256, key: shown, signature: token.signature, over: token.signingInput))
  }

  @Test func `a signature that cannot be had leaves no proof`() throws {
    #expect(throws: Unsigned()) {
      try DPoPProof(
        for: DPoPTarget(post: Endpoint("https://as.example/t")), key: JSONWebKey(Self.publicKey),
        algorithm: .es256, id: entropy(1), now: now
      ) { (_) throws(Unsigned) in throw Unsigned() }
    }
  }

  @Test(arguments: [
    ("https://a.example/x?y=1#z", "https://a.example/x"),
    ("https://a.example/x#z?y", "https://a.example/x"),
    ("https://a.example", "https://a.example/"), ("HTTPS://A.Example:443/X", "https://a.example/X"),
    ("https://a.example:8443/?", "https://a.example:8443/"),
    ("http://localhost:80/a%20b", "http://localhost/a%20b"),
    ("http://[::1]:8080/a", "http://[::1]:8080/a"),
  ])
  func `an address loses its query and fragment and is normalized`(
    url: String, htu: String
  ) throws {
    #expect(try DPoPTarget(method: "GET", url: url).address == htu)
  }

  @Test func `no proof is made for the open network or for what is no request`() {
    #expect(throws: DPoPTarget.Fault.badAddress(.plainHTTP(host: "a.example"))) {
      try DPoPTarget(method: "GET", url: "http://a.example/")
    }
    #expect(throws: DPoPTarget.Fault.badAddress(.notAbsolute)) {
      try DPoPTarget(method: "GET", url: "")
    }
    for method in ["", "GET ", "G\nET", "é", "G:", String(repeating: "A", count: 33)] {
      #expect(throws: DPoPTarget.Fault.badMethod) {
        try DPoPTarget(method: method, url: "https://a.example/")
      }
    }
  }

  @Test func `the thumbprint is that of the specifications' examples`() throws {
    let rsa = try JSONWebKey(
      JSONValue(
        parsing: bytes(
          """
          {"kty": "RSA", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1R\
          K7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0\
          h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08q\
          NLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnq\
          DKgw", "e": "AQAB", "alg": "RS256", "kid": "2011-04-29"}
          """)))
    // RFC 7638 §3.1 and RFC 8037 §A.3.
    #expect(
      try rsa.thumbprint { try Digest.sha256.hash($0) }
        == "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs")
    let ed25519 = try JSONWebKey(
      ["kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"])
    #expect(
      try ed25519.thumbprint { try Digest.sha256.hash($0) }
        == "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k")
  }
}

@Suite struct DPoPTokenTypeTests {
  private func read(_ type: String, isProven: Bool) throws -> TokenResponse {
    let request = try isProven ? exchange().proven(by: anyProof()) : exchange()
    let body = #"{"access_token": "a", "token_type": "\#(type)"}"#
    return try TokenResponse(
      validating: EndpointAnswer(status: 200, contentType: nil, body: bytes(body)), to: request,
      now: now)
  }

  @Test func `a proof is sent as a header field and the form stays as it was`() throws {
    let proof = try anyProof()
    let plain = try exchange()
    let proven = plain.proven(by: proof)
    #expect(proven.post.body == plain.post.body)
    #expect(proven.grant == plain.grant)
    #expect(proven.post.headerFields.filter { $0.name == "DPoP" }.map(\.value) == [proof.text])
    #expect(!plain.post.headerFields.contains { $0.name == "DPoP" })
    let other = try DPoPProof(
      for: DPoPTarget(method: "GET", url: "https://a.example/"),
      key: JSONWebKey(.ed25519(publicKey: [])), algorithm: .edDSA, id: entropy(8), now: now
    ) { _ in [] }
    #expect(proven.proven(by: other).post.headerFields.filter { $0.name == "DPoP" }.count == 1)
  }

  @Test(arguments: ["DPoP", "dpop", "DPOP"])
  func `a bound token is taken where a proof was sent and nowhere else`(type: String) throws {
    #expect(try read(type, isProven: true).type == .dpop)
    #expect(throws: EndpointFailure.faulty(.proofNotUsed)) { try read(type, isProven: false) }
  }

  @Test(arguments: ["Bearer", "bearer"])
  func `a bearer token is no answer to a proof`(type: String) throws {
    #expect(throws: EndpointFailure.faulty(.bearerInsteadOfDPoP)) {
      try read(type, isProven: true)
    }
    #expect(try read(type, isProven: false).type == .bearer)
  }
}

@Suite struct DPoPNonceTests {
  private func answer(
    nonce: String?, status: Int = 400, error: String = "use_dpop_nonce", challenge: String? = nil
  ) -> EndpointAnswer {
    EndpointAnswer(
      status: status, contentType: nil, body: bytes(#"{"error": "\#(error)"}"#), proofNonce: nonce,
      challenges: [challenge].compactMap { $0 })
  }

  /// Whether each of the answers is a reason to ask again, and the nonce kept at the end.
  private func follow(
    _ answers: EndpointAnswer..., from nonce: String? = nil
  ) -> (retries: [Bool], nonce: String?) {
    var rule = DPoPNonceRule(nonce: DPoPNonce(nonce))
    let retries = answers.map { rule.isRetryDue(after: $0) }
    return (retries, rule.nonce?.text)
  }

  @Test func `a demand with a new nonce is followed once`() {
    let outcome = follow(answer(nonce: "n1"), answer(nonce: "n2"), answer(nonce: "n3"))
    #expect(outcome.retries == [true, false, false])
    #expect(outcome.nonce == "n3")
  }

  @Test func `a demand without a nonce or with the one that was sent is not followed`() {
    #expect(follow(answer(nonce: nil)).retries == [false])
    let outcome = follow(answer(nonce: "n1"), answer(nonce: nil), answer(nonce: "n2"), from: "n1")
    #expect(outcome.retries == [false, false, true])
    #expect(outcome.nonce == "n2")
  }

  @Test func `a nonce beside any other answer is kept for the next proof`() {
    let others = follow(
      answer(nonce: "n1", status: 200, error: ""), answer(nonce: "n2", error: "invalid_grant"),
      answer(nonce: "n3", status: 503), answer(nonce: nil, status: 200), answer(nonce: "n4"))
    #expect(others.retries == [false, false, false, false, true])
    #expect(follow(answer(nonce: "n1", status: 200), answer(nonce: nil)).nonce == "n1")
  }

  @Test func `a resource demands one in its challenge`() {
    func challenged(_ challenge: String) -> [Bool] {
      follow(answer(nonce: "n1", status: 401, error: "", challenge: challenge)).retries
    }
    #expect(challenged(#"Basic realm="a", DPoP error="use_dpop_nonce", algs="ES256""#) == [true])
    #expect(challenged(#"Bearer error="use_dpop_nonce""#) == [false])
    #expect(challenged(#"DPoP error="invalid_token""#) == [false])
    #expect(challenged(#"DPoP error="use_dpop_nonce"#) == [false])
  }

  @Test(arguments: ["", "a b", "a\"b", "a\\b", "a\nb", "é", String(repeating: "a", count: 1025)])
  func `what fits no proof is no nonce`(field: String) {
    #expect(DPoPNonce(field) == nil)
    let outcome = follow(answer(nonce: field), from: "old")
    #expect(outcome.retries == [false])
    #expect(outcome.nonce == "old")
  }
}
