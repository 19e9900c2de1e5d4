import OAuth

extension Fault {
  private static let grammar = "RFC 6749 appendix A.12"

  /// Token responses of the wrong form.
  static let tokenAnswers: [Fault] = [
    members("token-type-missing", .refused(1), "RFC 6749 §5.1") { $0["token_type"] = nil },
    members("token-type-unknown", .refused(1), "RFC 6749 §7.1") { $0["token_type"] = "mac" },
    members("token-type-dpop-unasked", .refused(1), "RFC 6749 §7.1") { $0["token_type"] = "DPoP" },
    members("token-type-number", .refused(1), "RFC 6749 §5.1") { $0["token_type"] = 1 },
    members("token-type-case", .works, "RFC 6749 §5.1") { $0["token_type"] = "bEaReR" },
    members("expires-in-missing", .works, "RFC 6749 §5.1") { $0["expires_in"] = nil },
    members("expires-in-null", .works, "RFC 6749 §5.1") { $0["expires_in"] = .null },
    members("expires-in-text", .works, "RFC 6749 §5.1") { $0["expires_in"] = "3600" },
    members("expires-in-huge", .works, "CWE-190") { $0["expires_in"] = .seconds(.max) },
    members("expires-in-negative", .refused(1), "RFC 6749 §5.1") { $0["expires_in"] = -1 },
    members("expires-in-true", .refused(1), "RFC 6749 §5.1") { $0["expires_in"] = true },
    members("expires-in-object", .refused(1), "RFC 6749 §5.1") { $0["expires_in"] = [:] },
    number("expires-in-fraction", .works, "RFC 8259 §6", "3599.75"),
    number("expires-in-exponent", .works, "CWE-681", "1e400"),
    number("expires-in-100-digits", .works, "CWE-190", String(repeating: "9", count: 100)),
    members("access-token-missing", .refused(1), "RFC 6749 §5.1") { $0["access_token"] = nil },
    members("access-token-empty", .refused(1), "RFC 6749 §5.1") { $0["access_token"] = "" },
    members("access-token-null", .refused(1), "RFC 6749 §5.1") { $0["access_token"] = .null },
    members("access-token-number", .refused(1), "RFC 6749 §5.1") { $0["access_token"] = 7 },
    ending("access-token-newline", "access_token", "\nprotocol=https"),
    ending("access-token-carriage-return", "access_token", "\rhost=evil.example"),
    ending("access-token-nul", "access_token", "\0"),
    ending("access-token-space", "access_token", " x"),
    ending("access-token-escape", "access_token", NastyText.escapes),
    ending("access-token-not-ascii", "access_token", "\u{202E}ü"),
    ending("access-token-huge", "access_token", String(repeating: "a", count: 70_000)),
    ending("refresh-token-newline", "refresh_token", "\nx"),
    ending("refresh-token-nul", "refresh_token", "\0"),
    ending("scope-newline", "scope", "\nusername=root"),
    members("scope-narrowed", .works, "RFC 6749 §3.3") { $0["scope"] = "openid" },
    members("scope-wider", .works, "RFC 6749 §3.3") { $0["scope"] = "openid profile root" },
    members("scope-array", .works, "RFC 6749 §5.1") { $0["scope"] = ["openid", "profile"] },
    members("members-unknown", .works, "RFC 6749 §5.1") {
      $0["not_before_policy"] = 0
      $0["session_state"] = [["nested": .null]]
    },
    Fault(
      "error-with-200", .login, .refused(4), "RFC 6749 §5.2",
      .instead(.tokens, .text("{\"error\":\"bad_verification_code\"}"))),
    Fault(
      "not-ok-with-200", .login, .refused(4), "RFC 6749 §5.2",
      .instead(.tokens, .text("{\"ok\":false,\"error\":\"invalid_code\"}"))),
    Fault("token-html", .login, .refused(1), "RFC 6749 §5.1", .instead(.tokens, .html(200))),
    Fault(
      "token-array", .login, .refused(1), "RFC 6749 §5.1", .body(.tokens) { [0x5B] + $0 + [0x5D] }),
    Fault(
      "token-text", .login, .refused(1), "RFC 6749 §5.1", .instead(.tokens, .text("\"token\""))),
    Fault(
      "token-form-encoded", .login, .refused(1), "RFC 6749 §5.1",
      .instead(
        .tokens,
        .text("access_token=x&token_type=bearer", "application/x-www-form-urlencoded"))),
    Fault(
      "token-wrong-content-type", .login, .refused(1), "RFC 6749 §5.1",
      .field(.tokens, "Content-Type", "text/plain")),
    Fault(
      "token-truncated-json", .login, .refused(1), "RFC 8259 §2",
      .body(.tokens) { $0.dropLast(20) }),
    Fault(
      "token-trailing-garbage", .login, .refused(1), "RFC 8259 §2",
      .body(.tokens) { $0 + Array("}{".utf8) }),
    Fault(
      "token-not-utf8", .login, .refused(1), "RFC 8259 §8.1",
      .body(.tokens) {
        Array("{\"x\":\"\u{0}\",".utf8.map { $0 == 0 ? 0xFF : $0 }) + $0.dropFirst()
      }),
    Fault(
      "token-lone-surrogate", .login, .refused(1), "RFC 8259 §8.2",
      .body(.tokens) { Array("{\"x\":\"\\ud800\",".utf8) + $0.dropFirst() }),
    Fault(
      "token-repeated-member", .login, .refused(1), "RFC 8259 §4",
      .body(.tokens) { Array("{\"access_token\":\"another\",".utf8) + $0.dropFirst() }),
    Fault(
      "token-deep-nesting", .login, .refused(1), "CWE-674",
      .body(.tokens) {
        let (open, close) = (String(repeating: "[", count: 100_000), "]")
        let nested = open + String(repeating: close, count: 100_000)
        return Array("{\"x\":\(nested),".utf8) + $0.dropFirst()
      }),
  ]

  private static func members(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .login, expectation, section, .json(.tokens, change))
  }

  /// Characters behind a text that must not be in it.
  private static func ending(_ name: String, _ member: String, _ text: String) -> Fault {
    members(name, .refused(1), grammar) {
      $0[member] = .string(($0[member]?.stringValue ?? "") + text)
    }
  }

  /// `expires_in` in a spelling that the server's own numbers do not have.
  private static func number(
    _ name: String, _ expectation: Expectation, _ section: String, _ text: String
  ) -> Fault {
    Fault(
      name, .login, expectation, section, .json(.tokens) { $0["expires_in"] = nil },
      .body(.tokens) { Array("{\"expires_in\":\(text),".utf8) + $0.dropFirst() })
  }
}
