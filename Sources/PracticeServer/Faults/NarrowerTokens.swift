import OAuth

extension Fault {
  /// Tokens for less than the session has, and tokens that are given for tokens.
  static let narrowerTokens: [Fault] = [
    narrow("narrow-invalid-scope", .refused(4), "RFC 6749 §6", .error("invalid_scope")),
    narrow("narrow-invalid-target", .refused(4), "RFC 8707 §2", .error("invalid_target")),
    narrow("narrow-invalid-grant", .refused(3), "RFC 6749 §5.2", .error("invalid_grant")),
    narrow("narrow-503", .refused(5), "RFC 9110 §15.6.4", .empty(503)),
    narrow("narrow-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    Fault(
      "narrow-access-token-newline", .narrowing, .refused(1), "RFC 6749 appendix A.12",
      .json(.refresh) { $0["access_token"] = "a\nb" }),
    Fault(
      "narrow-token-type-unknown", .narrowing, .refused(1), "RFC 6749 §7.1",
      .json(.refresh) { $0["token_type"] = "mac" }),
    exchange("exchange-unsupported", .refused(4), "RFC 8693 §2.2.2", "unsupported_grant_type"),
    exchange("exchange-invalid-target", .refused(4), "RFC 8693 §2.2.2", "invalid_target"),
    exchange("exchange-invalid-grant", .refused(4), "RFC 8693 §2.2.2", "invalid_grant"),
    issued("exchange-type-missing", .refused(1)) { $0["issued_token_type"] = nil },
    issued("exchange-type-unknown", .refused(1)) {
      $0["issued_token_type"] = "urn:ietf:params:oauth:token-type:saml2"
    },
    issued("exchange-token-type-na", .refused(1)) { $0["token_type"] = "N_A" },
    issued("exchange-with-refresh-token", .works) { $0["refresh_token"] = "another-refresh-token" },
  ]

  private static func narrow(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .narrowing, expectation, section, .instead(.refresh, reply))
  }

  private static func exchange(
    _ name: String, _ expectation: Expectation, _ section: String, _ code: String
  ) -> Fault {
    Fault(name, .exchange, expectation, section, .instead(.exchange, .error(code)))
  }

  private static func issued(
    _ name: String, _ expectation: Expectation,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .exchange, expectation, "RFC 8693 §2.2.1", .json(.exchange, change))
  }
}
