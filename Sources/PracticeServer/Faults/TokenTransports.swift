import HTTP1
import OAuth

extension Fault {
  /// Token endpoints that answer with another status, in another way, or not to the end.
  static let tokenTransports: [Fault] = [
    strange("token-302", .refused(1), "RFC 9700 §4.12", .elsewhere(302)),
    strange("token-303", .refused(1), "RFC 9700 §4.12", .elsewhere(303)),
    strange("token-307", .refused(1), "RFC 9700 §4.12", .elsewhere(307)),
    strange("token-308", .refused(1), "RFC 9700 §4.12", .elsewhere(308)),
    Fault("token-201", .login, .refused(1), "RFC 6749 §5.1", .status(.tokens, 201)),
    strange("token-204", .refused(1), "RFC 6749 §5.1", .empty(204)),
    strange("token-304", .refused(1), "RFC 6749 §5.1", .empty(304)),
    strange("token-400-empty", .refused(4), "RFC 6749 §5.2", .empty(400)),
    strange("token-400-html", .refused(4), "RFC 6749 §5.2", .html(400)),
    strange("token-401", .refused(4), "RFC 6749 §5.2", .error("invalid_client", status: 401)),
    strange("token-403", .refused(4), "RFC 6749 §5.2", .html(403)),
    strange("token-404", .refused(4), "RFC 9110 §15.5.5", .html(404)),
    strange("token-500", .refused(5), "RFC 9110 §15.6.1", .html(500)),
    strange("token-503", .refused(5), "RFC 9110 §15.6.4", .empty(503, retryAfter: "2")),
    strange("token-429", .refused(5), "RFC 6585 §4", .empty(429, retryAfter: "1")),
    strange(
      "token-retry-after-huge", .refused(5), "RFC 9110 §10.2.3",
      .empty(503, retryAfter: "99999999999999999999999999")),
    strange(
      "token-retry-after-absurd", .refused(5), "RFC 9110 §10.2.3",
      .empty(429, retryAfter: "-1e9, Fri, 31 Feb 0000 25:61:61 GMT")),
    strange(
      "token-retry-after-far-date", .refused(5), "RFC 9110 §10.2.3",
      .empty(503, retryAfter: "Fri, 31 Dec 9999 23:59:59 GMT")),
    strange("token-invalid-request", .refused(4), "RFC 6749 §5.2", .error("invalid_request")),
    strange("token-invalid-grant", .refused(4), "RFC 6749 §5.2", .error("invalid_grant")),
    strange("token-invalid-scope", .refused(4), "RFC 6749 §5.2", .error("invalid_scope")),
    strange(
      "token-unauthorized-client", .refused(4), "RFC 6749 §5.2", .error("unauthorized_client")),
    strange(
      "token-unsupported-grant-type", .refused(4), "RFC 6749 §5.2",
      .error("unsupported_grant_type")),
    strange("token-error-unknown", .refused(4), "RFC 6749 §5.2", .error("teapot")),
    described("error-description-escapes", "CWE-150", NastyText.escapes),
    described("error-description-html", "CWE-79", NastyText.markup),
    described("error-description-bidi", "CWE-1007", NastyText.bidirectional),
    described("error-description-100-kb", "CWE-400", NastyText.long),
    described("error-description-newlines", "CWE-117", "no\nsallyport: signed in\r\ndone"),
    // What the client has sent comes back in words that end in logs and bug reports.
    Fault(
      "error-description-repeats-secrets", .login, .refused(4), "RFC 6749 §10.5",
      .reply(.tokens) { reply, scene in
        let sent = ["code", "code_verifier", "client_secret"].compactMap { scene.formValue($0) }
        reply = .error("invalid_grant", "wrong: \(sent.joined(separator: ", "))")
      }),
    Fault(
      "error-code-escapes", .login, .refused(4), "CWE-150",
      .instead(.tokens, .error(NastyText.escapes))),
    sent("token-endless-body", .refused(1), "CWE-400", .endlessBody),
    sent("token-endless-headers", .refused(1), "CWE-770", .endlessHead),
    strange("token-10-mib", .refused(1), "CWE-400", .large),
    sent("token-stall", .outwaited, "CWE-400", .stalled(after: 0)),
    sent("token-stall-in-body", .outwaited, "CWE-400", .stalled(after: 250)),
    sent("token-drip", .outwaited, "CWE-400", .dripping),
    sent("token-cut", .refused(5), "RFC 9112 §8", .cut(after: 250)),
    sent("token-cut-in-head", .refused(5), "RFC 9112 §8", .cut(after: 20)),
    sent("token-no-answer", .refused(5), "RFC 9112 §8", .cut(after: 0)),
    raw("token-not-http", .refused(1), "RFC 9112 §4", "SSH-2.0-OpenSSH_10.0\r\n"),
    raw(
      "token-two-lengths", .refused(1), "RFC 9112 §6.3",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n"
        + "Content-Length: 40\r\n\r\n{}"),
    raw(
      "token-length-and-chunked", .refused(1), "RFC 9112 §6.1",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 7\r\n"
        + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"),
    raw(
      "token-length-absurd", .refused(1), "RFC 9110 §8.6",
      "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"
        + "Content-Length: 99999999999999999999999999\r\n\r\n{}"),
    raw(
      "token-bad-chunk", .refused(1), "RFC 9112 §7.1",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n"),
    raw(
      "token-header-nul", .refused(1), "RFC 9110 §5.5",
      "HTTP/1.1 200 OK\r\nX-A: a\0b\r\nContent-Length: 2\r\n\r\n{}"),
    Fault(
      "token-compressed", .login, .refused(1), "CWE-409",
      .field(.tokens, "Content-Encoding", "gzip")),
  ]

  private static func strange(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(name, .login, expectation, section, .instead(.tokens, reply))
  }

  private static func described(_ name: String, _ section: String, _ text: String) -> Fault {
    strange(name, .refused(4), section, .error("invalid_request", text))
  }

  private static func sent(
    _ name: String, _ expectation: Expectation, _ section: String, _ delivery: Delivery
  ) -> Fault {
    Fault(name, .login, expectation, section, .delivery(.tokens, delivery))
  }

  private static func raw(
    _ name: String, _ expectation: Expectation, _ section: String, _ text: String
  ) -> Fault {
    sent(name, expectation, section, .raw(Array(text.utf8)))
  }
}
