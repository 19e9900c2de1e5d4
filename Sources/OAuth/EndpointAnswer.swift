/// What came back from an endpoint, as far as its meaning depends on it.
package struct EndpointAnswer: Sendable {
  package let status: Int
  /// The `Content-Type` field; `nil` where there is none.
  package let contentType: String?
  /// The `Retry-After` field; `nil` where there is none.
  package let retryAfter: String?
  /// The body without transfer coding.
  package let body: [UInt8]
  /// The `DPoP-Nonce` field (RFC 9449 §8); `nil` where there is none or more than one.
  package let proofNonce: String?
  /// The `Date` field, for `ClockSkew`; `nil` where there is none.
  package let date: String?
  /// Every `WWW-Authenticate` field, in order.
  package let challenges: [String]

  package init(
    status: Int, contentType: String?, retryAfter: String? = nil, body: [UInt8],
    proofNonce: String? = nil, date: String? = nil, challenges: [String] = []
  ) {
    self.status = status
    self.contentType = contentType
    self.retryAfter = retryAfter
    self.body = body
    self.proofNonce = proofNonce
    self.date = date
    self.challenges = challenges
  }

  /// Whether a status says that the server, not the request, is at fault, or is only too busy.
  static func isTrouble(_ status: Int) -> Bool {
    status == 408 || status == 429 || (500...599).contains(status)
  }

  /// Why the answer is no success, from its status alone and the error it states; `nil` for one.
  ///
  /// - Parameter successes: 200, and 201 where something is made by the request.
  func failure(
    redacting secrets: [String], now: Int64, successes: ClosedRange<Int> = 200...200
  ) -> EndpointFailure? {
    guard !successes.contains(status) else { return nil }
    let wait = RetryAfter.parse(retryAfter, now: now)
    switch status {
    // Not Modified leads nowhere; nothing here asks in a way that it could answer.
    case 304: return .faulty(.unexpectedStatus(status))
    case 300...399: return .faulty(.redirect(status: status))
    case 400...599:
      let members = try? JSONValue.object(parsing: body)
      if let error = statedError(in: members ?? [:], redacting: secrets, wait: wait) {
        return .refused(error)
      }
      return Self.isTrouble(status)
        ? .unavailable(status: status, retryAfter: wait) : .refusedWithoutReason(status: status)
    default: return .faulty(.unexpectedStatus(status))
    }
  }

  /// The object of a successful answer.
  ///
  /// An `error` in it makes it a failure all the same: GitHub and Slack send theirs with 200.
  func members(
    redacting secrets: [String], now: Int64, successes: ClosedRange<Int> = 200...200
  ) throws(EndpointFailure) -> [String: JSONValue] {
    if let failure = failure(redacting: secrets, now: now, successes: successes) { throw failure }
    guard isJSON else { throw .faulty(.notJSON(contentType: PrintableText(contentType ?? ""))) }
    let members: [String: JSONValue]
    do { members = try JSONValue.object(parsing: body) } catch { throw .faulty(.json(error)) }
    let wait = RetryAfter.parse(retryAfter, now: now)
    if let error = statedError(in: members, redacting: secrets, wait: wait) {
      throw .refused(error)
    }
    guard members["error"] ?? .null == .null, members["ok"] != .bool(false) else {
      throw .refusedWithoutReason(status: status)
    }
    return members
  }

  private func statedError(
    in members: [String: JSONValue], redacting secrets: [String], wait: Int64?
  ) -> OAuthError? {
    guard let code = members["error"]?.stringValue else { return nil }
    let error = OAuthError(
      code: code, description: members["error_description"]?.stringValue,
      uri: members["error_uri"]?.stringValue, status: status, retryAfter: wait,
      redacting: secrets)
    return error.code.isEmpty ? nil : error
  }

  /// Whether the body is declared to be JSON, or not declared at all.
  private var isJSON: Bool {
    guard let name = mediaType else { return true }
    return name == "application/json" || (name.hasPrefix("application/") && name.hasSuffix("+json"))
  }

  /// The type of the body in lower case, without its parameters; `nil` where it is not declared.
  package var mediaType: String? { contentType.map(Self.mediaType) }

  /// A `Content-Type` in lower case and without its parameters (RFC 9110 §8.3.1).
  static func mediaType(_ field: String) -> String {
    let type = field.utf8.prefix { $0 != UInt8(ascii: ";") }
      .filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    return String(decoding: type, as: UTF8.self).lowercased()
  }
}
