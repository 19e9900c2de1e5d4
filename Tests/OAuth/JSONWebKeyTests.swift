import Testing

@testable import OAuth

@Suite struct JSONWebKeyTests {
  private func key(_ text: String) throws -> JSONWebKey {
    try JSONWebKey(JSONValue(parsing: bytes(text)))
  }

  private func rsa(_ modulus: [UInt8], exponent: [UInt8] = [1, 0, 1], more: String = "") -> String {
    """
    {"kty": "RSA", "n": "\(Base64URL.encode(modulus))",
    "e": "\(Base64URL.encode(exponent))"\(more)}
    """
  }

  private let modulus = [UInt8](repeating: 0xC1, count: 256)

  private func member(_ name: String, _ count: Int) -> String {
    #""\#(name)": "\#(Base64URL.encode([UInt8](repeating: 1, count: count)))""#
  }

  @Test func `each kind of key is read`() throws {
    let material = JSONWebKey.Material.rsa(modulus: modulus, exponent: [1, 0, 1])
    #expect(try key(rsa(modulus)).material == material)
    #expect(try key(rsa([0, 0] + modulus, exponent: [0, 1, 0, 1])).material == material)
    let curves: [(JSONWebKey.Curve, Int)] = [(.p256, 32), (.p384, 48), (.p521, 66)]
    for (curve, length) in curves {
      let coordinates = "\(member("x", length)), \(member("y", length))"
      let text = #"{"kty": "EC", "crv": "\#(curve.rawValue)", \#(coordinates)}"#
      let coordinate = [UInt8](repeating: 1, count: length)
      #expect(try key(text).material == .ec(curve: curve, x: coordinate, y: coordinate))
    }
    let text = #"{"kty": "OKP", "crv": "Ed25519", \#(member("x", 32)), "d": "private"}"#
    #expect(try key(text).material == .ed25519(publicKey: [UInt8](repeating: 1, count: 32)))
  }

