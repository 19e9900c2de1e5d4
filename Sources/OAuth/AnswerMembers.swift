/// The members of an answer's JSON object, read by the rules all endpoints share.
struct AnswerMembers {
  private let members: [String: JSONValue]

  init(_ members: [String: JSONValue]) { self.members = members }

  /// The value as it is; an absent one is null, which means the same.
  subscript(_ name: String) -> JSONValue { members[name] ?? .null }

  /// A text; `nil` when absent, null or empty.
  func text(_ name: String) throws(TokenResponseFault) -> String? {
    guard self[name] != .null else { return nil }
    guard let text = self[name].stringValue else { throw .wrongType(name) }
    return text.isEmpty ? nil : text
  }

  /// A text of `VSCHAR` and of bounded length (RFC 6749 appendix A); `nil` when absent, null or
  /// empty.
  func token(_ name: String) throws(TokenResponseFault) -> String? {
    guard let token = try text(name) else { return nil }
    guard token.utf8.count <= TokenResponse.maximumLength else { throw .tooLong(name) }
    guard Grammar.isVSCHAR(token) else { throw .badCharacters(name) }
    return token
  }

  func requiredToken(_ name: String) throws(TokenResponseFault) -> String {
    guard let token = try token(name) else { throw .missing(name) }
    return token
  }

  /// An address that may be called or shown; `nil` when absent, null or empty.
  func endpoint(_ name: String) throws(TokenResponseFault) -> Endpoint? {
    guard let text = try text(name) else { return nil }
    do { return try Endpoint(text) } catch { throw .badAddress(name, error) }
  }

  /// A number of seconds, brought into the range; `nil` when absent or null.
  ///
  /// A number below the range is brought into it as one above is, but a negative one is refused.
  func seconds(
    _ name: String, in range: ClosedRange<Int64>
  ) throws(TokenResponseFault) -> Int64? {
    guard self[name] != .null else { return nil }
    guard let seconds = Lifetime.wholeSeconds(self[name]) else { throw .badSeconds(name) }
    return min(max(seconds, range.lowerBound), range.upperBound)
  }

  /// A list of nothing but texts; `nil` when absent or null.
  func strings(_ name: String) throws(TokenResponseFault) -> [String]? {
    guard self[name] != .null else { return nil }
    guard let strings = self[name].stringsValue else { throw .wrongType(name) }
    return strings
  }
}
