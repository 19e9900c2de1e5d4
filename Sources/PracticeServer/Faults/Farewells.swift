import OAuth

extension Fault {
  /// Revocation, which never keeps a client from forgetting, and the userinfo endpoint.
  static let farewells: [Fault] = [
    revocation("revoke-503", "RFC 7009 §2.2.1", .instead(.revocation, .empty(503))),
    revocation(
      "revoke-503-retry-after", "RFC 7009 §2.2.1",
      .instead(.revocation, .empty(503, retryAfter: "99999999"))),
    revocation("revoke-401", "RFC 7009 §2.2.1", .instead(.revocation, .empty(401))),
    revocation("revoke-400", "RFC 7009 §2.2.1", .instead(.revocation, .error("invalid_request"))),
    revocation(
      "revoke-unsupported-token-type", "RFC 7009 §2.2.1",
      .instead(.revocation, .error("unsupported_token_type"))),
    revocation("revoke-302", "RFC 9700 §4.12", .instead(.revocation, .elsewhere(302))),
    revocation("revoke-307", "RFC 9700 §4.12", .instead(.revocation, .elsewhere(307))),
    revocation("revoke-html", "RFC 7009 §2.2", .instead(.revocation, .html(200))),
    revocation("revoke-cut", "RFC 9112 §8", .delivery(.revocation, .cut(after: 10))),
    revocation("revoke-stall", "CWE-400", .delivery(.revocation, .stalled(after: 0))),
    revocation("revoke-endless-body", "CWE-400", .delivery(.revocation, .endlessBody)),
    revocation(
      "revoke-missing", "RFC 8414 §2", .json(.metadata) { $0["revocation_endpoint"] = nil }),
    Fault(
      "http-revocation-endpoint", .login, .refused(1), "RFC 7009 §2",
      .json(.metadata) { $0["revocation_endpoint"] = "http://auth.example/revoke" }),
    userInfo("userinfo-sub-wrong", .refused(1), "OpenID Connect Core 5.3.2") {
      $0["sub"] = "mallory"
    },
    userInfo("userinfo-sub-missing", .refused(1), "OpenID Connect Core 5.3.2") { $0["sub"] = nil },
    userInfo("userinfo-sub-number", .refused(1), "OpenID Connect Core 5.3.2") { $0["sub"] = 7 },
    userInfo("userinfo-name-escapes", .works, "CWE-150") {
      $0["name"] = .string(NastyText.escapes + NastyText.bidirectional)
    },
    // Nobody has a reason to fetch claims from where the server says.
    userInfo("userinfo-distributed-claims", .works, "OpenID Connect Core 5.6.2") {
      $0["_claim_names"] = ["shoe_size": "elsewhere"]
      $0["_claim_sources"] = [
        "elsewhere": ["endpoint": .string($0.scene.settings.origin + "/stolen")]
      ]
    },
    signedUserInfo("userinfo-alg-none", "RFC 8725 §3.1") {
      $0.header["alg"] = "none"
      $0.signature = .nothing
    },
    signedUserInfo("userinfo-wrong-signature", "OpenID Connect Core 5.3.4") {
      $0.signature = .garbled
    },
    signedUserInfo("userinfo-iss-wrong", "OpenID Connect Core 5.3.2") {
      $0["iss"] = "https://other.example"
    },
    signedUserInfo("userinfo-aud-wrong", "OpenID Connect Core 5.3.2") { $0["aud"] = "another" },
    Fault(
      "userinfo-401", .userInfo, .refused(4), "RFC 6750 §3.1", .instead(.userInfo, .empty(401))),
    Fault(
      "userinfo-302", .userInfo, .refused(1), "RFC 9700 §4.12",
      .instead(.userInfo, .elsewhere(302))),
    Fault(
      "userinfo-503", .userInfo, .refused(5), "RFC 9110 §15.6.4",
      .instead(.userInfo, .empty(503))),
    Fault(
      "userinfo-html", .userInfo, .refused(1), "OpenID Connect Core 5.3.2",
      .instead(.userInfo, .html(200))),
    Fault(
      "userinfo-10-mib", .userInfo, .refused(1), "CWE-400",
      .instead(.userInfo, .large)),
  ]

  /// What failed is said, and the tokens are forgotten all the same.
  private static func revocation(_ name: String, _ section: String, _ effect: Effect) -> Fault {
    Fault(name, .logout, .works, section, effect)
  }

  private static func userInfo(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .userInfo, expectation, section, .json(.userInfo, change))
  }

  private static func signedUserInfo(
    _ name: String, _ section: String, _ change: @escaping @Sendable (inout TokenDraft) -> Void
  ) -> Fault {
    Fault(
      name, .userInfo, .refused(1), section, .behaviour { $0.userInfoForm = .signed },
      .reply(.userInfo) { reply, scene in
        let text = String(decoding: reply.response.body, as: UTF8.self)
        guard var draft = TokenDraft(text, scene) else { return }
        change(&draft)
        reply.response.body = Array(draft.spelled.utf8)
      })
  }
}