  @Test func `weak and oversize RSA keys are refused`() {
    let short = [0x7F] + [UInt8](repeating: 0xC1, count: 255)
    #expect(throws: JSONWebKeyFault.weakRSA(bits: 2047)) { try key(rsa(short)) }
    #expect(throws: JSONWebKeyFault.weakRSA(bits: 0)) { try key(rsa([0])) }
    #expect(throws: JSONWebKeyFault.oversizeRSA) {
      try key(rsa([UInt8](repeating: 0xC1, count: 1025)))
    }
    #expect(throws: JSONWebKeyFault.oversizeRSA) {
      try key(rsa(modulus, exponent: [UInt8](repeating: 1, count: 9)))
    }
    #expect(throws: JSONWebKeyFault.malformed) { try key(rsa(modulus, exponent: [1])) }
    #expect(throws: JSONWebKeyFault.malformed) { try key(rsa(modulus, exponent: [0])) }
    #expect(throws: JSONWebKeyFault.malformed) { try key(rsa(modulus, exponent: [1, 0])) }
    #expect(throws: JSONWebKeyFault.malformed) { try key(rsa(modulus.dropLast() + [0xC0])) }
  }

  @Test(arguments: [
    #", "use": "enc""#, #", "key_ops": ["encrypt"]"#, #", "key_ops": []"#,
    #", "key_ops": "verify""#,
  ])
  func `a key for something else is not used`(more: String) {
    #expect(throws: JSONWebKeyFault.notForVerifying) { try key(rsa(modulus, more: more)) }
  }

  @Test(arguments: [#", "use": "sig""#, #", "key_ops": ["verify"]"#, #", "x5u": "https://x""#])
  func `a key for signatures is used`(more: String) throws {
    _ = try key(rsa(modulus, more: more))
  }

  @Test(arguments: [
    "{}", "[]", "1", #"{"kty": 1}"#, #"{"kty": "RSA"}"#, #"{"kty": "RSA", "n": "AQAB"}"#,
    #"{"kty": "RSA", "n": "++++", "e": "AQAB"}"#, #"{"kty": "RSA", "n": 5, "e": "AQAB"}"#,
    #"{"kty": "EC", "crv": "P-256", "x": "AQ", "y": "AQ"}"#,
    #"{"kty": "OKP", "crv": "Ed25519", "x": "AQ"}"#, #"{"kty": "OKP", "crv": "Ed25519"}"#,
  ])
  func `a broken key is refused`(text: String) {
    #expect(throws: JSONWebKeyFault.malformed) { try key(text) }
  }

  @Test(arguments: [
    (#"{"kty": "oct", "k": "AQAB"}"#, "oct"), (#"{"kty": "rsa"}"#, "rsa"),
    (#"{"kty": "EC", "crv": "secp256k1", "x": "AQ", "y": "AQ"}"#, "EC secp256k1"),
    (#"{"kty": "OKP", "crv": "X25519", "x": "AQ"}"#, "OKP X25519"),
  ])
  func `keys of other types are not used`(text: String, type: String) {
    #expect(throws: JSONWebKeyFault.unknownType(PrintableText(type))) { try key(text) }
  }

  @Test func `a key that names its algorithm is for that one alone`() throws {
    let named = try key(rsa(modulus, more: #", "alg": "RS256""#))
    #expect(named.fits(.rs256))
    #expect(!named.fits(.rs384) && !named.fits(.ps256) && !named.fits(.es256))
    let unnamed = try key(rsa(modulus))
    #expect(unnamed.fits(.rs256) && unnamed.fits(.ps512))
    #expect(!unnamed.fits(.es256) && !unnamed.fits(.edDSA))
    #expect(try !key(rsa(modulus, more: #", "alg": "RSA-OAEP""#)).fits(.rs256))
  }

  @Test func `an unusable key spoils no other`() throws {
    let set = try JSONWebKeySet(
      validating: bytes(#"{"keys": [{"kty": "oct"}, 5, \#(rsa(modulus)), {"kty": "RSA"}]}"#))
    #expect(set.keys.count == 1)
    #expect(
      set.skipped == [.unknownType(PrintableText("oct")), .malformed, .malformed])
  }

  @Test func `a set must be a set of bounded size`() {
    let many = Array(repeating: "{}", count: 257).joined(separator: ",")
    #expect(throws: JSONWebKeySetFault.tooManyKeys) {
      try JSONWebKeySet(validating: bytes(#"{"keys": [\#(many)]}"#))
    }
    #expect(throws: JSONWebKeySetFault.keysMissing) { try JSONWebKeySet(validating: bytes("{}")) }
    #expect(throws: JSONWebKeySetFault.keysMissing) {
      try JSONWebKeySet(validating: bytes(#"{"keys": {}}"#))
    }
    #expect(throws: JSONWebKeySetFault.json(.malformed)) {
      try JSONWebKeySet(validating: bytes("<html>"))
    }
  }
}

@Suite struct JWSTests {
  private func token(header: String, payload: String = "{}", signature: [UInt8] = [1]) -> String {
    [bytes(header), bytes(payload), signature].map { Base64URL.encode($0) }.joined(separator: ".")
  }

  @Test func `the example of RFC 8037 appendix A is taken apart and verified`() throws {
    let text =
      "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-09PG"
      + "cvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
    let token = try JWS(compact: text)
    #expect(token.header == JWS.Header(algorithm: .edDSA, keyID: nil))
    #expect(token.payload == bytes("Example of Ed25519 signing"))
    let set = try JSONWebKeySet(
      validating: bytes(
        """
        {"keys": [{"kty": "OKP", "crv": "Ed25519",
        "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]}
        """))
    let key = try #require(set.keys.first)
    #expect(
      SystemCryptography().verify(
        algorithm: .edDSA, key: key, signature: token.signature, over: token.signingInput))
  }

  @Test(arguments: [
    "none", "None", "NONE", "", "HS256", "HS384", "HS512", "ES256K", "RS1", "rs256",
  ])
  func `an algorithm off the list is refused`(name: String) {
    #expect(throws: JWSFault.unknownAlgorithm(PrintableText(name))) {
      try JWS(compact: token(header: #"{"alg": "\#(name)"}"#))
    }
  }

  @Test func `extensions that must be understood are refused`() {
    for critical in [#"["exp"]"#, "[]", "null", #"["b64"]"#] {
      #expect(throws: JWSFault.critical) {
        try JWS(compact: token(header: #"{"alg": "RS256", "crit": \#(critical)}"#))
      }
    }
  }

  @Test func `a header must be an object with an algorithm`() {
    for header in ["{}", #"{"alg": 1}"#] {
      #expect(throws: JWSFault.headerMember("alg")) { try JWS(compact: token(header: header)) }
    }
    #expect(throws: JWSFault.headerMember("kid")) {
      try JWS(compact: token(header: #"{"alg": "RS256", "kid": 1}"#))
    }
    #expect(throws: JWSFault.header(.notAnObject)) { try JWS(compact: token(header: "[]")) }
    #expect(throws: JWSFault.header(.repeatedName("alg"))) {
      try JWS(compact: token(header: #"{"alg": "RS256", "alg": "none"}"#))
    }
  }

  @Test(arguments: ["", ".", "..", "a.b", "a.b.c.d", "eyJhbGciOiJSUzI1NiJ9.e30", "a..b"])
  func `fewer or more parts, or parts that are no base64url, are refused`(text: String) {
    #expect(throws: (any Error).self) { try JWS(compact: text) }
  }

  @Test func `one spelling only`() throws {
    let text = token(header: #"{"alg": "RS256"}"#, signature: [1, 2])
    _ = try JWS(compact: text)
    for bad in [text + "=", text + " ", text + "\n", " " + text, text.dropLast() + "J"] {
      #expect(throws: JWSFault.malformed) { try JWS(compact: bad) }
    }
  }

  @Test func `encrypted and overlong tokens are named as such`() {
    #expect(throws: JWSFault.encrypted) { try JWS(compact: "a.b.c.d.e") }
    #expect(throws: JWSFault.tooLong) {
      try JWS(compact: String(repeating: "a", count: TokenResponse.maximumLength + 1))
    }
  }
}
