import OAuth

extension Fault {
  /// Key sets that change, that cannot be had, or that hold what no client can use.
  static let keySets: [Fault] = [
    // The keys of the first visit are those of before; a client that looks again finds the new one.
    Fault(
      "key-rotated", .login, .works, "OpenID Connect Core 10.1.1",
      .json(.keys) {
        let old = $0.scene.stranger.signer.jsonWebKey
        $0.keys = $0.scene.visit == 1 ? [old] : [old, $0.scene.settings.signer.jsonWebKey]
      }),
    Fault(
      "key-rotated-same-kid", .login, .refused(1), "RFC 7517 §4.5",
      .json(.keys) {
        guard $0.scene.visit == 1 else { return }
        var old = $0.scene.stranger.signer.jsonWebKeyMembers
        old["kid"] = .string($0.scene.settings.signer.keyID)
        $0.keys = [.object(old)]
      }),
    Fault(
      "keys-empty", .login, .refused(1), "RFC 7517 §5", .json(.keys) { $0.keys = [] }),
    Fault(
      "keys-unusable-besides", .login, .works, "RFC 7517 §5",
      .json(.keys) {
        let unusable: [JSONValue] = [
          ["kty": "future", "kid": "a"], ["kty": "AKP", "alg": "ML-DSA-99", "pub": "AA"],
          ["kty": "RSA", "kid": "b", "n": "AQAB", "e": "AQAB"],
          "not a key", ["kty": "EC", "crv": "P-256", "kid": "c", "x": "AA", "y": "AA"],
          ["kty": "oct", "kid": "d", "k": "c2VjcmV0"],
        ]
        $0.keys = unusable + $0.keys
      }),
    Fault(
      "key-for-encryption", .login, .refused(1), "RFC 7517 §4.2",
      .json(.keys) {
        var key = $0.scene.settings.signer.jsonWebKeyMembers
        key["use"] = "enc"
        $0.keys = [.object(key)]
      }),
    Fault(
      "key-for-another-alg", .login, .refused(1), "RFC 7517 §4.4",
      .json(.keys) {
        var key = $0.scene.settings.signer.jsonWebKeyMembers
        key["alg"] = "RS1"
        $0.keys = [.object(key)]
      }),
    Fault(
      "keys-many", .login, .refused(1), "CWE-400",
      .json(.keys) { json in
        json.keys = (0..<2000).map { number in
          var key = json.scene.stranger.signer.jsonWebKeyMembers
          key["kid"] = .string("key-\(number)")
          return .object(key)
        }
      }),
    Fault("keys-html", .login, .refused(1), "RFC 7517 §5", .instead(.keys, .html(200))),
    Fault("keys-array", .login, .refused(1), "RFC 7517 §5", .instead(.keys, .text("[]"))),
    Fault("keys-missing", .login, .refused(1), "RFC 7517 §5", .instead(.keys, .html(404))),
    Fault("keys-302", .login, .refused(1), "RFC 9700 §4.12", .instead(.keys, .elsewhere(302))),
    Fault(
      "keys-503", .login, .refused(5), "RFC 9110 §15.6.4",
      .instead(.keys, .empty(503, retryAfter: "1"))),
    Fault("keys-10-mib", .login, .refused(1), "CWE-400", .instead(.keys, .large)),
    Fault("keys-cut", .login, .refused(5), "RFC 9112 §8", .delivery(.keys, .cut(after: 200))),
    Fault("keys-stall", .login, .outwaited, "CWE-400", .delivery(.keys, .stalled(after: 0))),
  ]
}
