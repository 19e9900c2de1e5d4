import OAuth

extension Fault {
  private static let answerSection = "RFC 9126 §2.2"
  private static let signedSection = "JARM §2.4"

  /// Pushed authorization requests and signed authorization responses.
  static let pushedRequests: [Fault] = [
    member("par-request-uri-missing", .refused(1)) { $0["request_uri"] = nil },
    member("par-request-uri-empty", .refused(1)) { $0["request_uri"] = "" },
    member("par-request-uri-number", .refused(1)) { $0["request_uri"] = 7 },
    member("par-request-uri-newline", .refused(1)) { $0["request_uri"] = "urn:a\nb" },
    member("par-expires-in-missing", .refused(1)) { $0["expires_in"] = nil },
    member("par-expires-in-negative", .refused(1)) { $0["expires_in"] = -1 },
    instead("par-400", .refused(4), "RFC 9126 §2.3", .error("invalid_request")),
    instead("par-401", .refused(4), "RFC 9126 §2.3", .error("invalid_client", status: 401)),
    instead("par-429", .refused(5), "RFC 9126 §2.3", .empty(429, retryAfter: "1")),
    instead("par-503", .refused(5), "RFC 9110 §15.6.4", .empty(503)),
    instead("par-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    instead("par-html", .refused(1), answerSection, .html(201)),
    Fault("par-cut", .pushed, .refused(5), "RFC 9112 §8", .delivery(.pushed, .cut(after: 60))),
    Fault("par-stall", .pushed, .outwaited, "CWE-400", .delivery(.pushed, .stalled(after: 0))),
    Fault("par-10-mib", .pushed, .refused(1), "CWE-400", .instead(.pushed, .large)),
    // Never a plain request instead.
    Fault(
      "par-endpoint-missing", .pushed, .refused(1), "RFC 9126 §5",
      .json(.metadata) { $0["pushed_authorization_request_endpoint"] = nil }),
    Fault(
      "http-par-endpoint", .pushed, .refused(1), "RFC 9126 §2",
      .json(.metadata) { $0["pushed_authorization_request_endpoint"] = "http://auth.example/par" }),

    signed("jarm-iss-wrong", "JARM §2.4 (4)") { $0["iss"] = "https://other.example" },
    signed("jarm-iss-missing", "JARM §2.4 (4)") { $0["iss"] = nil },
    signed("jarm-aud-wrong", "JARM §2.4 (5)") { $0["aud"] = "another" },
    signed("jarm-expired", "JARM §2.4 (6)") { $0["exp"] = .seconds($0.scene.now - 3600) },
    signed("jarm-exp-missing", "JARM §2.1") { $0["exp"] = nil },
    signed("jarm-wrong-signature", "JARM §2.4 (7)") { $0.signature = .garbled },
    signed("jarm-by-stranger", "JARM §2.4 (7)") { $0.signature = .of($0.scene.stranger.signer) },
    signed("jarm-alg-none", "JARM §2.4") {
      $0.header["alg"] = "none"
      $0.signature = .nothing
    },
    signed("jarm-code-missing", "RFC 6749 §4.1.2") { $0["code"] = nil },
    // Nothing in it says whose sign-in it is for, so that the right one could still come.
    signed("jarm-garbage", "JARM §2.4 (3)", .outwaited) { $0.text = "garbage" },
    // A plain answer where a signed one was asked for could be anybody's.
    Fault(
      "jarm-plain-answer-first", .signedResponse, .works, signedSection,
      .answer { $0.precede { $0.plain() } }),
    Fault(
      "jarm-foreign-state-first", .signedResponse, .works, "JARM §2.4 (3)",
      .answer { $0.precede { $0.signWithForeignState() } }),
  ]

  private static func member(
    _ name: String, _ expectation: Expectation,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .pushed, expectation, answerSection, .json(.pushed, change))
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .pushed, expectation, section, .instead(.pushed, reply))
  }

  private static func signed(
    _ name: String, _ section: String, _ expectation: Expectation = .refused(1),
    _ change: @escaping @Sendable (inout TokenDraft) -> Void
  ) -> Fault {
    Fault(name, .signedResponse, expectation, section, .signedAnswer(change))
  }
}

extension AnswerDraft {
  /// A plain answer with a code of somebody else's in place of the signed one.
  fileprivate mutating func plain() {
    self["response"] = nil
    self["code"] = "a-code-of-another-session"
    self["state"] = "of another sign-in"
    self["iss"] = scene.settings.issuer
  }

  fileprivate mutating func signWithForeignState() {
    guard let text = self["response"], var draft = TokenDraft(text, scene) else { return }
    draft["state"] = "of another sign-in"
    self["response"] = draft.spelled
  }
}
