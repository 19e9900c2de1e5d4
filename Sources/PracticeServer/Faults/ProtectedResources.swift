import HTTP1
import OAuth

extension Fault {
  private static let metadataSection = "RFC 9728 §3.3"

  /// The way from the address of a protected resource to its authorization server.
  static let resources: [Fault] = [
    challenge("resource-no-challenge", .works, "RFC 9728 §3.1", nil),
    challenge("resource-challenge-garbled", .works, "RFC 9110 §11.6.1", "Bearer realm=\"x, =,,"),
    challenge("resource-challenge-basic", .works, "RFC 9110 §11.6.1", "Basic realm=\"x\""),
    challenge(
      "resource-challenge-javascript", .refused(1), "RFC 9728 §5.1",
      "Bearer resource_metadata=\"javascript:alert(1)\""),
    challenge(
      "resource-challenge-http", .refused(1), "RFC 9728 §7.1",
      "Bearer resource_metadata=\"http://evil.example/.well-known/oauth-protected-resource\""),
    challenge(
      "resource-challenge-userinfo", .refused(1), "RFC 3986 §7.6",
      "Bearer resource_metadata=\"https://localhost@evil.example/metadata\""),
    challenge(
      "resource-challenge-scope-quotes", .refused(1), "RFC 6750 §3",
      "Bearer scope=\"read \\\"admin\\\"\""),
    challenge(
      "resource-challenge-many", .works, "CWE-400",
      (0..<500).map { "Scheme\($0) realm=\"x\"" }.joined(separator: ", ")),
    Fault(
      "resource-200", .resource, .refused(1), "RFC 9728 §5",
      .behaviour { $0.servesResource = true },
      .reply(.resource) { reply, _ in
        if reply.response.status == 401 { reply = .text("{\"public\":true}") }
      }),
    Fault(
      "resource-302", .resource, .refused(1), "RFC 9728 §7.7",
      .behaviour { $0.servesResource = true },
      .instead(.resource, .elsewhere(302))),
    member("resource-metadata-of-another", .refused(1), metadataSection) {
      $0["resource"] = "https://other.example/resource"
    },
    member("resource-metadata-resource-missing", .refused(1), metadataSection) {
      $0["resource"] = nil
    },
    member("resource-metadata-resource-prefix", .refused(1), metadataSection) {
      $0["resource"] = .string($0.scene.settings.origin)
    },
    member("resource-servers-missing", .refused(1), "RFC 9728 §2") {
      $0["authorization_servers"] = nil
    },
    member("resource-servers-empty", .refused(1), "RFC 9728 §2") {
      $0["authorization_servers"] = []
    },
    member("resource-servers-text", .refused(1), "RFC 9728 §2") {
      $0["authorization_servers"] = .string($0.scene.settings.issuer)
    },
    member("resource-server-http", .refused(1), "RFC 9728 §7.1") {
      $0["authorization_servers"] = ["http://evil.example"]
    },
    member("resource-server-javascript", .refused(1), "RFC 9728 §2") {
      $0["authorization_servers"] = ["javascript:alert(1)"]
    },
    member("resource-server-other-issuer", .refused(1), "RFC 8414 §3.3") {
      $0["authorization_servers"] = .strings([$0.scene.settings.issuer + "/"])
    },
    instead("resource-metadata-html", .refused(1), metadataSection, .html(200)),
    instead("resource-metadata-array", .refused(1), metadataSection, .text("[]")),
    instead("resource-metadata-302", .refused(1), "RFC 9728 §7.7", .elsewhere(302)),
    instead("resource-metadata-404", .refused(1), "RFC 9728 §3.2", .html(404)),
    instead("resource-metadata-503", .refused(5), "RFC 9110 §15.6.4", .empty(503)),
    instead("resource-metadata-10-mib", .refused(1), "CWE-400", .large),
  ]

  /// Another challenge of the resource, or none.
  private static func challenge(
    _ name: String, _ expectation: Expectation, _ section: String, _ text: String?
  ) -> Fault {
    Fault(
      name, .resource, expectation, section, .behaviour { $0.servesResource = true },
      .reply(.resource) { reply, _ in
        if reply.response.status == 401 { reply.set("WWW-Authenticate", text) }
      })
  }

  private static func member(
    _ name: String, _ expectation: Expectation, _ section: String,
    _ change: @escaping @Sendable (inout JSONDraft) -> Void
  ) -> Fault {
    Fault(
      name, .resource, expectation, section, .behaviour { $0.servesResource = true },
      .json(.resourceMetadata, change))
  }

  private static func instead(
    _ name: String, _ expectation: Expectation, _ section: String, _ reply: Reply
  ) -> Fault {
    Fault(
      name, .resource, expectation, section, .behaviour { $0.servesResource = true },
      .instead(.resourceMetadata, reply))
  }
}
