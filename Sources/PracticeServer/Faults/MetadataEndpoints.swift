import OAuth

extension Fault {
  /// Metadata with addresses that must not be used.
  static let metadataEndpoints: [Fault] = [
    address("http-token-endpoint", "token_endpoint", "http://auth.example/token", "RFC 6749 §3.2"),
    address(
      "http-authorization-endpoint", "authorization_endpoint", "http://auth.example/authorize",
      "RFC 6749 §3.1"),
    address("http-jwks-uri", "jwks_uri", "http://auth.example/jwks", "OpenID Connect Discovery 3"),
    address(
      "http-userinfo-endpoint", "userinfo_endpoint", "http://auth.example/userinfo",
      "OpenID Connect Discovery 3"),
    address(
      "http-end-session-endpoint", "end_session_endpoint", "http://auth.example/logout",
      "OpenID Connect RP-Initiated Logout 2.1"),
    address(
      "http-device-endpoint", "device_authorization_endpoint", "http://auth.example/device",
      "RFC 8628 §3.1"),
    Fault(
      "http-mtls-alias", .login, .refused(1), "RFC 8705 §5",
      .json(.metadata) {
        $0["mtls_endpoint_aliases"] = ["token_endpoint": "http://auth.example/token"]
      }),
    Fault(
      "mtls-aliases-wrong-type", .login, .refused(1), "RFC 8705 §5",
      .json(.metadata) { $0["mtls_endpoint_aliases"] = ["https://auth.example/token"] }),
    // On this machine http is no risk, but a server that has https does not go back to it.
    Fault(
      "http-token-endpoint-beside-https", .loginTLS, .refused(1), "RFC 9700 §2.6",
      .json(.metadata) { $0["token_endpoint"] = "http://localhost:1/token" }),
    Fault(
      "http-authorization-endpoint-beside-https", .loginTLS, .refused(1), "RFC 9700 §2.6",
      .json(.metadata) { $0["authorization_endpoint"] = "http://127.0.0.1:1/authorize" }),
    appended("endpoint-fragment", "authorization_endpoint", "#x", "RFC 6749 §3.1"),
    appended("token-endpoint-fragment", "token_endpoint", "#x", "RFC 6749 §3.2"),
    address(
      "endpoint-userinfo", "authorization_endpoint",
      "https://accounts.example@evil.example/authorize", "RFC 3986 §7.6"),
    appended("endpoint-newline", "authorization_endpoint", "\nx", "CWE-150"),
    appended("endpoint-escape", "authorization_endpoint", "\u{1B}[2J", "CWE-150"),
    appended("endpoint-space", "authorization_endpoint", " --incognito", "RFC 3986 §2"),
    appended("endpoint-shell", "authorization_endpoint", "?a=`id`\"$(id)\"", "CVE-2025-6514"),
    address(
      "endpoint-option", "authorization_endpoint", "--renderer-cmd-prefix=id", "CVE-2026-4519"),
    address(
      "endpoint-javascript", "authorization_endpoint", "javascript:alert(1)", "RFC 8414 §2"),
    address("endpoint-file", "authorization_endpoint", "file:///etc/passwd", "RFC 8414 §2"),
    address(
      "endpoint-custom-scheme", "authorization_endpoint", "ms-msdt:/id", "CVE-2025-6514"),
    address("endpoint-relative", "authorization_endpoint", "/authorize", "RFC 8414 §2"),
    address("endpoint-empty", "authorization_endpoint", "", "RFC 8414 §2"),
    address(
      "endpoint-bad-port", "token_endpoint", "https://auth.example:99999/t", "RFC 3986 §3.2.3"),
    Fault(
      "endpoint-not-text", .login, .refused(1), "RFC 8414 §2",
      .json(.metadata) { $0["token_endpoint"] = ["https://auth.example/token"] }),
    Fault(
      "endpoint-long", .login, .refused(1), "CWE-400",
      .json(.metadata) {
        $0["authorization_endpoint"] = .string(
          "https://auth.example/" + String(repeating: "a", count: 100_000))
      }),
    Fault(
      "token-endpoint-missing", .login, .refused(1), "RFC 8414 §2",
      .json(.metadata) { $0["token_endpoint"] = nil }),
    Fault(
      "authorization-endpoint-missing", .login, .refused(1), "RFC 8414 §2",
      .json(.metadata) { $0["authorization_endpoint"] = nil }),
    Fault(
      "jwks-uri-missing", .login, .refused(1), "OpenID Connect Discovery 3",
      .json(.metadata) { $0["jwks_uri"] = nil }),
    Fault(
      "authorization-endpoint-with-query", .login, .works, "RFC 6749 §3.1",
      .json(.metadata) {
        $0["authorization_endpoint"] = .string(
          ($0["authorization_endpoint"]?.stringValue ?? "") + "?tenant=a%20b")
      }),
  ]

  private static func address(
    _ name: String, _ member: String, _ text: String, _ section: String
  ) -> Fault {
    Fault(name, .login, .refused(1), section, .json(.metadata) { $0[member] = .string(text) })
  }

  private static func appended(
    _ name: String, _ member: String, _ text: String, _ section: String
  ) -> Fault {
    Fault(
      name, .login, .refused(1), section,
      .json(.metadata) { $0[member] = .string(($0[member]?.stringValue ?? "") + text) })
  }
}
