import TLS
import Testing

@testable import OAuth

@Suite struct IDTokenTests {
  private static let complete: [String: JSONValue] = [
    "iss": .string(Vectors.issuer), "aud": .string(Vectors.clientID), "sub": "user-1",
    "iat": .number(JSONNumber(now)), "exp": .number(JSONNumber(now + 300)),
    "nonce": .string(Base64URL.encode(Vectors.nonceBytes)),
  ]

  private let server: Issuing

  init() throws { server = try Issuing() }

  private func expectation(
    _ occasion: IDTokenExpectation.Occasion? = nil, algorithms: [String]? = nil,
    maximumAge: Int64? = nil
  ) throws -> IDTokenExpectation {
    IDTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID,
      occasion: try occasion ?? .signIn(nonce: anyNonce()), accessToken: Vectors.accessToken,
      algorithms: algorithms, maximumAge: maximumAge)
  }

  private func check(
    _ token: String, _ expectation: IDTokenExpectation? = nil, keys: JSONWebKeySet? = nil
  ) throws -> IDToken {
    try IDToken(
      validating: token, against: expectation ?? self.expectation(), keys: keys ?? server.keys,
      cryptography: SystemCryptography(), now: now)
  }

  /// The fault of a token complete but for these claims; `nil` for a claim takes it out.
  private func fault(
    _ changes: [String: JSONValue?], _ expectation: IDTokenExpectation? = nil
  ) throws -> IDTokenFault? {
    var claims = Self.complete
    for (name, value) in changes { claims[name] = value }
    do {
      _ = try check(server.token(claims), expectation)
      return nil
    } catch let fault as IDTokenFault { return fault }
  }

  @Test(arguments: Vectors.tokens)
  func `every algorithm of another implementation verifies`(algorithm: String, token: String)
    throws
  {
    let keys = try JSONWebKeySet(validating: bytes(Vectors.keys))
    let checked = try check(token, keys: keys)
    #expect(checked.subject == Vectors.subject)
    #expect(checked.issuer == Vectors.issuer)
    #expect(checked.issuedAt == Vectors.issuedAt)
    #expect(checked.expiration == Vectors.issuedAt + 300)
    #expect(checked.text == token)

    let parts = token.split(separator: ".").map(String.init)
    for index in parts.indices {
      var changed = try #require(Base64URL.decode(parts[index]))
      changed[changed.count / 2] ^= 1
      var forged = parts
      forged[index] = Base64URL.encode(changed)
      #expect(throws: IDTokenFault.self) { try check(forged.joined(separator: "."), keys: keys) }
    }
  }

  @Test(arguments: Vectors.tokens)
  func `at_hash is that of the algorithm's own hash`(algorithm: String, token: String) throws {
    let keys = try JSONWebKeySet(validating: bytes(Vectors.keys))
    let other = IDTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID,
      occasion: .signIn(nonce: try anyNonce()), accessToken: "another-token")
    #expect(throws: IDTokenFault.accessTokenHash) { try check(token, other, keys: keys) }
  }

  @Test func `a hash that cannot be had fails the check`() throws {
    struct NoHash: Cryptography {
      func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]? { nil }
      func verify(
        algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
      ) -> Bool { true }
    }
    var claims = Self.complete
    claims["at_hash"] = ""
    #expect(throws: IDTokenFault.accessTokenHash) {
      try IDToken(
        validating: server.token(claims), against: expectation(), keys: server.keys,
        cryptography: NoHash(), now: now)
    }
  }

  @Test func `a complete token passes, and with more than it needs`() throws {
    #expect(try fault([:]) == nil)
    #expect(try fault(["aud": [.string(Vectors.clientID)], "email": "x", "nbf": 0]) == nil)
    #expect(try fault(["aud": ["other", "native-app"], "azp": "native-app"]) == nil)
    #expect(try fault(["iat": .number(JSONNumber(checked: "1700000100.75"))]) == nil)
    #expect(try fault(["at_hash": nil, "azp": .null, "nbf": .null]) == nil)
  }

  @Test func `iss must be there and be the issuer`() throws {
    #expect(try fault(["iss": nil]) == .missing("iss"))
    #expect(try fault(["iss": .null]) == .missing("iss"))
    #expect(try fault(["iss": 1]) == .malformed("iss"))
    #expect(try fault(["iss": "https://as.example/as/"]) == .issuer)
    #expect(try fault(["iss": "https://evil.example"]) == .issuer)
  }

  @Test func `aud must have the client, and others only with azp`() throws {
    #expect(try fault(["aud": nil]) == .missing("aud"))
    #expect(try fault(["aud": 1]) == .malformed("aud"))
    #expect(try fault(["aud": ["native-app", 1]]) == .malformed("aud"))
    #expect(try fault(["aud": "other"]) == .audience)
    #expect(try fault(["aud": []]) == .audience)
    #expect(try fault(["aud": "native-app "]) == .audience)
    #expect(try fault(["aud": ["other"], "azp": "native-app"]) == .audience)
    #expect(try fault(["aud": ["native-app", "other"]]) == .untrustedAudience)
    #expect(try fault(["aud": ["native-app", "other"], "azp": "other"]) == .authorizedParty)
    #expect(try fault(["azp": "other"]) == .authorizedParty)
    #expect(try fault(["azp": 1]) == .malformed("azp"))
  }

  @Test func `exp must be there and not have passed`() throws {
    #expect(try fault(["exp": nil]) == .missing("exp"))
    #expect(try fault(["exp": .number(JSONNumber(now - 59))]) == nil)
    #expect(try fault(["exp": .number(JSONNumber(now - 60))]) == .expired(secondsAgo: 60))
    #expect(try fault(["exp": 0]) == .expired(secondsAgo: now))
  }

  @Test func `iat must be there and not lie ahead`() throws {
    #expect(try fault(["iat": nil]) == .missing("iat"))
    #expect(try fault(["iat": .number(JSONNumber(now + 60))]) == nil)
    #expect(try fault(["iat": .number(JSONNumber(now + 61))]) == .issuedAhead(secondsAhead: 61))
  }

  @Test func `nbf holds where it is there`() throws {
    #expect(try fault(["nbf": .number(JSONNumber(now + 60))]) == nil)
    #expect(try fault(["nbf": .number(JSONNumber(now + 61))]) == .notYetValid(secondsAhead: 61))
  }

  @Test(arguments: ["exp", "iat", "nbf", "auth_time"])
  func `a date that is none never traps`(claim: String) throws {
    for text in ["1e300", "1e400", "-1", "253402300800", "99999999999999999999999"] {
      let value = JSONValue.number(JSONNumber(checked: text))
      #expect(try fault([claim: value]) == .malformed(claim))
    }
    for value: JSONValue in ["1700000100", true, [:], [1]] {
      #expect(try fault([claim: value]) == .malformed(claim))
    }
  }

  @Test func `sub must be there, ASCII and of bounded length`() throws {
    #expect(try fault(["sub": nil]) == .missing("sub"))
    #expect(try fault(["sub": 1]) == .malformed("sub"))
    for bad in ["", "é", "a\nb", "\u{1B}", String(repeating: "a", count: 256)] {
      #expect(try fault(["sub": .string(bad)]) == .malformed("sub"))
    }
    #expect(try fault(["sub": .string(String(repeating: "a", count: 255))]) == nil)
  }

  @Test func `nonce must be the one that was sent`() throws {
    #expect(try fault(["nonce": nil]) == .missing("nonce"))
    #expect(try fault(["nonce": 1]) == .malformed("nonce"))
    #expect(try fault(["nonce": ""]) == .nonce)
    #expect(try fault(["nonce": "other"]) == .nonce)
    #expect(try fault(["nonce": nil], expectation(.signInWithoutNonce)) == nil)
  }

  @Test func `at_hash must be that of the access token where it is there`() throws {
    let hash = try Digest.sha256(bytes(Vectors.accessToken))
    let right = Base64URL.encode(Array(hash.prefix(16)))
    #expect(try fault(["at_hash": .string(right)]) == nil)
    #expect(try fault(["at_hash": .string(Base64URL.encode(hash))]) == .accessTokenHash)
    #expect(try fault(["at_hash": .string(right + "==")]) == .accessTokenHash)
    #expect(try fault(["at_hash": ""]) == .accessTokenHash)
    #expect(try fault(["at_hash": 1]) == .malformed("at_hash"))
  }

  @Test func `auth_time is held to the max_age that was asked for`() throws {
    let recent = try expectation(maximumAge: 600)
    #expect(try fault([:], recent) == .missing("auth_time"))
    #expect(try fault(["auth_time": .number(JSONNumber(now - 660))], recent) == nil)
    #expect(
      try fault(["auth_time": .number(JSONNumber(now - 661))], recent) == .authenticationTooOld)
    #expect(try fault(["auth_time": 0]) == nil)
  }

  @Test func `a refreshed token is of the same user and issuer`() throws {
    let first = server.token(Self.complete)
    let previous = try #require(PreviousIDToken(stored: first))
    let refresh = try expectation(.refresh(previous))
    #expect(try fault([:], refresh) == nil)
    #expect(try fault(["nonce": nil], refresh) == nil)
    #expect(try fault(["nonce": "other"], refresh) == .nonce)
    #expect(try fault(["sub": "user-2"], refresh) == .otherSubject)
    #expect(try fault(["sub": "user-2"], expectation(.refreshOfUnknownSubject)) == nil)
    #expect(try fault(["aud": "other"], refresh) == .audience)
    #expect(try fault(["iss": "https://evil.example"], refresh) == .issuer)
    var moved = Self.complete
    moved["iss"] = "https://old.example"
    let old = try #require(PreviousIDToken(stored: server.token(moved)))
    #expect(try fault([:], expectation(.refresh(old))) == .otherSubject)
    #expect(PreviousIDToken(stored: "no token") == nil)
  }

  @Test func `claims given twice or no object are refused`() throws {
    for payload in ["[]", "", "{", #"{"sub": "a", "sub": "b"}"#] {
      let input =
        Base64URL.encode(bytes(#"{"alg":"ES256","kid":"k1"}"#)) + "."
        + Base64URL.encode(bytes(payload))
      let signature = try server.key.sign(bytes(input), by: .es256)
      #expect(throws: IDTokenFault.self) {
        try check("\(input).\(Base64URL.encode(signature))")
      }
    }
  }
}
