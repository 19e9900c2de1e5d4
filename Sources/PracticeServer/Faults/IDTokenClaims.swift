import OAuth

extension Fault {
  private static let step = "OpenID Connect Core 3.1.3.7"

  /// ID tokens that are signed as they should be and say what they should not.
  static let idTokenClaims: [Fault] = [
    Fault("id-token-iss-wrong", .login, .refused(1), "\(step) (2)") {
      $0["iss"] = "https://other.example"
    },
    Fault("id-token-iss-missing", .login, .refused(1), "\(step) (2)") { $0["iss"] = nil },
    Fault("id-token-iss-trailing-slash", .login, .refused(1), "\(step) (2)") {
      $0["iss"] = .string($0.scene.settings.issuer + "/")
    },
    Fault("id-token-aud-wrong", .login, .refused(1), "\(step) (3)") { $0["aud"] = "another" },
    Fault("id-token-aud-missing", .login, .refused(1), "\(step) (3)") { $0["aud"] = nil },
    Fault("id-token-aud-number", .login, .refused(1), "RFC 7519 §4.1.3") { $0["aud"] = 7 },
    Fault("id-token-aud-array", .login, .works, "RFC 7519 §4.1.3") {
      $0["aud"] = .array([$0["aud"] ?? .null])
    },
    Fault("id-token-aud-untrusted", .login, .refused(1), "\(step) (3)") {
      $0["aud"] = .array([$0["aud"] ?? .null, "another"])
    },
    Fault("id-token-azp-wrong", .login, .refused(1), "\(step) (5)") { $0["azp"] = "another" },
    Fault("id-token-azp-right", .login, .works, "\(step) (4)") {
      $0["azp"] = $0["aud"]
      $0["aud"] = .array([$0["aud"] ?? .null, "another"])
    },
    Fault("id-token-sub-missing", .login, .refused(1), "OpenID Connect Core 2") {
      $0["sub"] = nil
    },
    Fault("id-token-sub-empty", .login, .refused(1), "OpenID Connect Core 2") { $0["sub"] = "" },
    Fault("id-token-sub-long", .login, .refused(1), "OpenID Connect Core 2") {
      $0["sub"] = .string(String(repeating: "s", count: 256))
    },
    Fault("id-token-sub-escapes", .login, .refused(1), "CWE-150") {
      $0["sub"] = .string(NastyText.escapes)
    },
    Fault("id-token-name-escapes", .login, .works, "CWE-150") {
      $0["preferred_username"] = .string(NastyText.escapes + NastyText.bidirectional)
    },
    Fault("id-token-exp-missing", .login, .refused(1), "\(step) (9)") { $0["exp"] = nil },
    Fault("id-token-exp-past", .login, .refused(1), "\(step) (9)") {
      $0["iat"] = .seconds($0.scene.now - 7200)
      $0["exp"] = .seconds($0.scene.now - 3600)
    },
    Fault("id-token-exp-just-past", .login, .works, "RFC 7519 §4.1.4") {
      $0["exp"] = .seconds($0.scene.now - 20)
    },
    Fault("id-token-exp-huge", .login, .refused(1), "CWE-681") {
      $0["exp"] = .seconds(.max)
    },
    Fault("id-token-exp-negative", .login, .refused(1), "CWE-681") { $0["exp"] = -1 },
    Fault("id-token-exp-string", .login, .refused(1), "RFC 7519 §2") {
      $0["exp"] = .string(String($0.scene.now + 3600))
    },
    Fault("id-token-iat-missing", .login, .refused(1), "\(step) (10)") { $0["iat"] = nil },
    Fault("id-token-iat-future", .login, .refused(1), "\(step) (10)") {
      $0["iat"] = .seconds($0.scene.now + 3600)
      $0["exp"] = .seconds($0.scene.now + 7200)
    },
    Fault("id-token-iat-just-future", .login, .works, "RFC 7519 §4.1.4") {
      $0["iat"] = .seconds($0.scene.now + 30)
    },
    Fault("id-token-nbf-future", .login, .refused(1), "RFC 7519 §4.1.5") {
      $0["nbf"] = .seconds($0.scene.now + 3600)
    },
    Fault("id-token-nonce-missing", .login, .refused(1), "\(step) (11)") { $0["nonce"] = nil },
    Fault("id-token-nonce-wrong", .login, .refused(1), "\(step) (11)") {
      $0["nonce"] = "the nonce of another sign-in"
    },
    Fault("id-token-nonce-cut", .login, .refused(1), "\(step) (11)") {
      $0["nonce"] = .string(String(($0["nonce"]?.stringValue ?? "").dropLast()))
    },
    Fault("id-token-at-hash-wrong", .login, .refused(1), "OpenID Connect Core 3.1.3.8") {
      $0["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA"
    },
    Fault("id-token-at-hash-missing", .login, .works, "OpenID Connect Core 3.1.3.6") {
      $0["at_hash"] = nil
    },
    Fault("id-token-repeated-claim", .login, .refused(1), "RFC 7519 §4") {
      let honest = JSONValue.object($0.claims).serialized().dropFirst()
      $0.payload = Array("{\"sub\":\"mallory\",".utf8) + honest
    },
    Fault("id-token-not-an-object", .login, .refused(1), "RFC 7519 §7.2") {
      $0.payload = Array("[]".utf8)
    },
  ]

  /// A fault of nothing but the ID token.
  private init(
    _ name: String, _ occasion: Occasion, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout TokenDraft) -> Void
  ) {
    self.init(name, occasion, expectation, section, .token(.tokens, "id_token", change))
  }
}
