import HTTP1
import OAuth
import Platform
import Synchronization
import TLS
import Testing

@testable import Courier

/// Proofs, nonces, assertions and certificates on their way to the server's own endpoints.
@Suite struct ServerTalkTests {
  private static let bound = #"{"access_token":"A","token_type":"DPoP"}"#

  private static func demand(_ nonces: String..., status: Int = 400) -> FakeReply {
    var fields: HeaderFields = ["Content-Type": "application/json"]
    for nonce in nonces { fields.append("DPoP-Nonce", nonce) }
    return .response(
      Response(
        status: status, fields: fields, body: Array(#"{"error":"use_dpop_nonce"}"#.utf8)))
  }

  private func refresh(
    _ server: FakeServer, _ lines: [String]
  ) throws -> (block: CourierRun.Block, status: Int32) {
    try CourierRun(
      [
        "job=refresh", "account=work", "client_id=client", "refresh_token=R-SECRET",
        "session.token_endpoint=\(server.base)/token", "timeout=20",
      ] + lines
    ).end()
  }

  private func kept(_ key: ProofKey) -> [String] {
    [
      "secret.dpop_key=\(key.storable)", "session.dpop_alg=\(key.algorithm.rawValue)",
      "session.dpop_jkt=\(key.thumbprint)",
    ]
  }

  private func claims(_ request: Request?) throws -> [String: JSONValue] {
    try ClientFixture.parts(try #require(request?.fields["DPoP"])).1
  }

  private func key() throws -> ProofKey { try ProofKey(for: try ClientFixture.metadata()) }

  // MARK: Proofs (RFC 9449 §5, §8)

  @Test func refreshIsProvenByTheKeptKey() throws {
    let server = try FakeServer { _ in .json(Self.bound) }
    let key = try key()
    let (block, status) = try refresh(server, kept(key))
    #expect(status == 0, "\(block.text)")
    #expect(block["token_type"] == "DPoP")
    let request = try #require(server.requests.first)
    #expect(request.fields.values(for: "DPoP").count == 1)
    let claims = try claims(request)
    #expect(claims["htm"] == "POST")
    #expect(claims["htu"] == .string("\(server.base)/token"))
    #expect(claims["ath"] == nil)
    #expect(claims["nonce"] == nil)
    #expect(!block.keys.contains("session.dpop_nonce"))
  }

  @Test("a nonce that is demanded is in the second proof", arguments: [400, 401])
  func nonce(status demanded: Int) throws {
    let server = try FakeServer { request in
      let proof = request.fields["DPoP"] ?? ""
      let claims = try? ClientFixture.parts(proof).1
      return claims?["nonce"] == "n-1" ? .json(Self.bound) : Self.demand("n-1", status: demanded)
    }
    let (block, status) = try refresh(server, kept(try key()))
    #expect(status == 0, "\(block.text)")
    #expect(block["session.dpop_nonce"] == "n-1")
    let requests = server.requests
    #expect(requests.count == 2)
    #expect(try claims(requests[0])["jti"] != claims(requests[1])["jti"])
    #expect(requests[0].body == requests[1].body)
  }

  @Test func keptNonceIsInTheFirstProof() throws {
    let server = try FakeServer { _ in .json(Self.bound) }
    let (block, status) = try refresh(server, kept(try key()) + ["session.dpop_nonce=n-0"])
    #expect(status == 0)
    #expect(try claims(server.requests.first)["nonce"] == "n-0")
    #expect(!block.keys.contains("session.dpop_nonce"))
  }

  @Test func nonceThatComesWithTheTokensIsKept() throws {
    let server = try FakeServer { _ in
      .response(
        Response(
          status: 200, fields: ["Content-Type": "application/json", "DPoP-Nonce": "n-2"],
          body: Array(Self.bound.utf8)))
    }
    let (block, _) = try refresh(server, kept(try key()) + ["session.dpop_nonce=n-0"])
    #expect(block["session.dpop_nonce"] == "n-2")
  }

  @Test(
    "a demand that cannot be met is not met for ever",
    arguments: [("changing", 2), ("none", 1), ("same", 1), ("bad", 1), ("two", 1)])
  func demandWithoutEnd(way: String, requests: Int) throws {
    let count = Mutex(0)
    let server = try FakeServer { _ in
      let number = count.withLock { count in
        count += 1
        return count
      }
      return switch way {
      case "changing": Self.demand("n-\(number)")
      case "same": Self.demand("n-0")
      case "bad": Self.demand("a \"b")
      case "two": Self.demand("n-1", "n-2")
      default: Self.demand()
      }
    }
    let (block, status) = try refresh(server, kept(try key()) + ["session.dpop_nonce=n-0"])
    #expect(status == 4)
    #expect(block["oauth_error"] == "use_dpop_nonce")
    #expect(server.requests.count == requests)
  }

  /// RFC 9449 §5: the protection would be lost on the way.
  @Test func bearerTokenIsNoAnswerToAProof() throws {
    let server = try FakeServer { _ in .json(#"{"access_token":"A","token_type":"Bearer"}"#) }
    let (block, status) = try refresh(server, kept(try key()))
    #expect(status == 1)
    #expect(block["error_description"]?.contains("bearer token") == true)
  }

  @Test func bearerSessionIsNotRefreshedWhereTheAccountWantsBoundTokens() throws {
    let server = try FakeServer { _ in .json(Self.bound) }
    let (block, status) = try refresh(server, ["dpop_bound_access_tokens=yes"])
    #expect(status == 3)
    #expect(block["hint"] == "sallyport login work")
    #expect(server.requests.isEmpty)
  }

  @Test func signInMakesAKeyAndKeepsIt() throws {
    let signIn = try SignInFixture(["dpop_bound_access_tokens=yes"]) { _ in .json(Self.bound) }
    let block = try signIn.complete()
    #expect(block["token_type"] == "DPoP")
    let job = try ClientFixture.job(
      block.keys.filter { $0.contains("dpop") }.map { "\($0)=\(block[$0] ?? "")" })
    let key = try #require(try ProofKey(kept: job))
    // The code is bound to the key before it is given out (§10).
    #expect(signIn.authorize["url"]?.parameter("dpop_jkt") == key.thumbprint)
    let header = try ClientFixture.parts(
      try #require(signIn.server.requests.first?.fields["DPoP"])
    ).header
    let jwk = try JSONWebKey(try #require(header["jwk"]))
    #expect(try jwk.thumbprint { try Digest.sha256($0) } == key.thumbprint)
  }

  // MARK: Client authentication

  @Test func secondRequestHasAnAssertionOfItsOwn() throws {
    let server = try FakeServer { request in
      let claims = try? ClientFixture.parts(request.fields["DPoP"] ?? "").1
      return claims?["nonce"] == nil ? Self.demand("n-1") : .json(Self.bound)
    }
    let folder = try ScratchFolder()
    let file = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    let (block, status) = try refresh(
      server,
      kept(try key()) + [
        "client_key_file=\(file)", "session.issuer=\(server.base)",
        "session.token_endpoint_auth_method=private_key_jwt",
      ])
    #expect(status == 0, "\(block.text)")
    let assertions = try server.requests.map { request in
      let body = String(decoding: request.body, as: UTF8.self)
      return try #require(body.parameter("client_assertion"))
    }
    #expect(assertions.count == 2)
    let names = try assertions.map { try ClientFixture.parts($0).1["jti"] }
    #expect(names[0] != names[1])
  }

  @Test func certificateIsShownToTheTokenEndpointAndToNobodyElse() throws {
    let now = wallClockSeconds()
    let server = try SelfSignedCertificate.make(validFrom: now - 60, validUntil: now + 3600)
    let context = try TLSServerContext(presenting: server, clientCertificates: .requested)
    let fake = try FakeServer(context: context) { request in
      let base = "https://\(request.host)"
      switch request.path {
      case "/.well-known/openid-configuration":
        return .json(
          #"{"issuer":"\#(base)","authorization_endpoint":"\#(base)/a","jwks_uri":"\#(base)/jwks","#
            + #""token_endpoint":"\#(base)/token","revocation_endpoint":"\#(base)/revoke","#
            + #""mtls_endpoint_aliases":{"token_endpoint":"\#(base)/mtls/token"}}"#)
      case "/mtls/token":
        return .json(
          #"{"access_token":"A","token_type":"Bearer","id_token":"e30.e30.AA"}"#)
      case "/jwks": return .json(#"{"keys":[]}"#)
      case "/revoke": return .status(200)
      case "/userinfo": return .json(#"{"sub":"ada"}"#)
      default: return .status(404)
      }
    }
    let folder = try ScratchFolder()
    let pair = try ClientFixture.certificate()
    let lines = [
      "client_id=client", "issuer=https://localhost:\(fake.port)", "timeout=20",
      "token_endpoint_auth_method=tls_client_auth", "refresh_token=R",
      "ca_file=\(try folder.file("ca", String(decoding: server.certificatePEM, as: UTF8.self)))",
      "client_key_file=\(try folder.file("k", String(decoding: pair.keyPEM, as: UTF8.self)))",
      "client_certificate_file="
        + (try folder.file("c", String(decoding: pair.certificatePEM, as: UTF8.self))),
    ]
    _ = try CourierRun(["job=refresh"] + lines).end()
    #expect(fake.requests("/token").isEmpty)
    let own = ClientCertificate.der(fromPEM: pair.certificatePEM)
    #expect(own != nil)
    #expect(fake.certificate(at: "/mtls/token") == own)
    #expect(!fake.requests("/jwks").isEmpty)
    #expect(fake.certificate(at: "/jwks") == nil)
    #expect(fake.certificate(at: "/.well-known/openid-configuration") == nil)
    let form = String(decoding: fake.requests("/mtls/token").first?.body ?? [], as: UTF8.self)
    #expect(form.parameter("client_id") == "client")
    // With client_id alone a certificate would prove nothing; beside a secret, too much is shown.
    #expect(form.parameter("client_secret") == nil)

    #expect(try CourierRun(["job=revoke"] + lines).end().status == 0)
    #expect(fake.certificate(at: "/revoke") == own)

    let claims: [String: JSONValue] = ["iss": "https://localhost", "sub": "ada"]
    let idToken = JWS.compact(header: ["alg": "ES256"], payload: claims, sign: { _ in [0] })
    let address = "https://localhost:\(fake.port)"
    let (block, status) = try CourierRun(
      [
        "job=userinfo", "access_token=A", "secret.id_token=\(idToken)",
        "session.issuer=\(address)", "session.token_endpoint=\(address)/mtls/token",
        "session.userinfo_endpoint=\(address)/userinfo",
      ] + lines
    ).end()
    #expect(status == 0, "\(block.text)")
    #expect(fake.certificate(at: "/userinfo") == own)
  }

  @Test func registeredClientHasASecretOfItsOwn() throws {
    let server = try FakeServer { _ in .json(#"{"access_token":"A","token_type":"Bearer"}"#) }
    let (block, status) = try CourierRun([
      "job=refresh", "refresh_token=R", "client_secret=the-accounts", "client_id=configured",
      "session.token_endpoint=\(server.base)/token", "session.client_id=registered",
      "registration.issuer=\(server.base)", "registration.client_id=registered",
      "registration.client_secret=its-own",
      "registration.token_endpoint_auth_method=client_secret_post",
    ]).end()
    #expect(status == 0, "\(block.text)")
    let form = String(decoding: server.requests.first?.body ?? [], as: UTF8.self)
    #expect(form.parameter("client_id") == "registered")
    #expect(form.parameter("client_secret") == "its-own")
  }

  // MARK: What may help

  @Test(
    "a client that is not believed is told what may be behind it",
    arguments: [
      ("s%3cret", "client_secret_basic", true), ("with space", "client_secret_basic", true),
      ("plain-s3cret", "client_secret_basic", false), ("s%3cret", "client_secret_post", false),
    ])
  func percentEncoding(secret: String, method: String, isAdvised: Bool) throws {
    let server = try FakeServer { _ in .json(#"{"error":"invalid_client"}"#, status: 401) }
    let (block, status) = try refresh(
      server, ["client_secret=\(secret)", "token_endpoint_auth_method=\(method)"])
    #expect(status == 4)
    let sentence = try #require(block["error_description"])
    #expect(
      sentence.contains("token_endpoint_auth_method = client_secret_post may help") == isAdvised)
    #expect(!sentence.contains(secret))
  }

  @Test func keyThatTheServerDoesNotKnowIsSpokenOf() throws {
    let server = try FakeServer { _ in .json(#"{"error":"invalid_client"}"#, status: 401) }
    let folder = try ScratchFolder()
    let file = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    let (block, _) = try refresh(
      server, ["client_key_file=\(file)", "token_endpoint_auth_method=private_key_jwt"])
    #expect(
      block["error_description"]?.contains(
        "the server must have the public half of client_key_file for client client") == true)
  }
}
