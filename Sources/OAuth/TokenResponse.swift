/// How long an access token is valid.
package enum Lifetime: Sendable, Hashable {
  /// The longest lifetime kept, in seconds: ten years, so that no sum with it can overflow.
  package static let maximum: Int64 = 10 * 365 * 86400

  /// Seconds from the moment of the answer.
  case seconds(Int64)
  /// The server does not say (GitHub's tokens, for one, do not expire).
  case unknown

  /// Reads `expires_in`: a number of seconds, floored and clamped.
  ///
  /// PayPal-like servers send it as a string.
  init(_ value: JSONValue) throws(TokenResponseFault) {
    let seconds: Double? =
      switch value {
      case .null: nil
      case .number(let number): number.double
      case .string(let text): try Self.decimal(text)
      default: throw .badLifetime
      }
    guard let seconds else {
      self = .unknown
      return
    }
    guard seconds >= 0,
      let whole = Int64(exactly: min(seconds, Double(Self.maximum)).rounded(.down))
    else { throw .badLifetime }
    self = .seconds(whole)
  }

  private static func decimal(_ text: String) throws(TokenResponseFault) -> Double {
    guard text.utf8.first.map(Grammar.isDigit) == true,
      text.utf8.allSatisfy({ Grammar.isDigit($0) || $0 == UInt8(ascii: ".") }),
      let value = Double(text)
    else { throw .badLifetime }
    return value
  }
}

/// A successful answer of the token endpoint (RFC 6749 §5.1), every part of it checked.
///
/// Whoever holds one may put its texts into a header field, a line protocol or a terminal.
package struct TokenResponse: Sendable, Redacted {
  /// The longest token kept, in bytes: a line of git's credential protocol holds 65,535.
  package static let maximumLength = 65_000

  /// Visible ASCII without space (RFC 6750 §2.1).
  package let accessToken: String
  package let expiresIn: Lifetime
  /// The scope that was granted, where the server says it; GitHub puts commas between.
  package let scope: String?
  /// The refresh token to use from now on; `nil` means that the former one stays (RFC 6749 §6).
  package let refreshToken: String?
  /// An ID token not yet checked.
  package let idToken: String?

  /// The value of `token_type` for what is kept here; nothing else is accepted.
  package static let tokenType = "Bearer"

  /// Checks the answer to a request.
  ///
  /// - Parameter now: seconds since 1970, to read a `Retry-After` date.
  /// - Throws: the server's error, or why the answer is refused.
  package init(
    validating answer: EndpointAnswer, to request: TokenRequest, now: Int64
  ) throws(EndpointFailure) {
    let members = try answer.members(redacting: request.post.secrets, now: now)
    do { try self.init(members) } catch { throw .faulty(error) }
  }

  private init(_ members: [String: JSONValue]) throws(TokenResponseFault) {
    let type = try Self.text("token_type", in: members)
    // A type must be understood to be used (RFC 6749 §7.1); its case does not matter (§5.1).
    guard let type else { throw .missing("token_type") }
    guard type.lowercased().isIdentical(to: "bearer") else {
      throw .unknownTokenType(PrintableText(type))
    }
    guard let accessToken = try Self.token("access_token", in: members) else {
      throw .missing("access_token")
    }
    guard Grammar.isVisible(accessToken) else { throw .badCharacters("access_token") }
    self.accessToken = accessToken
    expiresIn = try Lifetime(members["expires_in"] ?? .null)
    scope = try Self.scope(in: members)
    refreshToken = try Self.token("refresh_token", in: members)
    idToken = try Self.token("id_token", in: members)
  }

  /// The ID token that `openid` asks for (OpenID Connect Core 1.0 §3.1.3.3).
  package func requireIDToken() throws(TokenResponseFault) -> String {
    guard let idToken else { throw .missing("id_token") }
    return idToken
  }

  /// A text; `nil` when absent, null or empty.
  private static func text(
    _ name: String, in members: [String: JSONValue]
  ) throws(TokenResponseFault) -> String? {
    guard let value = members[name], value != .null else { return nil }
    guard let text = value.stringValue else { throw .wrongType(name) }
    return text.isEmpty ? nil : text
  }

  /// A text of `VSCHAR` and of bounded length; `nil` when absent, null or empty.
  private static func token(
    _ name: String, in members: [String: JSONValue]
  ) throws(TokenResponseFault) -> String? {
    guard let token = try text(name, in: members) else { return nil }
    guard token.utf8.count <= maximumLength else { throw .tooLong(name) }
    guard Grammar.isVSCHAR(token) else { throw .badCharacters(name) }
    return token
  }

  private static func scope(in members: [String: JSONValue]) throws(TokenResponseFault) -> String? {
    // Twitch sends an array.
    guard let tokens = members["scope"]?.stringsValue else {
      return try token("scope", in: members)
    }
    return try token("scope", in: ["scope": .string(tokens.joined(separator: " "))])
  }
}
