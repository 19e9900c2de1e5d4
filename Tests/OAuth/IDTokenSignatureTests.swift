import Testing

@testable import OAuth

/// A library that takes every signature for a good one.
private struct Gullible: Cryptography {
  func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]? { nil }

  func verify(
    algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
  ) -> Bool { true }
}

@Suite struct IDTokenSignatureTests {
  private func check(
    _ header: [String: JSONValue], signedBy server: Issuing, keys: JSONWebKeySet,
    algorithms: [String]? = nil
  ) throws -> IDTokenFault? {
    let claims: [String: JSONValue] = [
      "iss": .string(Vectors.issuer), "aud": .string(Vectors.clientID), "sub": "user-1",
      "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + 300)),
    ]
    let expectation = IDTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID,
      occasion: .signInWithoutNonce, accessToken: "a", algorithms: algorithms)
    do throws(IDTokenFault) {
      _ = try IDToken(
        validating: server.token(claims, header: header), against: expectation, keys: keys,
        cryptography: SystemCryptography(), now: now)
      return nil
    } catch { return error }
  }

  @Test func `a stranger's key is a wrong signature, and only a nameless one asks for new keys`()
    throws
  {
    let (server, stranger) = (try Issuing(), try Issuing())
    let named = try check(["alg": "ES256", "kid": "k1"], signedBy: stranger, keys: server.keys)
    #expect(named == .badSignature(isKeyNamed: true))
    #expect(named?.isCuredByFreshKeys == false)
    let nameless = try check(["alg": "ES256"], signedBy: stranger, keys: server.keys)
    #expect(nameless == .badSignature(isKeyNamed: false))
    #expect(nameless?.isCuredByFreshKeys == true)
  }

  @Test func `an unknown key name asks for new keys, however many there are`() throws {
    let server = try Issuing()
    let several = try JSONWebKeySet(validating: bytes(Vectors.keys))
    for keys in [server.keys, several] {
      let fault = try check(["alg": "ES256", "kid": "k2"], signedBy: server, keys: keys)
      #expect(fault == .unknownKeyID(PrintableText("k2")))
      #expect(fault?.isCuredByFreshKeys == true)
    }
  }

  @Test func `a nameless token is tried with every fitting key`() throws {
    let ones = [UInt8](repeating: 1, count: 32)
    let server = try Issuing(others: Issuing.jwk(kid: "k0", x: ones, y: ones) + ",")
    #expect(server.keys.keys.count == 2)
    #expect(try check(["alg": "ES256"], signedBy: server, keys: server.keys) == nil)
  }

  @Test func `a token cannot bring its own key`() throws {
    let (server, stranger) = (try Issuing(), try Issuing())
    guard case .ec(_, let x, let y) = stranger.key.publicKey else { throw NoEntropy() }
    let own = try JSONValue(parsing: bytes(Issuing.jwk(kid: "k1", x: x, y: y)))
    let header: [String: JSONValue] = [
      "alg": "ES256", "kid": "k1", "jwk": own, "jku": "https://evil.example/jwks",
      "x5u": "https://evil.example/cert",
    ]
    #expect(
      try check(header, signedBy: stranger, keys: server.keys) == .badSignature(isKeyNamed: true))
    #expect(try check(header, signedBy: server, keys: server.keys) == nil)
  }

  @Test func `a key is used for its own algorithm only`() throws {
    let server = try Issuing()
    for name in ["RS256", "ES384", "EdDSA", "PS512"] {
      let algorithm = try #require(JWSAlgorithm(rawValue: name))
      let fault = try check(
        ["alg": .string(name), "kid": "k1"], signedBy: server, keys: server.keys)
      #expect(fault == .noKey(for: algorithm))
      #expect(fault?.isCuredByFreshKeys == true)
    }
  }

  @Test func `an algorithm the server does not list is refused`() throws {
    let server = try Issuing()
    let header: [String: JSONValue] = ["alg": "ES256", "kid": "k1"]
    #expect(
      try check(header, signedBy: server, keys: server.keys, algorithms: ["RS256"])
        == .algorithmNotAgreed(.es256))
    #expect(
      try check(header, signedBy: server, keys: server.keys, algorithms: ["RS256", "ES256"]) == nil)
  }

  @Test func `an elliptic signature of zeros or in another form is refused`() throws {
    let server = try Issuing()
    let key = try #require(server.keys.keys.first)
    let zeros = [UInt8](repeating: 0, count: 32)
    let ones = [UInt8](repeating: 1, count: 32)
    #expect(!JWSAlgorithm.es256.accepts(zeros + zeros, for: key.material))
    #expect(!JWSAlgorithm.es256.accepts(ones + zeros, for: key.material))
    #expect(!JWSAlgorithm.es256.accepts(zeros + ones, for: key.material))
    #expect(!JWSAlgorithm.es256.accepts(ones + ones + [1], for: key.material))
    #expect(!JWSAlgorithm.es256.accepts([], for: key.material))
    #expect(JWSAlgorithm.es256.accepts(ones + ones, for: key.material))
  }

  @Test func `a signature of the wrong length is refused before any library sees it`() throws {
    let keys = try Issuing().keys
    for signature in [[], [1], [UInt8](repeating: 0, count: 64), [UInt8](repeating: 1, count: 65)] {
      let token = try JWS(
        compact: JWS.compact(header: ["alg": "ES256"], payload: [:]) { _ in signature })
      #expect(throws: SignatureFault.badSignature(isKeyNamed: false)) {
        try token.verify(by: keys, agreed: nil, Gullible())
      }
    }
    let token = try JWS(
      compact: JWS.compact(header: ["alg": "ES256"], payload: [:]) { _ in
        [UInt8](repeating: 1, count: 64)
      })
    try token.verify(by: keys, agreed: nil, Gullible())
  }

  @Test func `every refusal says what was checked, in one line`() {
    let faults: [IDTokenFault] = [
      .token(.encrypted), .algorithmNotAgreed(.rs256), .unknownKeyID(PrintableText("k")),
      .noKey(for: .es256), .badSignature(isKeyNamed: true), .claims(.malformed), .missing("sub"),
      .malformed("exp"), .issuer, .audience, .untrustedAudience, .authorizedParty,
      .expired(secondsAgo: 61), .notYetValid(secondsAhead: 61), .issuedAhead(secondsAhead: 61),
      .nonce, .accessTokenHash, .authenticationTooOld, .otherSubject,
    ]
    let sentences = faults.map(\.description)
    #expect(Set(sentences).count == faults.count)
    for sentence in sentences {
      #expect(!sentence.contains("\n") && !sentence.hasSuffix("."))
      #expect(sentence.first?.isLowercase == true)
    }
  }
}
