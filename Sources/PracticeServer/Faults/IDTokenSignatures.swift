import OAuth

extension Fault {
  /// ID tokens that nobody should believe for who has signed them.
  static let idTokenSignatures: [Fault] = [
    Fault(
      "alg-none", .login, .refused(1), "RFC 8725 §3.1",
      .token {
        $0.header["alg"] = "none"
        $0.signature = .nothing
      }),
    Fault(
      "alg-none-mixed-case", .login, .refused(1), "RFC 8725 §2.1",
      .token {
        $0.header["alg"] = "nOnE"
        $0.signature = .nothing
      }),
    Fault(
      "alg-hs256-with-public-key", .login, .refused(1), "RFC 8725 §2.1",
      .token {
        $0.header["alg"] = "HS256"
        $0.signature = .code(key: (try? $0.scene.settings.signer.key.publicPEM()) ?? [])
      }),
    Fault(
      "alg-hs256-with-client-id", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (8)",
      .token {
        $0.header["alg"] = "HS256"
        $0.signature = .code(key: Array(($0["aud"]?.stringValue ?? "").utf8))
      }),
    Fault(
      "alg-not-announced", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (7)",
      .json(.keys) { $0.keys.append($0.scene.stranger.ofAnotherKind.jsonWebKey) },
      .token { $0.sign(by: $0.scene.stranger.ofAnotherKind) }),
    Fault(
      "alg-missing", .login, .refused(1), "RFC 7515 §4.1.1", .token { $0.header["alg"] = nil }),
    Fault(
      "wrong-signature", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (6)",
      .token { $0.signature = .garbled }),
    Fault(
      "signature-missing", .login, .refused(1), "RFC 7515 §5.2",
      .token { $0.signature = .nothing }),
    Fault(
      "signature-zero", .login, .refused(1), "CVE-2022-21449", .token { $0.signature = .zeros }),
    Fault(
      "signature-by-stranger", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (6)",
      .token { $0.signature = .of($0.scene.stranger.signer) }),
    Fault(
      "key-in-header", .login, .refused(1), "RFC 8725 §3.10",
      .token {
        $0.header["jwk"] = $0.scene.stranger.signer.jsonWebKey
        $0.signature = .of($0.scene.stranger.signer)
      }),
    Fault(
      "key-address-in-header", .login, .refused(1), "RFC 8725 §3.10",
      .token {
        $0.sign(by: $0.scene.stranger.signer)
        let elsewhere = JSONValue.string($0.scene.settings.origin + "/stolen")
        $0.header["jku"] = elsewhere
        $0.header["x5u"] = elsewhere
      }),
    Fault(
      "kid-as-path", .login, .refused(1), "RFC 8725 §3.10",
      .token {
        $0.header["kid"] = "../../../../dev/null"
        $0.header["alg"] = "HS256"
        $0.signature = .code(key: [0])
      }),
    Fault(
      "critical-extension", .login, .refused(1), "RFC 7515 §4.1.11",
      .token {
        $0.header["crit"] = ["https://practice.example/extension"]
        $0.header["https://practice.example/extension"] = true
      }),
    Fault(
      "id-token-encrypted", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (1)",
      .token { $0.text = "eyJhbGciOiJSU0EtT0FFUCIsImVuYyI6IkEyNTZHQ00ifQ.YQ.YQ.YQ.YQ" }),
    Fault(
      "id-token-garbage", .login, .refused(1), "RFC 7519 §7.2", .token { $0.text = "a.b" }),
    Fault(
      "id-token-padded", .login, .refused(1), "RFC 7515 §2",
      .token { $0.text = $0.spelled + "==" }),
    Fault(
      "id-token-missing", .login, .refused(1), "OpenID Connect Core 3.1.3.3",
      .json(.tokens) { $0["id_token"] = nil }),
    Fault(
      "unknown-kid", .login, .refused(1), "OpenID Connect Core 10.1",
      .token {
        $0.sign(by: $0.scene.stranger.signer)
        $0.header["kid"] = "another"
      }),
    Fault(
      "unknown-kid-many-keys", .login, .refused(1), "OpenID Connect Core 10.1",
      .json(.keys) { $0.keys.append($0.scene.stranger.signer.jsonWebKey) },
      .token { $0.header["kid"] = "another" }),
    Fault(
      "kid-of-another-key", .login, .refused(1), "OpenID Connect Core 10.1",
      .json(.keys) { $0.keys.append($0.scene.stranger.signer.jsonWebKey) },
      .token { $0.header["kid"] = .string($0.scene.stranger.signer.keyID) }),
    Fault(
      "kid-missing", .login, .works, "OpenID Connect Core 10.1",
      .token { $0.header["kid"] = nil }),
    Fault(
      "kid-missing-many-keys", .login, .works, "OpenID Connect Core 10.1",
      .json(.keys) { $0.keys.insert($0.scene.stranger.signer.jsonWebKey, at: 0) },
      .token { $0.header["kid"] = nil }),
    Fault(
      "kid-missing-stranger", .login, .refused(1), "OpenID Connect Core 3.1.3.7 (6)",
      .token {
        $0.header["kid"] = nil
        $0.signature = .of($0.scene.stranger.signer)
      }),
    Fault(
      "kid-not-text", .login, .refused(1), "RFC 7515 §4.1.4", .token { $0.header["kid"] = 7 }),
  ]
}
