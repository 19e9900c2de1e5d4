import OAuth

extension Fault {
  private static let answerSection = "RFC 8628 §3.2"
  private static let pollSection = "RFC 8628 §3.5"

  /// The device authorization grant.
  static let devices: [Fault] = [
    poll("device-slow-down", .works, pollSection) { visit in
      visit == 1 ? .error("slow_down") : nil
    },
    poll("device-poll-cut", .works, pollSection, .cut(after: 0)),
    poll("device-poll-503", .works, pollSection) { $0 == 1 ? .empty(503) : nil },
    poll("device-never", .outwaited, pollSection) { _ in .error("authorization_pending") },
    poll("device-slow-down-forever", .outwaited, pollSection) { _ in .error("slow_down") },
    poll("device-expired", .refused(4), pollSection) { _ in .error("expired_token") },
    poll("device-denied", .refused(4), pollSection) { _ in .error("access_denied") },
    poll("device-invalid-grant", .refused(4), "RFC 6749 §5.2") { _ in .error("invalid_grant") },
    poll("device-poll-302", .refused(1), "RFC 9700 §4.12") { _ in .elsewhere(302) },
    poll("device-poll-html", .refused(1), "RFC 6749 §5.1") { _ in .html(200) },
    member("device-interval-huge", .outwaited, answerSection) { $0["interval"] = .seconds(.max) },
    member("device-interval-negative", .refused(1), answerSection) { $0["interval"] = -5 },
    member("device-interval-zero", .works, answerSection) { $0["interval"] = 0 },
    member("device-interval-missing", .works, answerSection) { $0["interval"] = nil },
    member("device-expires-in-missing", .refused(1), answerSection) { $0["expires_in"] = nil },
    member("device-expires-in-negative", .refused(1), answerSection) { $0["expires_in"] = -1 },
    member("device-code-missing", .refused(1), answerSection) { $0["device_code"] = nil },
    member("device-code-newline", .refused(1), answerSection) { $0["device_code"] = "a\nb" },
    member("device-user-code-missing", .refused(1), answerSection) { $0["user_code"] = nil },
    member("device-user-code-escapes", .refused(1), "CWE-150") {
      $0["user_code"] = .string(NastyText.escapes)
    },
    member("device-user-code-newline", .refused(1), "CWE-117") {
      $0["user_code"] = "ABCD\nsallyport: signed in"
    },
    member("device-user-code-long", .refused(1), "CWE-400") {
      $0["user_code"] = .string(String(repeating: "A", count: 10_000))
    },
    member("device-uri-missing", .refused(1), answerSection) { $0["verification_uri"] = nil },
    address("device-uri-javascript", "javascript:alert(1)", answerSection),
    address("device-uri-http", "http://auth.example/device", "RFC 8628 §5.4"),
    address("device-uri-file", "file:///etc/passwd", answerSection),
    address("device-uri-userinfo", "https://auth.example@evil.example/", "RFC 3986 §7.6"),
    address("device-uri-escapes", "https://auth.example/\u{1B}[2J", "CWE-150"),
    member("device-complete-uri-javascript", .refused(1), answerSection) {
      $0["verification_uri_complete"] = "javascript:alert(1)"
    },
    instead("device-400", .refused(4), "RFC 6749 §5.2", .error("invalid_client", status: 401)),
    instead("device-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    instead("device-html", .refused(1), answerSection, .html(200)),
    instead("device-503", .refused(5), "RFC 9110 §15.6.4", .empty(503)),
    Fault(
      "device-id-token-wrong-signature", .device, .refused(1), "OpenID Connect Core 3.1.3.7 (6)",
      .token { $0.signature = .garbled }),
    Fault(
      "device-endpoint-missing", .device, .refused(1), "RFC 8628 §4",
      .json(.metadata) { $0["device_authorization_endpoint"] = nil }),
  ]

  /// Another answer to some of the polls, which are counted from 1.
  private static func poll(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ answer: @escaping @Sendable (Int) -> Reply?
  ) -> Fault {
    Fault(
      name, .device, expectation, section, .behaviour { $0.deviceApproval = .afterFirstPoll },
      .reply(.tokens) { reply, scene in reply = answer(scene.visit) ?? reply })
  }

  /// The first poll meets a connection in trouble.
  private static func poll(
    _ name: String, _ expectation: Expectation, _ section: String, _ delivery: Delivery
  ) -> Fault {
    Fault(
      name, .device, expectation, section, .behaviour { $0.deviceApproval = .afterFirstPoll },
      .reply(.tokens) { reply, scene in if scene.visit == 1 { reply.delivery = delivery } })
  }

  private static func member(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(name, .device, expectation, section, .json(.deviceAuthorization, change))
  }

  private static func address(_ name: String, _ text: String, _ section: String) -> Fault {
    member(name, .refused(1), section) { $0["verification_uri"] = .string(text) }
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .device, expectation, section, .instead(.deviceAuthorization, reply))
  }
}
