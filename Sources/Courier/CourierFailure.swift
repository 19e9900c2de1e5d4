package import Attributes
import OAuth
import Platform

/// Why a job was not done: a failure of the wire, with what the server itself said.
package struct CourierFailure: Error, Equatable, Sendable {
  package let failure: Failure
  /// The server's own error code, cleaned.
  package var oauthError: String?
  /// Seconds the server asks to wait.
  package var retryAfter: Int64?
  package var httpStatus: Int?
  /// The refresh token of an answer that was refused: the one before it is used up all the same.
  package var rotatedRefreshToken: String?

  package init(_ code: FailureCode, _ description: String, hint: String? = nil) {
    failure = Failure(code, description, hint: hint)
  }
}

/// Text from outside the program as a sentence may quote it.
func shown(_ text: String, limit: Int = 200) -> String { printable(text, limit: limit) }

extension CourierFailure {
  /// What a POST was for, which decides what its failure means.
  enum Occasion {
    case exchange, refresh, revocation
  }

  /// What an endpoint's answer means for the person, by who must act.
  init(_ fault: EndpointFailure, at occasion: Occasion, host: String, login: String) {
    let sentence = "\(host): \(fault)"
    switch fault.verdict {
    case .sessionOver where occasion == .refresh:
      self.init(
        .loginRequired, "the session has ended: \(fault)", hint: login)
    // glewlwyd answers a dead refresh token with 400 and no word. The session is kept, since only
    // invalid_grant ends one, but the person has to know what helps.
    case .unexplained where occasion == .refresh && fault == .refusedWithoutReason(status: 400):
      self.init(.loginRequired, sentence, hint: login)
    case .sessionOver, .refused, .unexplained: self.init(.accessDenied, sentence)
    case .tryAgainLater(let after):
      self.init(.temporarilyUnavailable, sentence)
      retryAfter = after
    case .faulty: self.init(.failed, sentence)
    }
    switch fault {
    case .refused(let error):
      oauthError = error.code
      httpStatus = error.status
    case .refusedWithoutReason(let status), .unavailable(let status, _): httpStatus = status
    case .faulty(.redirect(let status)), .faulty(.unexpectedStatus(let status)):
      httpStatus = status
    case .faulty: break
    }
  }

  /// What the authorization endpoint refused (RFC 6749 §4.1.2.1).
  init(authorizationError error: OAuthError) {
    let reason = error.errorDescription.map { "\($0) (\(error.code))" } ?? error.code
    self.init(
      error.isTransient ? .temporarilyUnavailable : .accessDenied,
      "the server refused the sign-in: \(reason)")
    oauthError = error.code
  }
}
