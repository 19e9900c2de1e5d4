import HTTP1
import OAuth
import TLS
import Testing

@testable import PracticeServer

struct ProofOfPossessionTests {
  private func hash(_ token: String) throws -> JSONValue {
    .string(Base64URL.encode(try Digest.sha256(Array(token.utf8))))
  }

  @Test(arguments: [SignatureAlgorithm.es256, .edDSA, .rs256])
  func `a proof binds the tokens to its key`(algorithm: SignatureAlgorithm) throws {
    var fixture = try Fixture({ $0.accessTokenForm = .jwt })
    let key = try ClientKey(algorithm)
    let tokens = try fixture.exchange(fixture.code(), proof: key.proof()).members()
    #expect(tokens["token_type"] == "DPoP")
    let token = try tokens.text("access_token")
    #expect(try claims(token)["cnf"] == ["jkt": .string(key.thumbprint)])
    let described = try fixture.post(
      "/introspect",
      [
        ("token", token), ("client_id", "practice-web"), ("client_secret", "practice-web-secret"),
      ]
    ).members()
    #expect(described["cnf"] == ["jkt": .string(try key.thumbprint)])
    #expect(described["token_type"] == "DPoP")
  }

  @Test(
    arguments: [
      ["htm": "GET"], ["htu": "http://localhost:4000/other"],
      ["htu": "http://localhost:4001/token"],
      ["htu": "http://localhost:4000/token?a=b"], ["htu": "https://localhost:4000/token"],
      ["htu": nil], ["iat": 1_799_999_000], ["iat": 1_800_001_000], ["iat": nil], ["jti": nil],
      ["jti": ""],
    ] as [[String: JSONValue?]])
  func `a proof for something else is refused`(claims: [String: JSONValue?]) throws {
    var fixture = try Fixture()
    let proof = try ClientKey().proof(claims: claims)
    #expect(fixture.exchange(try fixture.code(), proof: proof).oauthError == "invalid_dpop_proof")
  }

  @Test func `a proof is signed by the public key it carries`() throws {
    var fixture = try Fixture()
    let (key, other) = (try ClientKey(), try ClientKey())
    var withPrivateHalf = key.jwk
    withPrivateHalf["d"] = "AAAA"
    for header: [String: JSONValue?] in [
      ["typ": "JWT"], ["jwk": .object(other.jwk)], ["jwk": nil], ["alg": "none"], ["alg": "HS256"],
      ["jwk": .object(withPrivateHalf)], ["crit": ["x"]],
    ] {
      let reply = fixture.exchange(try fixture.code(), proof: key.proof(header: header))
      #expect(reply.oauthError == "invalid_dpop_proof")
    }
    #expect(
      fixture.exchange(try fixture.code(), proof: "garbage").oauthError == "invalid_dpop_proof")
  }

  @Test func `a proof is good for one use`() throws {
    var fixture = try Fixture()
    let proof = try ClientKey().proof()
    #expect(fixture.exchange(try fixture.code(), proof: proof).status == 200)
    #expect(fixture.exchange(try fixture.code(), proof: proof).oauthError == "invalid_dpop_proof")
  }

  @Test func `a nonce is demanded, given, and good until it is old`() throws {
    var fixture = try Fixture({ $0.proofNonces = .demanded })
    let key = try ClientKey()
    let asked = fixture.exchange(try fixture.code(), proof: key.proof())
    #expect(asked.oauthError == "use_dpop_nonce" && asked.status == 400)
    let nonce = try #require(asked.response.fields["DPoP-Nonce"])
    let good = fixture.exchange(
      try fixture.code(), proof: key.proof(claims: ["nonce": .string(nonce)], id: "2"))
    #expect(good.status == 200)
    #expect(good.response.fields["DPoP-Nonce"] != nil)
    fixture.now += 301
    let late = key.proof(now: fixture.now, claims: ["nonce": .string(nonce)], id: "3")
    #expect(fixture.exchange(try fixture.code(), proof: late).oauthError == "use_dpop_nonce")
  }

  @Test func `a public client's refresh token is bound as well`() throws {
    var fixture = try Fixture()
    let (key, other) = (try ClientKey(), try ClientKey())
    let token = try fixture.exchange(try fixture.code(), proof: key.proof()).members()
      .text("refresh_token")
    let form = [
      ("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "practice"),
    ]
    #expect(fixture.post("/token", form).oauthError == "invalid_grant")
    let foreign = fixture.post("/token", form, ["DPoP": other.proof(id: "2")])
    #expect(foreign.oauthError == "invalid_grant")
    // Whoever had no proof has spoiled nothing.
    let good = fixture.post("/token", form, ["DPoP": key.proof(id: "3")])
    #expect(try good.members()["token_type"] == "DPoP")
    let next = try good.members().text("refresh_token")
    #expect(fixture.refresh(next).oauthError == "invalid_grant")
  }

  @Test func `a code can be bound before it is given`() throws {
    var fixture = try Fixture()
    let (key, other) = (try ClientKey(), try ClientKey())
    let changes: [String: String?] = ["dpop_jkt": try key.thumbprint]
    #expect(
      fixture.exchange(try fixture.code(changes), proof: other.proof()).oauthError
        == "invalid_grant")
    #expect(fixture.exchange(try fixture.code(changes)).oauthError == "invalid_grant")
    #expect(
      fixture.exchange(try fixture.code(changes), proof: key.proof(id: "2")).status == 200)
  }

  @Test func `a bound token opens nothing without a proof of its own`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let (key, other) = (try ClientKey(), try ClientKey())
    let token = try fixture.exchange(try fixture.code(), proof: key.proof()).members()
      .text("access_token")
    func ask(_ proof: String?, scheme: String = "DPoP") -> Reply {
      var fields: HeaderFields = ["Authorization": "\(scheme) \(token)"]
      if let proof { fields.append("DPoP", proof) }
      return fixture.get("/resource", fields)
    }
    let at = { (key: ClientKey, claims: [String: JSONValue?], id: String) in
      key.proof(at: "/resource", method: "GET", claims: claims, id: id)
    }
    #expect(ask(nil, scheme: "Bearer").status == 401)
    let bare = ask(nil)
    #expect(bare.status == 401)
    #expect(bare.response.fields["WWW-Authenticate"]?.hasPrefix("DPoP ") == true)
    #expect(ask(at(key, [:], "a")).oauthError == "invalid_dpop_proof")
    #expect(ask(at(key, ["ath": "AAAA"], "b")).oauthError == "invalid_dpop_proof")
    #expect(ask(at(other, ["ath": try hash(token)], "c")).oauthError == "invalid_token")
    #expect(ask(at(key, ["ath": try hash(token)], "d")).status == 200)
  }

  @Test func `a bearer token is not presented with a proof`() throws {
    var fixture = try Fixture({ $0.servesResource = true })
    let token = try fixture.tokens().text("access_token")
    #expect(fixture.get("/resource", ["Authorization": "DPoP \(token)"]).status == 401)
  }
}
