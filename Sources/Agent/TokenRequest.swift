/// Somebody who wants a token, and in which form.
struct TokenRequest {
  enum Form: Equatable {
    /// `action=token`.
    case token(wantsIDToken: Bool)
    /// `action=get`: git's credential attributes.
    case credential(asBearer: Bool, username: String?)
    /// `action=refresh`: only what has changed, no token.
    case refreshOnly
  }

  let connection: UInt64
  let form: Form
  /// Seconds the token should stay valid.
  let validity: Int64
  /// Whether a sign-in may be started for this request.
  let mayLogin: Bool
}
