import OAuth

extension Fault {
  /// Authorization responses that are not this sign-in's, not this server's, or no answers at all.
  static let authorizationAnswers: [Fault] = [
    // The right answer still comes: the wrong one before it must change nothing.
    first("state-wrong-first", "RFC 6749 §10.12") { $0["state"] = "of another sign-in" },
    first("state-missing-first", "RFC 6749 §10.12") { $0["state"] = nil },
    first("state-empty-first", "RFC 6749 §10.12") { $0["state"] = "" },
    first("state-cut-first", "RFC 9700 §4.7") {
      $0["state"] = String(($0["state"] ?? "").dropLast())
    },
    first("state-doubled-first", "RFC 6749 §3.1") { $0.append("state", "another") },
    first("error-with-foreign-state-first", "RFC 9700 §4.7") {
      $0.fail("access_denied", "you have been signed out")
      $0["state"] = "of another sign-in"
    },
    first("error-without-state-first", "RFC 9700 §4.7") {
      $0.fail("server_error")
      $0["state"] = nil
    },
    first("code-repeated-first", "RFC 6749 §3.1") { $0.append("code", "another") },
    first("iss-repeated-first", "RFC 6749 §3.1") { $0.append("iss", "https://other.example") },
    Fault(
      "wrong-path-first", .login, .works, "RFC 9700 §4.1.3",
      .answer { $0.precede(atPath: "/Callback") }),
    Fault(
      "favicon-first", .login, .works, "RFC 9110 §15.5.5",
      .answer { $0.precede(atPath: "/favicon.ico") }),
    answer("state-wrong", .outwaited, "RFC 6749 §10.12") { $0["state"] = "of another sign-in" },
    answer("iss-missing", .refused(1), "RFC 9207 §2.4") { $0["iss"] = nil },
    answer("iss-empty", .refused(1), "RFC 9207 §2.4") { $0["iss"] = "" },
    answer("iss-wrong", .refused(1), "RFC 9700 §4.4") { $0["iss"] = "https://other.example" },
    answer("iss-trailing-slash", .refused(1), "RFC 9207 §2.4") {
      $0["iss"] = ($0["iss"] ?? "") + "/"
    },
    answer("iss-case", .refused(1), "RFC 9207 §2.4") { $0["iss"] = $0["iss"]?.uppercased() },
    Fault(
      "iss-unannounced-missing", .login, .works, "RFC 9207 §2.4",
      .json(.metadata) { $0["authorization_response_iss_parameter_supported"] = nil },
      .answer { $0["iss"] = nil }),
    Fault(
      "iss-unannounced-wrong", .login, .refused(1), "RFC 9207 §2.4",
      .json(.metadata) { $0["authorization_response_iss_parameter_supported"] = nil },
      .answer { $0["iss"] = "https://other.example" }),
    // Whose error it is cannot be told either.
    answer("iss-wrong-with-error", .refused(1), "RFC 9207 §2.4") {
      $0.fail("access_denied")
      $0["iss"] = "https://other.example"
    },
    answer("code-missing", .refused(1), "RFC 6749 §4.1.2") { $0["code"] = nil },
    answer("code-empty", .refused(1), "RFC 6749 §4.1.2") { $0["code"] = "" },
    answer("code-newline", .refused(1), "RFC 6749 appendix A.11") { $0["code"] = "a\nb" },
    answer("code-nul", .refused(1), "RFC 6749 appendix A.11") { $0["code"] = "a\0b" },
    answer("code-not-ascii", .refused(1), "RFC 6749 appendix A.11") { $0["code"] = "ä" },
    answer("code-with-error", .refused(1), "RFC 6749 §4.1.2.1") { $0["error"] = "access_denied" },
    // A code that somebody else was given: the verifier does not fit (PKCE's whole point).
    answer("code-injected", .refused(4), "RFC 9700 §4.5") {
      $0["code"] = "a-code-of-another-session"
    },
    answer("tokens-in-answer", .refused(1), "RFC 9700 §2.1.2") {
      $0["code"] = nil
      $0["access_token"] = "stolen"
      $0["token_type"] = "Bearer"
    },
    answer("parameters-unknown", .works, "RFC 6749 §4.1.2") {
      $0["session_state"] = "a.b"
      $0.append("foo[]", "1")
      $0.append("foo[]", "2")
    },
    answer("code-long", .refused(4), "RFC 6749 §4.1.2") {
      $0["code"] = String(repeating: "c", count: 3000)
    },
    refusal("error-access-denied", .refused(4), "access_denied"),
    refusal("error-login-required", .refused(4), "login_required"),
    refusal("error-invalid-scope", .refused(4), "invalid_scope"),
    refusal("error-unauthorized-client", .refused(4), "unauthorized_client"),
    refusal("error-server-error", .refused(5), "server_error"),
    refusal("error-temporarily-unavailable", .refused(5), "temporarily_unavailable"),
    refusal("error-unknown", .refused(4), "teapot"),
    refusal("error-text-escapes", .refused(4), "access_denied", NastyText.escapes),
    refusal("error-text-html", .refused(4), "access_denied", NastyText.markup),
    refusal("error-text-bidi", .refused(4), "access_denied", NastyText.bidirectional),
    refusal("error-itself-html", .refused(4), NastyText.markup),
  ]

  private static func answer(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout AnswerDraft) -> Void
  ) -> Fault {
    Fault(name, .login, expectation, section, .answer(change))
  }

  /// A wrong answer that the right one follows.
  private static func first(
    _ name: String, _ section: String, _ change: @escaping @Sendable (inout AnswerDraft) -> Void
  ) -> Fault {
    answer(name, .works, section) { $0.precede(change) }
  }

  private static func refusal(
    _ name: String, _ expectation: Expectation, _ error: String, _ description: String? = nil
  ) -> Fault {
    answer(name, expectation, "RFC 6749 §4.1.2.1") { $0.fail(error, description) }
  }
}
