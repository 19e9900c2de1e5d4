/// An error the server itself states (RFC 6749 §4.1.2.1 and §5.2), with its text made printable.
package struct OAuthError: Error, Sendable, Equatable, CustomStringConvertible {
  /// The server's error code, such as `invalid_grant`; not always one of the registered ones.
  package let code: String
  package let errorDescription: PrintableText?
  /// A page about the error, kept only where it is an address that may be shown and opened.
  package let errorURI: String?
  /// The HTTP status it came with; `nil` in an authorization response.
  package let status: Int?
  /// The wait the server asks for, in seconds, at most `RetryAfter.maximum`.
  package let retryAfter: Int64?

  /// Cleans what the server sent; `secrets` are taken out of it.
  package init(
    code: String, description: String? = nil, uri: String? = nil, status: Int? = nil,
    retryAfter: Int64? = nil, redacting secrets: [String] = []
  ) {
    self.code = PrintableText(code, redacting: secrets).text
    let cleaned = description.map { PrintableText($0, redacting: secrets) }
    errorDescription = cleaned?.text.isEmpty == true ? nil : cleaned
    let address = uri.flatMap { try? Endpoint(PrintableText($0, redacting: secrets).text) }
    errorURI = address?.text
    self.status = status
    self.retryAfter = retryAfter
  }

  /// Whether the grant is spent, revoked or expired: only a new sign-in helps (RFC 6749 §5.2).
  ///
  /// With a 5xx status it is taken for the trouble the status speaks of: a session must not end
  /// because a gateway failed.
  package var isInvalidGrant: Bool { code == "invalid_grant" && !isServerTrouble }

  /// Whether the same request may succeed later.
  package var isTransient: Bool {
    isServerTrouble || ["temporarily_unavailable", "server_error"].contains(code)
  }

  private var isServerTrouble: Bool { status.map(EndpointAnswer.isTrouble) ?? false }

  package var description: String {
    guard let errorDescription else { return "the server answered \(code)" }
    return "the server answered \(code): \(errorDescription)"
  }
}
