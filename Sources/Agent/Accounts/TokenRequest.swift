/// Somebody who wants a token, and in which form.
struct TokenRequest {
  enum Form: Equatable {
    /// `action=token`.
    case token(wantsIDToken: Bool)
    /// `action=get`: git's credential attributes.
    case credential(asBearer: Bool, username: String?)
    /// `action=refresh`: only what has changed, no token.
    case refreshOnly
    /// `action=userinfo`: what the server says of the person, no token.
    case userInfo
    /// `action=expose`: a narrow socket that gives it, no token.
    case exposure(ExposureOrder)
  }

  let connection: UInt64
  let form: Form
  /// Seconds the token should stay valid.
  var validity: Int64
  /// Seconds the asker has named: more than ``validity`` where he is not given all he wants.
  let asked: Int64
  /// Whether a sign-in may be started for this request.
  var mayLogin: Bool
  /// What it is for; nil for the session's own token.
  var narrowing: Narrowing?
  /// The request to a resource that needs a proof beside the token, where it needs one.
  var proof: ProofTarget?

  init(
    connection: UInt64, form: Form, validity: Int64, mayLogin: Bool, narrowing: Narrowing? = nil,
    proof: ProofTarget? = nil
  ) {
    self.connection = connection
    self.form = form
    self.validity = validity
    asked = validity
    self.mayLogin = mayLogin
    self.narrowing = narrowing
    self.proof = proof
  }

  /// The same request, after a sign-in that was made for it: there is no second one.
  var withoutLogin: TokenRequest {
    var request = self
    request.mayLogin = false
    return request
  }
}
