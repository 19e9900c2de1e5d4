package import Attributes
import OAuth
import Platform

/// Why a job was not done: a failure of the wire, with what the server itself said.
package struct CourierFailure: Error, Equatable, Sendable {
  private var reason: Failure
  /// What helps; said behind the reason.
  let remedy: Remedy?
  /// The server's own error code, cleaned.
  package var oauthError: String?
  /// Seconds the server asks to wait.
  package var retryAfter: Int64?
  package var httpStatus: Int?
  /// The refresh token of an answer that was refused: the one before it is used up all the same.
  package var rotatedRefreshToken: String?
  /// What of the vault it is about.
  package var vaultFault: VaultTrouble?

  package init(_ code: FailureCode, _ description: String, hint: String? = nil) {
    self.init(code, description, remedy: nil, hint: hint)
  }

  init(_ code: FailureCode, _ description: String, remedy: Remedy?, hint: String? = nil) {
    reason = Failure(code, description, hint: hint)
    self.remedy = remedy
  }

  /// The reason and what helps, as they cross the wire.
  package var failure: Failure {
    guard let remedy else { return reason }
    return Failure(reason.code, "\(reason.description); \(remedy)", hint: reason.hint)
  }

  /// The same in other words.
  func with(reason: String) -> CourierFailure {
    var copy = self
    copy.reason = Failure(self.reason.code, reason, hint: self.reason.hint)
    return copy
  }

  /// The same where something else helps.
  func with(remedy: Remedy) -> CourierFailure {
    var copy = CourierFailure(reason.code, reason.description, remedy: remedy, hint: reason.hint)
    copy.oauthError = oauthError
    copy.retryAfter = retryAfter
    copy.httpStatus = httpStatus
    copy.rotatedRefreshToken = rotatedRefreshToken
    copy.vaultFault = vaultFault
    return copy
  }
}

extension EndpointFailure {
  /// Whether it is refused what a token is to be good for (RFC 6749 §5.2, RFC 8707 §2).
  fileprivate var isAboutTarget: Bool {
    guard case .refused(let error) = self else { return false }
    return error.code == "invalid_target" || error.code == "invalid_scope"
  }

  /// Whether what stands at the address is no endpoint (RFC 9110 §15.5.5, §15.5.6).
  fileprivate var isAboutAddress: Bool {
    self == .refusedWithoutReason(status: 404) || self == .refusedWithoutReason(status: 405)
  }
}

/// Text from outside the program as a sentence may quote it.
func shown(_ text: String, limit: Int = 200) -> String { printable(text, limit: limit) }

extension CourierFailure {
  /// What a POST was for, which decides what its failure means.
  enum Occasion {
    case exchange, refresh, revocation
    /// A refresh for less than the session has: a refusal may be of that alone.
    case narrowing
    /// RFC 8693; whatever is wrong with the subject token, the session is another matter.
    case tokenExchange
    case pushedRequest, deviceAuthorization, userInfo

    /// Whether the refresh token was in the request.
    fileprivate var usesRefreshToken: Bool { self == .refresh || self == .narrowing }

    /// What helps.
    fileprivate func remedy(of fault: EndpointFailure) -> Remedy {
      switch self {
      case .revocation: .expiry
      case .userInfo: UserInfoFault.answer(fault).remedy
      case .narrowing where fault.isAboutTarget: .narrowing
      default: fault.isAboutAddress ? .wrongAddress(endpoint) : fault.remedy
      }
    }

    /// The address that was asked, by its name in the metadata.
    private var endpoint: EndpointName {
      switch self {
      case .pushedRequest: .pushedAuthorizationRequest
      case .deviceAuthorization: .deviceAuthorization
      case .revocation: .revocation
      case .userInfo: .userinfo
      case .exchange, .refresh, .narrowing, .tokenExchange: .token
      }
    }
  }

  /// What an endpoint's answer means for the person, by who must act.
  ///
  /// - Parameter advice: what may help, each a part of a sentence; it knows more than the
  ///   remedy, whose place it takes.
  init(
    _ fault: EndpointFailure, at occasion: Occasion, host: String, login: String,
    advice: [String] = []
  ) {
    let sentence = (["\(shown(host)): \(fault)"] + advice).joined(separator: "; ")
    // What becomes of the tokens is no advice, and said in any case.
    let isSaid = advice.isEmpty || occasion == .revocation
    let remedy = isSaid ? occasion.remedy(of: fault) : nil
    switch fault.verdict {
    case .sessionOver where occasion.usesRefreshToken:
      self.init(
        .loginRequired, "the session has ended: \(fault)", hint: login)
    // glewlwyd answers a dead refresh token with 400 and no word. The session is kept, since only
    // invalid_grant ends one, but the person has to know what helps.
    case .unexplained where occasion == .refresh && fault == .refusedWithoutReason(status: 400):
      self.init(.loginRequired, sentence, hint: login)
    // A refresh asks for what the sign-in was granted, so that only another sign-in can help. The
    // session is kept here too.
    case .refused where occasion == .refresh && fault.isAboutTarget:
      self.init(
        .loginRequired,
        "\(shown(host)): \(fault); a token for less may have narrowed the session at the server",
        hint: login)
    case .sessionOver, .refused, .unexplained: self.init(.accessDenied, sentence, remedy: remedy)
    case .tryAgainLater(let after):
      self.init(.temporarilyUnavailable, sentence, remedy: remedy)
      retryAfter = after
    case .faulty: self.init(.failed, sentence, remedy: remedy)
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
      "the server refused the sign-in: \(reason)", remedy: error.remedy)
    oauthError = error.code
  }
}
