import OAuth
import TLS
import Testing

@testable import PracticeServer

struct ClientAssertionTests {
  private static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

  /// A refresh is the shortest request that needs a client: authenticated, it is `invalid_grant`.
  private func attempt(
    _ fixture: inout Fixture, _ assertion: String, _ more: [(String, String)] = []
  ) -> Reply {
    fixture.post(
      "/token",
      [
        ("grant_type", "refresh_token"), ("refresh_token", "x"),
        ("client_assertion_type", Self.type), ("client_assertion", assertion),
      ] + more)
  }

  private func fixture(_ key: ClientKey) throws -> Fixture {
    let client = RegisteredClient(
      id: "signs", credential: .keys([try JSONWebKey(.object(key.jwk))]), redirectURIs: [])
    return try Fixture(clients: RegisteredClient.builtIn + [client])
  }

  @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .rs256, .ps256])
  func `a client is known by its key`(algorithm: SignatureAlgorithm) throws {
    let key = try ClientKey(algorithm)
    var fixture = try fixture(key)
    #expect(attempt(&fixture, key.assertion(of: "signs")).oauthError == "invalid_grant")
    let named = key.assertion(of: "signs", ["jti": "b", "aud": "http://localhost:4000/token"])
    #expect(attempt(&fixture, named, [("client_id", "signs")]).oauthError == "invalid_grant")
  }

  @Test func `an assertion is good for one use`() throws {
    let key = try ClientKey()
    var fixture = try fixture(key)
    let assertion = key.assertion(of: "signs")
    #expect(attempt(&fixture, assertion).oauthError == "invalid_grant")
    #expect(attempt(&fixture, assertion).oauthError == "invalid_client")
  }

  @Test(
    arguments: [
      ["aud": "https://other.example"], ["aud": nil], ["exp": 1_799_999_000], ["exp": nil],
      ["exp": 1_800_100_000], ["iat": 1_800_001_000], ["nbf": 1_800_001_000], ["jti": nil],
      ["iss": "practice-web"], ["sub": "practice-web"], ["sub": nil],
    ] as [[String: JSONValue?]])
  func `a faulty assertion is refused`(claims: [String: JSONValue?]) throws {
    let key = try ClientKey()
    var fixture = try fixture(key)
    let reply = attempt(&fixture, key.assertion(of: "signs", claims))
    #expect(reply.oauthError == "invalid_client")
    #expect(reply.status == 401)
  }

  @Test func `another key, no key and another client are refused`() throws {
    let key = try ClientKey()
    var fixture = try fixture(key)
    let other = try ClientKey()
    #expect(attempt(&fixture, other.assertion(of: "signs")).oauthError == "invalid_client")
    #expect(attempt(&fixture, key.assertion(of: "practice")).oauthError == "invalid_client")
    #expect(attempt(&fixture, key.assertion(of: "practice-web")).oauthError == "invalid_client")
    #expect(attempt(&fixture, "garbage").oauthError == "invalid_client")
    let bare = fixture.post(
      "/token", [("grant_type", "refresh_token"), ("client_id", "signs")])
    #expect(bare.oauthError == "invalid_client")
    let two = attempt(&fixture, key.assertion(of: "signs"), [("client_secret", "x")])
    #expect(two.oauthError == "invalid_request")
  }

  @Test func `a secret can sign instead of being sent`() throws {
    var fixture = try Fixture()
    func assertion(_ secret: String, _ id: JSONValue) -> String {
      JWS.compact(
        header: ["alg": "HS256"],
        payload: ClientKey.assertionClaims(of: "practice-web", ["jti": id])
      ) { (try? HMAC.sha256($0, key: Array(secret.utf8))) ?? [] }
    }
    #expect(
      attempt(&fixture, assertion("practice-web-secret", "1")).oauthError == "invalid_grant")
    #expect(attempt(&fixture, assertion("wrong", "2")).oauthError == "invalid_client")
  }

  @Test func `a client is held to its one method`() throws {
    let client = try RegisteredClient(parsing: "web,secret=s3cret,auth=client_secret_post")
    var fixture = try Fixture(clients: [client])
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x")]
    let post = fixture.post("/token", form + [("client_id", "web"), ("client_secret", "s3cret")])
    #expect(post.oauthError == "invalid_grant")
    let basic = Base64.encode(Array("web:s3cret".utf8))
    let header = fixture.post("/token", form, ["Authorization": "Basic \(basic)"])
    #expect(header.oauthError == "invalid_client")
  }

  @Test func `a certificate is the client's own`() throws {
    let pairs = try ["a", "b"].map { name in
      try SelfSignedCertificate.make(
        names: [name], addresses: [], validFrom: 0, validUntil: 1_900_000_000, purpose: .client)
    }
    let own = try #require(ClientCertificate.der(fromPEM: pairs[0].certificatePEM))
    let client = RegisteredClient(id: "tls", credential: .certificate(own), redirectURIs: [])
    var fixture = try Fixture(clients: [client])
    let form = [("grant_type", "refresh_token"), ("refresh_token", "x"), ("client_id", "tls")]
    #expect(fixture.post("/token", form).oauthError == "invalid_client")
    fixture.certificate = ClientCertificate.der(fromPEM: pairs[1].certificatePEM)
    #expect(fixture.post("/token", form).oauthError == "invalid_client")
    fixture.certificate = own
    #expect(fixture.post("/token", form).oauthError == "invalid_grant")
    let both = fixture.post("/token", form + [("client_secret", "x")])
    #expect(both.oauthError == "invalid_client")
  }

  @Test func `the command line names files of keys`() throws {
    let key = try ClientKey()
    let files: [String: [UInt8]] = [
      "private.pem": try key.key.pem(), "public.pem": try key.key.publicPEM(),
      "jwks.json": JSONValue.object(["keys": [.object(key.jwk)]]).serialized(), "empty": [],
    ]
    let expected = ClientCredential.keys([try JSONWebKey(.object(key.jwk))])
    for part in ["key=private.pem", "key=public.pem", "jwks=jwks.json"] {
      let client = try RegisteredClient(parsing: "a,\(part)") { files[$0] }
      #expect(client.credential == expected)
      #expect(!client.isPublic)
    }
    for part in ["key=empty", "jwks=empty", "certificate=public.pem", "key=missing"] {
      #expect(throws: RegistrationFault.self) {
        try RegisteredClient(parsing: "a,\(part)") { files[$0] }
      }
    }
    #expect(throws: RegistrationFault.twoCredentials) {
      try RegisteredClient(parsing: "a,secret=x,key=public.pem") { files[$0] }
    }
    #expect(throws: RegistrationFault.badMethod("private_key_jwt")) {
      try RegisteredClient(parsing: "a,secret=x,auth=private_key_jwt")
    }
  }
}
