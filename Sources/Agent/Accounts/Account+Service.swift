import Attributes
import Platform

/// What an account does for somebody who wants a token, decided from its state alone.
extension Account {
  /// What to do for somebody who wants a token.
  enum Service {
    /// Hand out this access token.
    case serve(AccessToken)
    /// Wait for a use of the refresh token; `start` when it is not in use yet.
    case awaitRefresh(start: Bool)
    /// Wait for an exchange of the session's token; `start` when there is none yet.
    case awaitExchange(Narrowing, start: Bool)
    /// Nothing can be had without a person.
    case signIn(reason: String)
    /// It cannot be had now, or not of this session.
    case refuse(Failure)
  }

  func service(for request: TokenRequest, at now: BootInstant) -> Service {
    if departure != nil { return .refuse(leaving) }
    guard let session else { return .signIn(reason: "nobody is signed in to \(name)") }
    // What is not safe yet is nobody's, and what it has replaced may be worth nothing any more.
    if case .saving = refresh { return .awaitRefresh(start: false) }
    if let narrowing = session.narrowing(of: request) {
      return service(of: narrowing, session, validity: request.validity, at: now)
    }
    if let token = session.token, token.satisfies(validity: request.validity, at: now) {
      return .serve(token)
    }
    guard session.refreshToken != nil else {
      return .signIn(
        reason: "the access token of \(name) has expired and the server gave no refresh token")
    }
    return useOfRefreshToken(at: now) ?? .serveIfUsable(session.token, at: now) ?? impatient(now)
  }

  /// What askers are told between the beginning of a logout and its end.
  var leaving: Failure {
    Failure(.temporarilyUnavailable, "\(name) is being signed out: ask again once it has ended")
  }

  private func service(
    of narrowing: Narrowing, _ session: Session, validity: Int64, at now: BootInstant
  ) -> Service {
    let kept = session.narrowed.take(narrowing)
    if let kept, kept.satisfies(validity: validity, at: now) { return .serve(kept) }
    if narrowing.isExchange {
      return exchange(narrowing, session, kept: kept, at: now)
    }
    guard session.refreshToken != nil else {
      return .refuse(
        Failure(
          .loginRequired,
          "a token of \(name) with another scope or resource cannot be had:"
            + " the server gave no refresh token to ask for it with",
          hint: "sallyport login \(name)"))
    }
    return useOfRefreshToken(at: now) ?? .serveIfUsable(kept, at: now) ?? impatient(now)
  }

  private func exchange(
    _ narrowing: Narrowing, _ session: Session, kept: AccessToken?, at now: BootInstant
  ) -> Service {
    if exchanges[narrowing] != nil { return .awaitExchange(narrowing, start: false) }
    // The token that is handed to the server has to last as long as anybody may expect of one.
    if session.satisfies(validity: RefreshPolicy.defaultValidity, at: now) {
      return .awaitExchange(narrowing, start: true)
    }
    if session.refreshToken != nil, let use = useOfRefreshToken(at: now) { return use }
    if session.isUsable(at: now) { return .awaitExchange(narrowing, start: true) }
    guard session.refreshToken != nil else {
      return .signIn(
        reason: "the access token of \(name) has expired and the server gave no refresh token")
    }
    return .serveIfUsable(kept, at: now) ?? impatient(now)
  }

  /// How to come by a use of the refresh token; nil while the server wants to be left alone.
  private func useOfRefreshToken(at now: BootInstant) -> Service? {
    switch refresh {
    case .running, .saving: .awaitRefresh(start: false)
    case .idle: .awaitRefresh(start: true)
    case .postponed(let until): until > now ? nil : .awaitRefresh(start: true)
    }
  }

  private func impatient(_ now: BootInstant) -> Service {
    var seconds: Int64 = 1
    if case .postponed(let until) = refresh { seconds += until.seconds(since: now) }
    return .refuse(
      Failure(
        .temporarilyUnavailable,
        "cannot refresh \(name): the server asked for \(seconds) more seconds of patience"))
  }
}

extension Account.Service {
  fileprivate static func serveIfUsable(_ token: AccessToken?, at now: BootInstant) -> Self? {
    guard let token, token.isUsable(at: now) else { return nil }
    return .serve(token)
  }
}
