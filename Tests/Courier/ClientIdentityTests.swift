import OAuth
import Platform
import TLS
import Testing

@testable import Courier

/// How the client shows who it is: the choice of the method, and what each one sends.
@Suite struct ClientIdentityTests {
  private func identity(
    _ method: String?, _ credentials: Credentials, _ lines: [String] = [],
    metadata: ServerMetadata? = nil, algorithm: String? = nil
  ) throws -> ClientIdentity {
    try ClientIdentity(
      id: "client", method: method, job: try ClientFixture.job(lines),
      metadata: try metadata ?? ClientFixture.metadata(), credentials: credentials,
      algorithm: algorithm)
  }

  private func fault(
    _ method: String?, _ credentials: Credentials, _ lines: [String] = [],
    metadata: ServerMetadata? = nil
  ) -> String? {
    let fault = #expect(throws: CourierFailure.self) {
      _ = try identity(method, credentials, lines, metadata: metadata)
    }
    return fault?.failure.description
  }

  /// What the client puts into a form.
  private func form(_ identity: ClientIdentity) throws -> FormPost {
    let endpoint = try Endpoint("https://as.example/token")
    let client = try identity.client(asking: endpoint)
    return TokenRequest(refreshing: "R", client: client, endpoint: endpoint).post
  }

  @Test func withoutAnythingTheClientOnlySaysItsName() throws {
    let post = try form(try identity(nil, Credentials()))
    #expect(post.parameters.value(of: "client_id") == "client")
    #expect(post.authorization == nil)
    #expect(post.parameters.value(of: "client_secret") == nil)
  }

  @Test func secretGoesIntoTheHeaderOrTheBody() throws {
    let credentials = Credentials(secret: "s3cret")
    let basic = try form(try identity("client_secret_basic", credentials))
    #expect(basic.authorization == "Basic Y2xpZW50OnMzY3JldA==")
    #expect(basic.parameters.value(of: "client_secret") == nil)
    let post = try form(try identity("client_secret_post", credentials))
    #expect(post.authorization == nil)
    #expect(post.parameters.value(of: "client_secret") == "s3cret")
  }

  @Test(
    "a key signs by every algorithm it is fit for",
    arguments: [
      (SigningKey.Kind.rsa2048, "RS256"), (.rsa2048, "PS256"), (.p256, "ES256"),
      (.ed25519, "EdDSA"),
    ])
  func privateKey(kind: SigningKey.Kind, name: String) throws {
    let key = try SigningKey(generating: kind)
    let identity = try identity(
      "private_key_jwt", Credentials(key: key, keyID: "k1"),
      ["token_endpoint_auth_signing_alg=\(name)"])
    let post = try form(identity)
    #expect(post.authorization == nil)
    #expect(
      post.parameters.value(of: "client_assertion_type")
        == "urn:ietf:params:oauth:client-assertion-type:jwt-bearer")
    let assertion = try #require(post.parameters.value(of: "client_assertion"))
    let (header, claims) = try ClientFixture.parts(assertion)
    #expect(header["alg"] == .string(name))
    #expect(header["kid"] == "k1")
    #expect(claims["iss"] == "client")
    #expect(claims["sub"] == "client")
    #expect(claims["aud"] == .string(ClientFixture.issuer))
    let algorithm = try #require(JWSAlgorithm(rawValue: name))
    #expect(try ClientFixture.isSigned(assertion, by: key.publicKey, algorithm))
    #expect(identity.assertionAlgorithm == algorithm)
  }

  /// RFC 7523 §3: a server refuses what it has seen.
  @Test func noAssertionServesTwoRequests() throws {
    let key = try SigningKey(generating: .p256)
    let identity = try identity(nil, Credentials(key: key))
    #expect(identity.method == .privateKeyJWT)
    let names = try (0..<2).map { _ in
      let assertion = try form(identity).parameters.value(of: "client_assertion") ?? ""
      return try ClientFixture.parts(assertion).1["jti"]
    }
    #expect(names[0] != nil)
    #expect(names[0] != names[1])
  }

  @Test func secretSignsWithAKeyedHash() throws {
    let secret = String(repeating: "k", count: 32)
    let post = try form(try identity("client_secret_jwt", Credentials(secret: secret)))
    let assertion = try #require(post.parameters.value(of: "client_assertion"))
    #expect(try ClientFixture.parts(assertion).header["alg"] == "HS256")
    let parts = assertion.split(separator: ".")
    let code = try HMAC.sha256(Array("\(parts[0]).\(parts[1])".utf8), key: Array(secret.utf8))
    #expect(parts[2] == Base64URL.encode(code))
    #expect(!post.parameters.encoded().contains(secret))
  }

  @Test func shortSecretSignsNothing() {
    #expect(
      fault("client_secret_jwt", Credentials(secret: "short"))?.contains("at least 32 bytes")
        == true)
  }

  @Test(
    "the audience is the issuer, or what the account says",
    arguments: [
      ([], "https://as.example"), (["client_assertion_audience=issuer"], "https://as.example"),
      (["client_assertion_audience=token_endpoint"], "https://as.example/token"),
    ])
  func audience(lines: [String], expected: String) throws {
    let key = try SigningKey(generating: .ed25519)
    let post = try form(try identity(nil, Credentials(key: key), lines))
    let assertion = try #require(post.parameters.value(of: "client_assertion"))
    #expect(try ClientFixture.parts(assertion).1["aud"] == .string(expected))
  }

  @Test(arguments: ["https://as.example/par", "https://as.example/revoke"])
  func audienceCanBeTheEndpointThatIsAsked(address: String) throws {
    let key = try SigningKey(generating: .ed25519)
    let lines = ["client_assertion_audience=endpoint"]
    for credentials in [
      Credentials(key: key), Credentials(secret: String(repeating: "s", count: 32)),
    ] {
      let method = credentials.key == nil ? "client_secret_jwt" : "private_key_jwt"
      let client = try identity(method, credentials, lines).client(asking: try Endpoint(address))
      let assertion = try #require(client.assertion)
      #expect(try ClientFixture.parts(assertion.text).1["aud"] == .string(address))
    }
  }

  @Test func audienceIsTheTokenEndpointWhereThereIsNoIssuer() throws {
    let key = try SigningKey(generating: .ed25519)
    let metadata = ServerMetadata(
      configured: [.token: try Endpoint("https://as.example/t")], issuer: nil)
    let post = try form(try identity(nil, Credentials(key: key), metadata: metadata))
    let assertion = try #require(post.parameters.value(of: "client_assertion"))
    #expect(try ClientFixture.parts(assertion).1["aud"] == "https://as.example/t")
    let sentence = fault(
      nil, Credentials(key: key), ["client_assertion_audience=issuer"], metadata: metadata)
    #expect(sentence?.contains("needs an issuer") == true)
  }

  @Test(
    "settings that contradict each other are refused",
    arguments: [
      ("client_assertion_audience=everybody", "is issuer, token_endpoint or endpoint"),
      ("token_endpoint_auth_signing_alg=HS256", "goes with client_secret_jwt"),
      ("token_endpoint_auth_signing_alg=RS256", "leave token_endpoint_auth_signing_alg out"),
      ("token_endpoint_auth_signing_alg=none", "is not supported"),
    ])
  func contradiction(line: String, words: String) throws {
    let key = try SigningKey(generating: .ed25519)
    #expect(fault("private_key_jwt", Credentials(key: key), [line])?.contains(words) == true)
  }

  @Test func secretIsNoPrivateKey() {
    let secret = Credentials(secret: String(repeating: "k", count: 32))
    let sentence = fault("client_secret_jwt", secret, ["token_endpoint_auth_signing_alg=RS256"])
    #expect(sentence?.contains("needs a private key") == true)
  }

  @Test func serversListDecidesBetweenAlgorithms() throws {
    let key = try SigningKey(generating: .rsa2048)
    let metadata = try ClientFixture.metadata(
      #","token_endpoint_auth_signing_alg_values_supported":["ES256","PS256"]"#)
    let chosen = try identity(nil, Credentials(key: key), metadata: metadata)
    #expect(chosen.assertionAlgorithm == .ps256)
    let other = try SigningKey(generating: .ed25519)
    #expect(fault(nil, Credentials(key: other), metadata: metadata)?.contains("ES256") == true)
  }

  @Test func whatWasSignedWithBeforeIsSignedWithAgainWhereTheKeyStillDoes() throws {
    let rsa = try SigningKey(generating: .rsa2048)
    #expect(
      try identity(nil, Credentials(key: rsa), algorithm: "PS256").assertionAlgorithm == .ps256)
    let ed25519 = try SigningKey(generating: .ed25519)
    #expect(
      try identity(nil, Credentials(key: ed25519), algorithm: "PS256").assertionAlgorithm == .edDSA)
  }

  @Test(
    "a client that is not believed is told how it authenticated",
    arguments: [
      ("client_secret_basic", "client_secret_basic; token_endpoint_auth_method chooses another"),
      ("client_secret_post", "client_secret_post; token_endpoint_auth_method chooses another"),
      ("none", "none: no secret, key or certificate was shown"),
    ])
  func methodIsNamed(method: String, words: String) throws {
    let client = try identity(method, Credentials(secret: method == "none" ? nil : "s3cret"))
    let advice = client.advice(
      after: .refusedWithoutReason(status: 401), skew: nil, isProven: false)
    #expect(advice == ["\(Remedy.client); this was \(words)"])
  }

  // MARK: Certificates (RFC 8705)

  @Test(
    "a certificate is for the handshake, and its key signs only when that is asked for",
    arguments: [
      (nil, "", "tls_client_auth"),
      (
        nil, #","token_endpoint_auth_methods_supported":["self_signed_tls_client_auth"]"#,
        "self_signed_tls_client_auth"
      ), ("self_signed_tls_client_auth", "", "self_signed_tls_client_auth"),
      ("private_key_jwt", "", "private_key_jwt"),
    ])
  func certificate(method: String?, members: String, expected: String) throws {
    let pair = try ClientFixture.certificate()
    let credentials = Credentials(key: try SigningKey(pem: pair.keyPEM), certificate: pair)
    let chosen = try identity(
      method, credentials, metadata: try ClientFixture.metadata(members))
    #expect(chosen.method.rawValue == expected)
    #expect((chosen.certificate == pair) == expected.contains("tls"))
    #expect(try form(chosen).parameters.value(of: "client_id") == "client")
  }

  @Test func aliasesAreForTheClientWithTheCertificateAlone() throws {
    let metadata = try ClientFixture.metadata(
      #","revocation_endpoint":"https://as.example/revoke","mtls_endpoint_aliases":"#
        + #"{"token_endpoint":"https://mtls.as.example/token"}"#)
    let pair = try ClientFixture.certificate()
    let shown = try identity(
      "tls_client_auth", Credentials(certificate: pair), metadata: metadata)
    #expect(shown.metadata.endpoint(.token)?.text == "https://mtls.as.example/token")
    #expect(shown.metadata.endpoint(.revocation)?.text == "https://as.example/revoke")
    let plain = try identity("none", Credentials(certificate: pair), metadata: metadata)
    #expect(plain.metadata.endpoint(.token)?.text == "https://as.example/token")
    #expect(plain.certificate == nil)
  }

  @Test func certificateNeedsAHandshake() throws {
    let pair = try ClientFixture.certificate()
    let metadata = ServerMetadata(
      configured: [.token: try Endpoint("http://localhost:8080/t")], issuer: nil)
    let sentence = fault(nil, Credentials(certificate: pair), metadata: metadata)
    #expect(
      sentence
        == "tls_client_auth needs https, and the token endpoint http://localhost:8080/t has none")
  }
}
