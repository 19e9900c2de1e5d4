import OAuth
import TLS

@testable import PracticeServer

/// A client's key, with what it signs.
struct ClientKey {
  let key: SigningKey
  let algorithm: SignatureAlgorithm

  init(_ algorithm: SignatureAlgorithm = .es256) throws {
    self.algorithm = algorithm
    key = try SigningKey(
      generating: algorithm == .es256 ? .p256 : algorithm == .edDSA ? .ed25519 : .rsa2048)
  }

  var jwk: [String: JSONValue] { key.publicKey.jsonWebKeyMembers }

  var thumbprint: String {
    get throws { try JSONWebKey(.object(jwk)).thumbprint() }
  }

  func sign(_ header: [String: JSONValue], _ claims: [String: JSONValue]) -> String {
    JWS.compact(
      header: header.merging(["alg": .string(algorithm.rawValue)]) { given, _ in given },
      payload: claims
    ) { (try? key.sign($0, by: algorithm)) ?? [] }
  }

  /// A proof for the token endpoint at the fixture's usual time; `nil` takes a claim away.
  func proof(
    at path: String = "/token", method: String = "POST", now: Int64 = 1_800_000_000,
    header: [String: JSONValue?] = [:], claims: [String: JSONValue?] = [:], id: String = "1"
  ) -> String {
    var usualHeader: [String: JSONValue] = ["typ": "dpop+jwt", "jwk": .object(jwk)]
    for (name, value) in header { usualHeader[name] = value }
    var usual: [String: JSONValue] = [
      "htm": .string(method), "htu": .string(Fixture.issuer + path), "iat": .seconds(now),
      "jti": .string(id),
    ]
    for (name, value) in claims { usual[name] = value }
    return sign(usualHeader, usual)
  }

  /// A client assertion at the fixture's usual time.
  func assertion(of client: String, _ claims: [String: JSONValue?] = [:]) -> String {
    sign(["typ": "JWT"], Self.assertionClaims(of: client, claims))
  }

  static func assertionClaims(
    of client: String, _ claims: [String: JSONValue?] = [:]
  ) -> [String: JSONValue] {
    var usual: [String: JSONValue] = [
      "iss": .string(client), "sub": .string(client), "aud": .string(Fixture.issuer),
      "exp": 1_800_000_060, "iat": 1_800_000_000, "jti": "a",
    ]
    for (name, value) in claims { usual[name] = value }
    return usual
  }
}

extension Fixture {
  /// The token endpoint with a code and a proof.
  mutating func exchange(_ code: String, proof: String) -> Reply {
    post(
      "/token",
      [
        ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Self.redirect),
        ("client_id", "practice"), ("code_verifier", Self.verifier),
      ], ["DPoP": proof])
  }
}
