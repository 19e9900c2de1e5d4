import HTTP1
import OAuth

extension Fault {
  private static let issuerCheck = "RFC 8414 §3.3"

  /// Metadata documents of another server, of the wrong form, or not to be had.
  static let metadataDocuments: [Fault] = [
    member("metadata-issuer-other", .refused(1), issuerCheck) {
      $0["issuer"] = "https://other.example"
    },
    member("metadata-issuer-missing", .refused(1), issuerCheck) { $0["issuer"] = nil },
    member("metadata-issuer-trailing-slash", .refused(1), "OpenID Connect Discovery 4.3") {
      $0["issuer"] = .string($0.scene.settings.issuer + "/")
    },
    member("metadata-issuer-case", .refused(1), issuerCheck) {
      $0["issuer"] = .string($0.scene.settings.issuer.uppercased())
    },
    member("metadata-issuer-other-path", .refused(1), "RFC 8414 §6.2") {
      $0["issuer"] = .string($0.scene.settings.issuer + "/mallory")
    },
    member("metadata-issuer-placeholder", .refused(1), issuerCheck) {
      $0["issuer"] = "https://login.example/{tenantid}/v2.0"
    },
    found("metadata-only-openid", "OpenID Connect Discovery 4.1") {
      $0.hasSuffix("/.well-known/openid-configuration")
    },
    found("metadata-only-oauth", "RFC 8414 §3.1") {
      $0.hasPrefix("/.well-known/oauth-authorization-server")
    },
    instead("metadata-html", .refused(1), "OpenID Connect Discovery 4.2", .html(200)),
    instead("metadata-array", .refused(1), "RFC 8414 §3.2", .text("[{}]")),
    instead("metadata-empty", .refused(1), "RFC 8414 §3.2", .text("")),
    instead(
      "metadata-deep", .refused(1), "CWE-674",
      .text("{\"issuer\":" + String(repeating: "[", count: 100_000))),
    Fault(
      "metadata-repeated-member", .login, .refused(1), "RFC 8259 §4",
      .body(.metadata) {
        Array("{\"token_endpoint\":\"https://other.example/token\",".utf8) + $0.dropFirst()
      }),
    Fault(
      "metadata-truncated", .login, .refused(1), "RFC 8259 §2",
      .body(.metadata) { $0.dropLast(10) }),
    instead("metadata-302", .refused(1), "RFC 8414 §6.2", .elsewhere(302)),
    instead("metadata-308", .refused(1), "RFC 8414 §6.2", .elsewhere(308)),
    instead("metadata-404", .refused(1), "RFC 8414 §3.2", .html(404)),
    instead("metadata-503", .refused(5), "RFC 9110 §15.6.4", .empty(503, retryAfter: "1")),
    instead("metadata-429", .refused(5), "RFC 6585 §4", .empty(429, retryAfter: "1")),
    instead("metadata-10-mib", .refused(1), "CWE-400", .large),
    sent("metadata-endless", .refused(1), "CWE-400", .endlessBody),
    sent("metadata-endless-headers", .refused(1), "CWE-770", .endlessHead),
    sent("metadata-cut", .refused(5), "RFC 9112 §8", .cut(after: 300)),
    sent("metadata-stall", .outwaited, "CWE-400", .stalled(after: 0)),
    member("metadata-without-pkce", .works, "RFC 8414 §2") {
      $0["code_challenge_methods_supported"] = nil
    },
    member("metadata-plain-only", .refused(1), "RFC 9700 §4.8") {
      $0["code_challenge_methods_supported"] = ["plain"]
    },
    member("metadata-without-s256", .refused(1), "RFC 7636 §7.2") {
      $0["code_challenge_methods_supported"] = ["plain", "S512"]
    },
    member("metadata-pkce-list-wrong-type", .refused(1), "RFC 8414 §2") {
      $0["code_challenge_methods_supported"] = "S256"
    },
    member("metadata-unknown-members", .works, "RFC 8414 §3.2") {
      $0["new_thing_supported"] = [["deep": [:]]]
      $0["signed_metadata"] = "a.b.c"
    },
    member("metadata-algs-without-ours", .refused(1), "OpenID Connect Core 3.1.3.7 (7)") {
      $0["id_token_signing_alg_values_supported"] = ["RS512"]
    },
    member("metadata-par-without-endpoint", .refused(1), "RFC 9126 §5") {
      $0["require_pushed_authorization_requests"] = true
      $0["pushed_authorization_request_endpoint"] = nil
    },
  ]

  private static func member(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .login, expectation, section, .json(.metadata, change))
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .login, expectation, section, .instead(.metadata, reply))
  }

  private static func sent(
    _ name: String, _ expectation: Expectation, _ section: String, _ delivery: Delivery
  ) -> Fault {
    Fault(name, .login, expectation, section, .delivery(.metadata, delivery))
  }

  /// The document is at one of its addresses alone.
  private static func found(
    _ name: String, _ section: String, _ isThere: @escaping @Sendable (String) -> Bool
  ) -> Fault {
    Fault(
      name, .login, .works, section,
      .reply(.metadata) { reply, scene in
        if !isThere(scene.request.path) { reply = .html(404) }
      })
  }
}
