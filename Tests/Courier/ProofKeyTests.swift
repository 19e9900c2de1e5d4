import OAuth
import Platform
import TLS
import Testing

@testable import Courier

/// The key tokens are bound to: how it is made and kept, and the proofs by it (RFC 9449).
@Suite struct ProofKeyTests {
  private func target(_ url: String = "https://api.example/data?q=1#f") throws -> DPoPTarget {
    try DPoPTarget(method: "GET", url: url)
  }

  private func job(_ key: ProofKey, _ changes: [String: String] = [:]) throws -> Job {
    let lines = [
      "secret.dpop_key": key.storable, "session.dpop_alg": key.algorithm.rawValue,
      "session.dpop_jkt": key.thumbprint,
    ].merging(changes) { $1 }
    return try ClientFixture.job(lines.map { "\($0.key)=\($0.value)" })
  }

  private func publicKey(_ proof: DPoPProof) throws -> JSONWebKey {
    let header = try ClientFixture.parts(proof.text).header
    return try JSONWebKey(try #require(header["jwk"]))
  }

  @Test(
    "the key is of the first kind the server takes proofs by",
    arguments: [
      ("", "ES256"), (#"["RS256","ES256"]"#, "ES256"), (#"["RS256","EdDSA"]"#, "EdDSA"),
      (#"["RS256"]"#, "RS256"), (#"["PS256","none"]"#, "PS256"),
    ])
  func kind(list: String, expected: String) throws {
    let members = list.isEmpty ? "" : #","dpop_signing_alg_values_supported":\#(list)"#
    let key = try ProofKey(for: try ClientFixture.metadata(members))
    #expect(key.algorithm.rawValue == expected)
    let proof = try key.proof(for: try target())
    let (header, claims) = try ClientFixture.parts(proof.text)
    #expect(header["typ"] == "dpop+jwt")
    #expect(header["alg"] == .string(expected))
    #expect(claims["htm"] == "GET")
    #expect(claims["htu"] == "https://api.example/data")
    #expect(claims["ath"] == nil)
    #expect(claims["nonce"] == nil)
    // What stands in the header checks the signature, and is the public half alone.
    let jwk = try publicKey(proof)
    let parts = proof.text.split(separator: ".")
    #expect(
      OpenSSLCryptography().verify(
        algorithm: key.algorithm, key: jwk,
        signature: Base64URL.decode(parts[2]) ?? [], over: Array("\(parts[0]).\(parts[1])".utf8)))
    #expect(header["jwk"]?.objectValue?["d"] == nil)
    #expect(try jwk.thumbprint { try Digest.sha256($0) } == key.thumbprint)
  }

  @Test func serverThatTakesNothingWeCanMakeIsTold() throws {
    let metadata = try ClientFixture.metadata(
      #","dpop_signing_alg_values_supported":["HS256","X"]"#)
    let fault = #expect(throws: CourierFailure.self) { try ProofKey(for: metadata) }
    #expect(fault?.failure.description.contains("HS256, X") == true)
  }

  @Test func accessTokenAndNonceAreInTheProof() throws {
    let key = try ProofKey(for: try ClientFixture.metadata())
    let proof = try key.proof(
      for: try target(), accessToken: "AT", nonce: try #require(DPoPNonce("n-1")))
    let claims = try ClientFixture.parts(proof.text).1
    #expect(claims["ath"] == .string(Base64URL.encode(try Digest.sha256(Array("AT".utf8)))))
    #expect(claims["nonce"] == "n-1")
    let other = try key.proof(for: try target(), accessToken: "AT")
    #expect(try ClientFixture.parts(other.text).1["jti"] != claims["jti"])
  }

  @Test func keptKeyIsTheSameKey() throws {
    for members in ["", #","dpop_signing_alg_values_supported":["EdDSA"]"#] {
      let key = try ProofKey(for: try ClientFixture.metadata(members))
      let kept = try #require(try ProofKey(kept: try job(key)))
      #expect(kept.thumbprint == key.thumbprint)
      #expect(kept.algorithm == key.algorithm)
      #expect(
        try publicKey(try kept.proof(for: try target()))
          == publicKey(try key.proof(for: try target())))
    }
  }

  @Test func bearerTokensHaveNoKey() throws {
    #expect(try ProofKey(kept: try ClientFixture.job([])) == nil)
  }

  @Test(
    "a key that is gone or is another one asks for a new sign-in",
    arguments: [
      ["secret.dpop_key": ""], ["secret.dpop_key": "*"], ["secret.dpop_key": "AAAA"],
      ["session.dpop_alg": "RS256"], ["session.dpop_alg": "none"], ["session.dpop_alg": ""],
      ["session.dpop_jkt": "another"],
    ])
  func unusable(changes: [String: String]) throws {
    let key = try ProofKey(for: try ClientFixture.metadata())
    let job = try job(key, changes)
    let fault = #expect(throws: CourierFailure.self) { try ProofKey(kept: job) }
    #expect(fault?.failure.code == .loginRequired)
    #expect(fault?.failure.hint == "sallyport login work")
    #expect(fault?.failure.description.contains(key.storable) == false)
  }

  @Test func nothingOfItIsPrinted() throws {
    let key = try ProofKey(for: try ClientFixture.metadata())
    #expect("\(key)" == "ProofKey (redacted)")
  }

  // MARK: The prove job

  private func prove(_ lines: [String]) throws -> (block: CourierRun.Block, status: Int32) {
    try CourierRun(["job=prove", "account=work"] + lines).end()
  }

  private func kept(_ key: ProofKey) -> [String] {
    ["secret.dpop_key=\(key.storable)", "session.dpop_alg=\(key.algorithm.rawValue)"]
  }

  @Test func jobProvesOneRequest() throws {
    let key = try ProofKey(for: try ClientFixture.metadata())
    let (block, status) = try prove(
      kept(key) + [
        "access_token=AT", "method=DELETE", "url=https://api.example/x?y=z", "dpop_nonce=n",
      ])
    #expect(status == 0, "\(block.text)")
    #expect(block.keys == ["event", "dpop"])
    let claims = try ClientFixture.parts(try #require(block["dpop"])).1
    #expect(claims["htm"] == "DELETE")
    #expect(claims["htu"] == "https://api.example/x")
    #expect(claims["ath"] != nil)
    #expect(claims["nonce"] == "n")
  }

  @Test(
    "a request that cannot be proven is refused",
    arguments: [
      ["method=GET"], ["url=https://api.example/"], ["method=GET", "url=api.example"],
      ["method=GET\u{20}X", "url=https://api.example/"],
      ["method=GET", "url=http://api.example/"], ["method=GET", "url=https://u@api.example/"],
      ["method=GET", "url=https://api.example/", "dpop_nonce=a b\"c"],
    ])
  func unprovable(lines: [String]) throws {
    let key = try ProofKey(for: try ClientFixture.metadata())
    let (block, status) = try prove(kept(key) + ["access_token=AT"] + lines)
    #expect(status == 2)
    #expect(block["dpop"] == nil)
  }

  @Test func bearerTokenNeedsNoProof() throws {
    let (block, status) = try prove([
      "access_token=AT", "method=GET", "url=https://api.example/",
    ])
    #expect(status == 2)
    #expect(block["error_description"]?.contains("bearer tokens") == true)
  }
}
