import OAuth

/// What a person has allowed a client: the family all its tokens belong to (RFC 9700 §4.14.2).
struct Grant: Sendable {
  let clientID: String
  let user: String
  /// In the order they were asked for.
  let scope: [String]
  let nonce: String?
  /// Seconds since 1970.
  let authenticatedAt: Int64
  /// Where its tokens may be used (RFC 8707 §2); empty says nothing about it.
  var resources: [String] = []
  /// How the person was authenticated (OpenID Connect Core 1.0 §2), where the client asked.
  var contextClass: String?
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
  /// The thumbprint of the key whose proof must come with it (`dpop_jkt`, RFC 9449 §10).
  var keyThumbprint: String?
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
  /// Where it may be used; empty says nothing about it.
  var audience: [String] = []
  /// The thumbprint of the key it is bound to (RFC 9449 §6); `nil` for a bearer token.
  var keyThumbprint: String?
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
  /// The key a public client's token is bound to (RFC 9449 §5).
  var keyThumbprint: String?
  var state = State.fresh
}

/// A sign-in page that is open in a browser.
struct PendingAuthorization: Sendable {
  /// What the person's answer is for.
  enum Purpose: Sendable {
    /// An authorization request; the browser is sent back with the answer.
    case request(CheckedAuthorizationRequest)
    /// The device that waits with this device code (RFC 8628 §3.3).
    case device(code: String)
  }

  /// Seconds a person has for the page.
  static let lifetime: Int64 = 600

  let purpose: Purpose
  /// Seconds since 1970.
  let expiresAt: Int64
}

/// An authorization request that a client has pushed (RFC 9126 §2.2).
struct PushedRequest: Sendable {
  /// Seconds: RFC 9126 §2.2 recommends 5 to 600, and a browser is opened at once.
  static let lifetime: Int64 = 60

  let request: CheckedAuthorizationRequest
  /// Seconds since 1970.
  let expiresAt: Int64
}

/// A device that waits for a person (RFC 8628 §3.2).
struct DeviceAuthorization: Sendable {
  enum State: Sendable {
    /// Nobody has answered yet.
    case pending
    case approved(user: String, scope: [String])
    case denied
  }

  let clientID: String
  let userCode: String
  let scope: [String]
  let resources: [String]
  /// Seconds since 1970.
  let expiresAt: Int64
  /// Seconds between polls; grows with each `slow_down` (§3.5).
  var interval: Int64
  /// Seconds since 1970.
  var lastPoll: Int64?
  var state = State.pending
}

/// A client that has registered itself (RFC 7591 §3.2.1).
struct Registration: Sendable {
  let client: RegisteredClient
  /// What opens its own entry and nothing else (RFC 7592 §2).
  let accessToken: String
  /// What is told about the client, its secret and this entry's address included.
  let document: [String: JSONValue]
}
