import TLS
import Testing

@testable import OAuth

@Suite struct ClientAssertionTests {
  private func endpoint() throws -> Endpoint { try Endpoint("https://as.example/as/token") }

  private func signed(_ algorithm: JWSAlgorithm = .es256, keyID: String? = "k1") throws
    -> ClientAssertion
  {
    try ClientAssertion(
      clientID: "app", audience: .issuer(Issuer(Vectors.issuer)), id: entropy(7),
      algorithm: algorithm, keyID: keyID, now: now
    ) { _ in [1] }
  }

  @Test func `an assertion says who, for whom, once and not for long`() throws {
    let assertion = try signed()
    let token = try parts(of: assertion.text)
    #expect(token.header == ["alg": "ES256", "typ": "JWT", "kid": "k1"])
    #expect(
      token.claims == [
        "iss": "app", "sub": "app", "aud": .string(Vectors.issuer),
        "jti": .string(Base64URL.encode([UInt8](repeating: 7, count: 32))),
        "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + 120)),
      ])
    #expect(ClientAssertion.lifetime <= 300)
    #expect(assertion.method == .privateKeyJWT)
    #expect(
      try parts(of: signed(.ps256, keyID: nil).text).header == ["alg": "PS256", "typ": "JWT"])
  }

  @Test func `the token endpoint can be the audience`() throws {
    let assertion = try ClientAssertion(
      clientID: "app", audience: .tokenEndpoint(endpoint()), id: entropy(7), algorithm: .rs256,
      now: now
    ) { _ in [1] }
    #expect(try parts(of: assertion.text).claims["aud"] == "https://as.example/as/token")
  }

  @Test func `a secret can make one too`() throws {
    let secret = String(repeating: "s", count: 32)
    let assertion = try ClientAssertion(
      clientID: "app", audience: .issuer(Issuer(Vectors.issuer)), id: entropy(7), now: now
    ) { try HMAC.sha256($0, key: bytes(secret)) }
    let token = try parts(of: assertion.text)
    #expect(token.header == ["alg": "HS256", "typ": "JWT"])
    let dot = try #require(assertion.text.lastIndex(of: "."))
    let input = bytes(String(assertion.text[..<dot]))
    #expect(token.signature == (try HMAC.sha256(input, key: bytes(secret))))
    #expect(assertion.method == .secretJWT)
  }

  @Test func `a signature that cannot be had leaves no assertion`() {
    #expect(throws: Unsigned()) {
      try ClientAssertion(
        clientID: "app", audience: .tokenEndpoint(endpoint()), id: entropy(7), algorithm: .es256,
        now: now
      ) { (_) throws(Unsigned) in throw Unsigned() }
    }
  }

  @Test func `the form has the assertion and no other method beside it`() throws {
    let assertion = try signed()
    let client = Client(id: "app", assertion: assertion)
    let post = try refresh(client: client).post
    #expect(
      post.parameters.parameters == [
        FormParameter("grant_type", "refresh_token"),
        FormParameter("refresh_token", "refresh-token-1"), FormParameter("client_id", "app"),
        FormParameter(
          "client_assertion_type", "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"),
        FormParameter("client_assertion", assertion.text),
      ])
    #expect(post.authorization == nil)
    #expect(client.method == .privateKeyJWT)
    #expect(post.secrets.contains(assertion.text))
    #expect(!"\(assertion)".contains(assertion.text))
  }

  @Test func `a client with a certificate only names itself`() throws {
    let client = Client(id: "app", certificate: .issuedByAnAuthority)
    let post = try refresh(client: client).post
    #expect(post.parameters.value(of: "client_id") == "app")
    #expect(post.parameters.parameters.count == 3)
    #expect(post.authorization == nil)
    #expect(client.method == .tls)
    #expect(Client(id: "app", certificate: .selfSigned).method == .selfSignedTLS)
  }

  @Test func `the methods of clients with a secret have their names`() {
    #expect(Client(id: "a", authentication: .none).method.rawValue == "none")
    #expect(
      Client(id: "a", authentication: .basic(secret: "s")).method.rawValue == "client_secret_basic")
    #expect(
      Client(id: "a", authentication: .post(secret: "s")).method.rawValue == "client_secret_post")
  }
}

