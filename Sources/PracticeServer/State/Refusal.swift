/// An answer in the words of RFC 6749 §5.2 and §4.1.2.1: what the client did wrong.
struct Refusal: Error, Equatable {
  enum Code: String {
    case accessDenied = "access_denied"
    case authorizationPending = "authorization_pending"
    case expiredToken = "expired_token"
    case insufficientAuthentication = "insufficient_user_authentication"
    case insufficientScope = "insufficient_scope"
    case invalidClient = "invalid_client"
    case invalidClientMetadata = "invalid_client_metadata"
    case invalidProof = "invalid_dpop_proof"
    case invalidGrant = "invalid_grant"
    case invalidRedirectURI = "invalid_redirect_uri"
    case invalidRequest = "invalid_request"
    case invalidRequestURI = "invalid_request_uri"
    case invalidScope = "invalid_scope"
    case invalidTarget = "invalid_target"
    case invalidToken = "invalid_token"
    case loginRequired = "login_required"
    case requestNotSupported = "request_not_supported"
    case requestURINotSupported = "request_uri_not_supported"
    case serverError = "server_error"
    case slowDown = "slow_down"
    case temporarilyUnavailable = "temporarily_unavailable"
    case unauthorizedClient = "unauthorized_client"
    case unsupportedGrantType = "unsupported_grant_type"
    case unsupportedResponseType = "unsupported_response_type"
    case unsupportedTokenType = "unsupported_token_type"
    case useNonce = "use_dpop_nonce"
  }

  let code: Code
  /// Text of this server alone, nothing quoted from the request: RFC 6749 §5.2 keeps it to ASCII
  /// without quotes and backslashes.
  let description: String
  var status = 400
  /// The value of a `WWW-Authenticate` field.
  var challenge: String?
  /// The value of a `DPoP-Nonce` field (RFC 9449 §8).
  var nonce: String?

  init(_ code: Code, _ description: String, status: Int = 400, challenge: String? = nil) {
    self.code = code
    self.description = description
    self.status = status
    self.challenge = challenge
  }

  static func invalidRequest(_ description: String) -> Refusal {
    Refusal(.invalidRequest, description)
  }

  static func invalidGrant(_ description: String) -> Refusal {
    Refusal(.invalidGrant, description)
  }

  /// The cryptography failed, or there is no room: ours to mend, not the client's.
  static let serverError = Refusal(.serverError, "the server has failed", status: 500)

  static let full = Refusal(
    .temporarilyUnavailable, "the server holds as many grants as it can", status: 503)
}
