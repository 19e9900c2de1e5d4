import OAuth

extension Fault {
  private static let answerSection = "RFC 7591 §3.2.1"

  /// Dynamic client registration.
  static let registrations: [Fault] = [
    member("register-client-id-missing", .refused(1), answerSection) { $0["client_id"] = nil },
    member("register-client-id-empty", .refused(1), answerSection) { $0["client_id"] = "" },
    member("register-client-id-newline", .refused(1), "RFC 6749 appendix A.1") {
      $0["client_id"] = "a\nb"
    },
    member("register-client-id-number", .refused(1), answerSection) { $0["client_id"] = 7 },
    member("register-redirects-changed", .refused(1), answerSection) {
      $0["redirect_uris"] = ["https://other.example/callback"]
    },
    member("register-redirects-missing", .works, answerSection) { $0["redirect_uris"] = nil },
    member("register-management-missing", .works, "RFC 7592 §3") {
      $0["registration_client_uri"] = nil
      $0["registration_access_token"] = nil
    },
    member("register-management-http", .refused(1), "RFC 7592 §3") {
      $0["registration_client_uri"] = "http://auth.example/register/1"
    },
    member("register-management-token-newline", .refused(1), "RFC 6750 §2.1") {
      $0["registration_access_token"] = "a\nb"
    },
    member("register-secret-newline", .refused(1), "RFC 6749 appendix A.2") {
      $0["client_secret"] = "a\nb"
      $0["token_endpoint_auth_method"] = "client_secret_post"
    },
    member("register-method-unknown", .refused(1), answerSection) {
      $0["token_endpoint_auth_method"] = "something_new"
    },
    instead("register-400", .refused(4), "RFC 7591 §3.2.2", .error("invalid_redirect_uri")),
    instead("register-403", .refused(4), "RFC 7591 §3", .html(403)),
    instead("register-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    instead("register-html", .refused(1), answerSection, .html(201)),
    instead("register-503", .refused(5), "RFC 9110 §15.6.4", .empty(503)),
    instead("register-10-mib", .refused(1), "CWE-400", .large),
    Fault(
      "register-stall", .registration, .outwaited, "CWE-400",
      .delivery(.registration, .stalled(after: 0))),
    Fault(
      "http-registration-endpoint", .registration, .refused(1), "RFC 7591 §3",
      .json(.metadata) { $0["registration_endpoint"] = "http://auth.example/register" }),
    Fault(
      "registration-endpoint-missing", .registration, .refused(1), "RFC 8414 §2",
      .json(.metadata) {
        $0["registration_endpoint"] = nil
        $0["client_id_metadata_document_supported"] = nil
      }),
  ]

  private static func member(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .registration, expectation, section, .json(.registration, change))
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .registration, expectation, section, .instead(.registration, reply))
  }
}
