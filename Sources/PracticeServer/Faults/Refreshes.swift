import OAuth

extension Fault {
  private static let sameSubject = "OpenID Connect Core 12.2"

  /// What can go wrong with a refresh once a sign-in has gone well.
  static let refreshes: [Fault] = [
    idToken("refresh-other-sub", .refused(1), sameSubject) { $0["sub"] = "mallory" },
    idToken("refresh-other-iss", .refused(1), sameSubject) { $0["iss"] = "https://other.example" },
    idToken("refresh-other-aud", .refused(1), sameSubject) { $0["aud"] = "another" },
    idToken("refresh-other-azp", .refused(1), sameSubject) { $0["azp"] = "another" },
    idToken("refresh-other-nonce", .refused(1), sameSubject) { $0["nonce"] = "another" },
    idToken("refresh-wrong-signature", .refused(1), sameSubject) { $0.signature = .garbled },
    idToken("refresh-alg-none", .refused(1), "RFC 8725 §3.1") {
      $0.header["alg"] = "none"
      $0.signature = .nothing
    },
    idToken("refresh-key-rotated", .works, "OpenID Connect Core 10.1.1") {
      $0.sign(by: $0.scene.stranger.signer)
    } keys: {
      if $0.scene.visit > 1 { $0.keys.append($0.scene.stranger.signer.jsonWebKey) }
    },
    members("refresh-id-token-missing", .works, sameSubject) { $0["id_token"] = nil },
    members("refresh-access-token-missing", .refused(1), "RFC 6749 §5.1") {
      $0["access_token"] = nil
    },
    members("refresh-access-token-newline", .refused(1), "RFC 6749 appendix A.12") {
      $0["access_token"] = "a\nb"
    },
    members("refresh-token-type-unknown", .refused(1), "RFC 6749 §7.1") {
      $0["token_type"] = "mac"
    },
    members("refresh-expires-in-negative", .refused(1), "RFC 6749 §5.1") { $0["expires_in"] = -1 },
    members("refresh-scope-other", .works, "RFC 6749 §6") { $0["scope"] = "openid" },
    // The old one stays good, as RFC 6749 §6 has it: it must not be dropped.
    Fault(
      "refresh-token-not-repeated", .refresh, .works, "RFC 6749 §6",
      .behaviour { $0.refreshTokens = .kept }),
    instead("refresh-invalid-grant", .refused(3), "RFC 6749 §5.2", .error("invalid_grant")),
    // A gateway's trouble with the words of the end of a session.
    instead(
      "refresh-invalid-grant-503", .refused(5), "RFC 6749 §5.2",
      .error("invalid_grant", status: 503)),
    instead("refresh-400-empty", .refused(3), "RFC 6749 §5.2", .empty(400)),
    instead("refresh-401", .refused(4), "RFC 6749 §5.2", .error("invalid_client", status: 401)),
    // No scope was asked for: there is nothing to change but the sign-in.
    instead("refresh-invalid-scope", .refused(3), "RFC 6749 §5.2", .error("invalid_scope")),
    instead("refresh-500", .refused(5), "RFC 9110 §15.6.1", .html(500)),
    instead("refresh-503", .refused(5), "RFC 9110 §15.6.4", .empty(503, retryAfter: "1")),
    instead("refresh-429", .refused(5), "RFC 6585 §4", .empty(429, retryAfter: "99999999999")),
    instead("refresh-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    instead("refresh-307", .refused(1), "RFC 9700 §4.12", .elsewhere(307)),
    instead("refresh-html", .refused(1), "RFC 6749 §5.1", .html(200)),
    instead("refresh-10-mib", .refused(1), "CWE-400", .large),
    sent("refresh-cut", .refused(5), "RFC 9112 §8", .cut(after: 250)),
    sent("refresh-no-answer", .refused(5), "RFC 9112 §8", .cut(after: 0)),
    sent("refresh-stall", .outwaited, "CWE-400", .stalled(after: 0)),
    sent("refresh-endless-body", .refused(1), "CWE-400", .endlessBody),
  ]

  private static func idToken(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout TokenDraft) -> Void,
    keys: @escaping @Sendable (inout JSONDraft) -> Void = { _ in }
  ) -> Fault {
    Fault(
      name, .refresh, expectation, section, .token(.refresh, "id_token", change),
      .json(.keys, keys))
  }

  private static func members(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .refresh, expectation, section, .json(.refresh, change))
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .refresh, expectation, section, .instead(.refresh, reply))
  }

  private static func sent(
    _ name: String, _ expectation: Expectation, _ section: String, _ delivery: Delivery
  ) -> Fault {
    Fault(name, .refresh, expectation, section, .delivery(.refresh, delivery))
  }
}
