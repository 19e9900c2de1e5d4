/// What came back from an endpoint, as far as its meaning depends on it.
package struct EndpointAnswer: Sendable {
  package let status: Int
  /// The `Content-Type` field; `nil` where there is none.
  package let contentType: String?
  /// The `Retry-After` field; `nil` where there is none.
  package let retryAfter: String?
  /// The body without transfer coding.
  package let body: [UInt8]

  package init(status: Int, contentType: String?, retryAfter: String? = nil, body: [UInt8]) {
    self.status = status
    self.contentType = contentType
    self.retryAfter = retryAfter
    self.body = body
  }

  /// Whether a status says that the server, not the request, is at fault, or is only too busy.
  static func isTrouble(_ status: Int) -> Bool {
    status == 408 || status == 429 || (500...599).contains(status)
  }

  /// Why the answer is no success, from its status alone and the error it states; `nil` for 200.
  func failure(redacting secrets: [String], now: Int64) -> EndpointFailure? {
    guard status != 200 else { return nil }
    let wait = RetryAfter.parse(retryAfter, now: now)
    switch status {
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
    redacting secrets: [String], now: Int64
  ) throws(EndpointFailure) -> [String: JSONValue] {
    if let failure = failure(redacting: secrets, now: now) { throw failure }
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
    guard let contentType else { return true }
    let type = contentType.utf8.prefix { $0 != UInt8(ascii: ";") }
      .filter { $0 != UInt8(ascii: " ") && $0 != UInt8(ascii: "\t") }
    let name = String(decoding: type, as: UTF8.self).lowercased()
    return name == "application/json" || (name.hasPrefix("application/") && name.hasSuffix("+json"))
  }
}