@Suite struct ClientAuthenticationMethodTests {
  private func choose(
    _ configured: String? = nil, _ credentials: ClientCredentials,
    listed: [String]? = nil
  ) throws -> ClientAuthenticationMethod {
    let list = listed?.map { "\"\($0)\"" }.joined(separator: ",")
    return try ClientAuthenticationMethod.choose(
      configured: configured, credentials: credentials,
      metadata: metadata(
        list.map { #""token_endpoint_auth_methods_supported": [\#($0)]"# } ?? ""))
  }

  @Test func `the strongest credential decides where the account says nothing`() throws {
    let all = ClientCredentials(secret: "s", hasKey: true, hasCertificate: true)
    #expect(try choose(nil, all) == .privateKeyJWT)
    #expect(try choose(nil, ClientCredentials(secret: "s", hasCertificate: true)) == .tls)
    #expect(try choose(nil, ClientCredentials(secret: "s")) == .basic)
    #expect(try choose(nil, ClientCredentials()) == .none)
  }

  @Test func `which way a certificate is used is the server's to say`() throws {
    let credentials = ClientCredentials(hasCertificate: true)
    let own = "self_signed_tls_client_auth"
    #expect(try choose(nil, credentials, listed: [own]) == .selfSignedTLS)
    #expect(try choose(nil, credentials, listed: [own, "tls_client_auth"]) == .tls)
    #expect(try choose(nil, credentials, listed: []) == .tls)
  }

  @Test(arguments: ClientAuthenticationMethod.allCases)
  func `the account's own method wins`(method: ClientAuthenticationMethod) throws {
    let secret = String(repeating: "s", count: 32)
    let all = ClientCredentials(secret: secret, hasKey: true, hasCertificate: true)
    #expect(try choose(method.rawValue, all, listed: ["none"]) == method)
  }

  @Test(arguments: [
    ("client_secret_basic", ClientAuthenticationFault.secretMissing(method: "client_secret_basic")),
    ("client_secret_jwt", .secretMissing(method: "client_secret_jwt")),
    ("private_key_jwt", .keyMissing(method: "private_key_jwt")),
    ("tls_client_auth", .certificateMissing(method: "tls_client_auth")),
    (
      "self_signed_tls_client_auth",
      .certificateMissing(method: "self_signed_tls_client_auth")
    ),
    ("attest_jwt_client_auth", .unknownMethod(PrintableText("attest_jwt_client_auth"))),
  ])
  func `a method without what it needs is refused`(
    method: String, fault: ClientAuthenticationFault
  ) {
    #expect(throws: fault) { try choose(method, ClientCredentials()) }
  }

  @Test func `a secret too short for an HMAC is refused for that alone`() throws {
    let credentials = ClientCredentials(secret: String(repeating: "s", count: 31))
    #expect(throws: ClientAuthenticationFault.secretTooShort) {
      try choose("client_secret_jwt", credentials)
    }
    #expect(try choose("client_secret_post", credentials) == .post)
  }

  @Test func `the choice among secrets does not reach for the other methods`() throws {
    let method = "private_key_jwt"
    #expect(throws: ClientAuthenticationFault.keyMissing(method: method)) {
      try ClientAuthentication.choose(secret: "s", method: method, metadata: metadata())
    }
    let long = String(repeating: "s", count: 32)
    #expect(
      throws: ClientAuthenticationFault.unknownMethod(PrintableText("client_secret_jwt"))
    ) {
      try ClientAuthentication.choose(
        secret: long, method: "client_secret_jwt", metadata: metadata())
    }
  }

  @Test func `what each method uses`() {
    let all = ClientAuthenticationMethod.allCases
    #expect(all.filter(\.usesAssertion) == [.secretJWT, .privateKeyJWT])
    #expect(all.filter(\.usesCertificate) == [.tls, .selfSignedTLS])
  }
}

@Suite struct SigningAlgorithmTests {
  private let rsa = JSONWebKey.Material.rsa(modulus: [1], exponent: [3])
  private let p256 = JSONWebKey.Material.ec(curve: .p256, x: [], y: [])
  private let p384 = JSONWebKey.Material.ec(curve: .p384, x: [], y: [])
  private let ed25519 = JSONWebKey.Material.ed25519(publicKey: [])

  @Test func `a key signs with its own algorithm`() throws {
    #expect(try JWSAlgorithm.forAssertions(by: rsa, listed: nil) == .rs256)
    #expect(try JWSAlgorithm.forAssertions(by: p256, listed: nil) == .es256)
    #expect(try JWSAlgorithm.forAssertions(by: p384, listed: nil) == .es384)
    #expect(try JWSAlgorithm.forAssertions(by: ed25519, listed: nil) == .edDSA)
  }

  @Test func `the server's list is kept to, the account's word wins over it`() throws {
    let listed = ["HS256", "PS256", "ES256"]
    #expect(try JWSAlgorithm.forAssertions(by: rsa, listed: listed) == .ps256)
    #expect(
      try JWSAlgorithm.forAssertions(by: rsa, configured: "RS512", listed: listed) == .rs512)
    #expect(
      throws: SigningAlgorithmFault.noneInCommon(listed: PrintableText("HS256, PS256, ES256"))
    ) { try JWSAlgorithm.forAssertions(by: ed25519, listed: listed) }
    #expect(throws: SigningAlgorithmFault.doesNotFitKey(.es256)) {
      try JWSAlgorithm.forAssertions(by: rsa, configured: "ES256", listed: nil)
    }
    for name in ["none", "HS256", ""] {
      #expect(throws: SigningAlgorithmFault.unknown(PrintableText(name))) {
        try JWSAlgorithm.forAssertions(by: rsa, configured: name, listed: nil)
      }
    }
  }

  @Test func `a key for proofs is made for what the server takes`() throws {
    #expect(try JWSAlgorithm.forProofs(listed: nil) == .es256)
    #expect(try JWSAlgorithm.forProofs(listed: ["RS256", "ES256"]) == .es256)
    #expect(try JWSAlgorithm.forProofs(listed: ["EdDSA", "RS256"]) == .edDSA)
    #expect(try JWSAlgorithm.forProofs(listed: ["PS256"]) == .ps256)
    #expect(throws: SigningAlgorithmFault.self) { try JWSAlgorithm.forProofs(listed: ["ES512"]) }
    #expect(throws: SigningAlgorithmFault.self) { try JWSAlgorithm.forProofs(listed: []) }
  }
}
