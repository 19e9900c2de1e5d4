import OAuth

extension Fault {
  private static let postSection = "OAuth 2.0 Form Post Response Mode 2"

  /// Authorization responses that come as a form.
  static let postedAnswers: [Fault] = [
    posted("form-post-error", .refused(4), "RFC 6749 §4.1.2.1") {
      $0.fail("login_required", "error response using form_post")
    },
    posted("form-post-error-escapes", .refused(4), "CWE-150") {
      $0.fail("access_denied", NastyText.escapes)
    },
    posted("form-post-state-wrong", .outwaited, "RFC 6749 §10.12") {
      $0["state"] = "of another sign-in"
    },
    posted("form-post-iss-wrong", .refused(1), "RFC 9207 §2.4") {
      $0["iss"] = "https://other.example"
    },
    posted("form-post-iss-missing", .refused(1), "RFC 9207 §2.4") { $0["iss"] = nil },
    posted("form-post-code-missing", .refused(1), "RFC 6749 §4.1.2") { $0["code"] = nil },
    posted("form-post-code-newline", .refused(1), "RFC 6749 appendix A.11") {
      $0["code"] = "a\nb"
    },
    posted("form-post-code-injected", .refused(4), "RFC 9700 §4.5") {
      $0["code"] = "a-code-of-another-session"
    },
    // What was to be kept out of addresses is in one.
    posted("form-post-as-query", .outwaited, postSection) { $0.isPosted = false },
  ]

  private static func posted(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout AnswerDraft) -> Void
  ) -> Fault {
    Fault(name, .postedAnswer, expectation, section, .answer(change))
  }
}
