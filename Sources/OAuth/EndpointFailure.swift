/// Why a request to an endpoint brought nothing, sorted by who must act.
package enum EndpointFailure: Error, Sendable, Equatable, CustomStringConvertible {
  /// The server states why (RFC 6749 §5.2).
  case refused(OAuthError)
  /// The server refuses and does not say why.
  ///
  /// glewlwyd answers a dead refresh token with an empty 400, and a public client's revocation
  /// with an empty 401.
  case refusedWithoutReason(status: Int)
  /// The server is in trouble or too busy; the wait is in seconds and bounded.
  case unavailable(status: Int, retryAfter: Int64?)
  /// The answer itself is unacceptable.
  case faulty(TokenResponseFault)

  /// What the failure means for a session.
  package enum Verdict: Sendable, Equatable {
    /// `invalid_grant`: a new sign-in is needed. Nothing else ends a session.
    case sessionOver
    /// The same request may succeed later; `after` is the wait asked for, in seconds.
    case tryAgainLater(after: Int64?)
    /// The server said no: the account or the server's registration needs a change.
    case refused
    /// The server said no without a reason; at a refresh it may mean a dead refresh token.
    case unexplained
    /// The answer breaks the specification or a limit: the server needs a change.
    case faulty
  }

  package var verdict: Verdict {
    switch self {
    case .refused(let error) where error.isTransient: .tryAgainLater(after: error.retryAfter)
    case .refused(let error): error.isInvalidGrant ? .sessionOver : .refused
    case .refusedWithoutReason: .unexplained
    case .unavailable(_, let retryAfter): .tryAgainLater(after: retryAfter)
    case .faulty: .faulty
    }
  }

  package var description: String {
    switch self {
    case .refused(let error): error.description
    case .refusedWithoutReason(let status):
      "the server refused with status \(status) and gave no reason"
    case .unavailable(let status, _):
      "the server cannot answer at the moment (status \(status))"
    case .faulty(let fault): fault.description
    }
  }
}
