/// How the server behaves where a server may choose, and what a test wants of it.
struct Behaviour: Sendable, Equatable {
  enum AccessTokenForm: Sendable, Equatable {
    /// Random text that means something to this server alone.
    case opaque
    /// A signed token after RFC 9068.
    case jwt
  }

  enum RefreshTokens: Sendable, Equatable {
    /// Each use gives a new one, and a second use of an old one ends the grant (RFC 9700 §4.14.2).
    case rotated
    /// One for the life of the grant.
    case kept
    /// None.
    case none
  }

  /// Whether a token response says how long its access token lives (RFC 6749 §5.1).
  enum ExpiryNotice: Sendable, Equatable {
    case given
    case omitted
  }

  /// Who answers at the authorization endpoint.
  enum Approval: Sendable, Equatable {
    /// A person, on the sign-in page.
    case asked
    /// Nobody: every request is allowed at once, as this user.
    case automatic(user: String)
  }

  /// When a device is allowed where nobody is asked.
  enum DeviceApproval: Sendable, Equatable {
    case atOnce
    /// Its first poll still comes too early.
    case afterFirstPoll
  }

  /// Whether an authorization request may come by the browser alone (RFC 9126 §5).
  enum PushedRequests: Sendable, Equatable {
    case offered
    case demanded
  }

  /// Whether proofs of possession need a nonce of this server at the token endpoint
  /// (RFC 9449 §8).
  enum ProofNonces: Sendable, Equatable {
    case unused
    case demanded
  }

  /// What the userinfo endpoint answers with (OpenID Connect Core 1.0 §5.3.2).
  enum UserInfoForm: Sendable, Equatable {
    case plain
    case signed
  }

  /// Seconds.
  var accessTokenLifetime: Int64 = 300
  /// Seconds; thirty days, counted anew for each rotated token.
  var refreshTokenLifetime: Int64 = 30 * 24 * 3600
  var accessTokenForm = AccessTokenForm.opaque
  var refreshTokens = RefreshTokens.rotated
  var expiryNotice = ExpiryNotice.given
  var approval = Approval.asked
  /// Whether the protected resource is served beside the endpoints.
  var servesResource = false
  /// Seconds a device has to wait between polls; RFC 8628 §3.2 takes 5 where nothing is said.
  var deviceInterval: Int64 = 5
  /// Seconds a user code is good for.
  var deviceLifetime: Int64 = 600
  var deviceApproval = DeviceApproval.atOnce
  var pushedRequests = PushedRequests.offered
  var proofNonces = ProofNonces.unused
  var userInfoForm = UserInfoForm.plain
}
