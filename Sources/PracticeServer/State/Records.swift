/// What a person has allowed a client: the family all its tokens belong to (RFC 9700 §4.14.2).
struct Grant: Sendable {
  let clientID: String
  let user: String
  /// In the order they were asked for.
  let scope: [String]
  let nonce: String?
  /// Seconds since 1970.
  let authenticatedAt: Int64
}

/// An authorization code (RFC 6749 §4.1.2).
struct AuthorizationCode: Sendable {
  enum State: Sendable {
    /// To be exchanged; leaves by the first attempt.
    case fresh
    /// Seen at the token endpoint. Seen again, it ends the grant of this identifier.
    case used(grant: String?)
  }

  /// Seconds: RFC 6749 §4.1.2 recommends at most ten minutes, and an exchange takes no time.
  static let lifetime: Int64 = 60

  let grant: Grant
  let redirectURI: String
  /// The S256 challenge; `nil` where a confidential client sent none.
  let challenge: String?
  /// Seconds since 1970.
  let expiresAt: Int64
  var state = State.fresh
}

/// An access token as the server remembers it.
struct AccessToken: Sendable {
  let grantID: String
  /// At most the grant's.
  let scope: [String]
  /// Seconds since 1970.
  let issuedAt: Int64
  let expiresAt: Int64
}

/// A refresh token as the server remembers it, used ones included.
struct RefreshToken: Sendable {
  enum State: Sendable {
    case fresh
    /// A newer one has taken its place; seen again, it ends the grant.
    case used
  }

  let grantID: String
  /// Seconds since 1970.
  let issuedAt: Int64
  let expiresAt: Int64
  var state = State.fresh
}

/// An authorization request whose sign-in page is open in a browser.
struct PendingAuthorization: Sendable {
  /// Seconds a person has for the page.
  static let lifetime: Int64 = 600

  let request: CheckedAuthorizationRequest
  /// Seconds since 1970.
  let expiresAt: Int64
}
