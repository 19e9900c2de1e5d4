import Attributes
import Configuration
import Platform
import Secrets

/// Handing out access tokens: what is there, what has to be waited for, and for whom.
extension AgentServer {
  func token(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    do throws(Failure) {
      let wanted = request.strings("want").contains("id_token")
      let asker = TokenRequest(
        connection: connection.id, form: .token(wantsIDToken: wanted),
        validity: max(0, request.integer("min_valid") ?? RefreshPolicy.defaultValidity),
        mayLogin: request.flag("login"), narrowing: try Narrowing.read(request),
        proof: try ProofTarget.read(request))
      admit(connection, to: account, for: .token, mayLogin: asker.mayLogin, now: now) {
        self.serve(asker, from: $0, to: $1, now: $2)
      }
    } catch {
      answer(connection, error)
    }
  }

  func refresh(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    if account.departure != nil { return answer(connection, account.leaving) }
    if let misfit = misfit(of: account) { return answer(connection, misfit) }
    let asker = TokenRequest(
      connection: connection.id, form: .refreshOnly, validity: 0, mayLogin: false)
    refresh(asker, account, of: connection, now: now)
  }

  private func refresh(
    _ asker: TokenRequest, _ account: Account, of connection: Connection, now: BootInstant
  ) {
    endIfOver(account, now: now)
    guard let session = account.session else {
      return answer(connection, loginRequired(account, "nobody is signed in to \(account.name)"))
    }
    guard session.refreshToken != nil else {
      let reason = "the server gave no refresh token for \(account.name)"
      return answer(connection, loginRequired(account, reason))
    }
    wait(asker, for: account, of: connection)
    if !account.isRefreshing { startRefresh(of: account, .session, now: now) }
  }

  /// Answers `request` now, or has it wait for a courier or a sign-in.
  func serve(
    _ request: TokenRequest, from account: Account, to connection: Connection, now: BootInstant
  ) {
    // Whoever has come through a narrow socket is told with the end of that.
    if connection.exposure != nil, isOver(account, now: now) { hold(connection, for: account) }
    endIfOver(account, now: now)
    guard connections[connection.id] != nil else { return }
    if let misfit = misfit(of: account), account.departure == nil {
      return signInOrRefuse(request, account, connection, misfit, now: now)
    }
    switch account.service(for: request, at: now) {
    case .serve(let token):
      guard let session = account.session else { return }
      hand(token, session, of: account, to: connection, request, now: now)
      if account.wantsRefreshAhead(at: now) { startRefresh(of: account, .session, now: now) }
    case .awaitRefresh(let start):
      wait(request, for: account, of: connection)
      if start { startRefresh(of: account, account.grantUse(for: request), now: now) }
    case .awaitExchange(let narrowing, let start):
      awaitExchange(narrowing, request, account, connection, start: start, now: now)
    case .refuse(let failure): answer(connection, failure)
    case .signIn(let reason):
      signInOrRefuse(request, account, connection, loginRequired(account, reason), now: now)
    }
  }

  /// Serves somebody who has waited for another's turn, or for another session.
  func serveAgain(_ request: TokenRequest, from account: Account, now: BootInstant) {
    guard let connection = connections[request.connection] else { return }
    guard request.form == .refreshOnly, account.departure == nil else {
      return serve(request, from: account, to: connection, now: now)
    }
    refresh(request, account, of: connection, now: now)
  }

  private func signInOrRefuse(
    _ request: TokenRequest, _ account: Account, _ connection: Connection, _ refusal: Failure,
    now: BootInstant
  ) {
    guard request.mayLogin else { return answer(connection, refusal) }
    // A sign-in whose token git could not use would cost a person his time for nothing.
    if case .credential = request.form, bindsTokens(account) {
      return answer(connection, unprovable(account))
    }
    join(.token(request), account, of: connection, now: now)
  }

  private func bindsTokens(_ account: Account) -> Bool {
    let value = configuration.account(account.name.text)?["dpop_bound_access_tokens"]
    return value == "yes" || value == "true"
  }

  func loginRequired(_ account: Account, _ reason: String) -> Failure {
    // The reason a session has ended says more than that there is none.
    if account.session == nil, let error = account.lastError, error.code == .loginRequired {
      return error
    }
    // A file that cannot be used may hold one: nobody is to sign in because of that.
    if account.session == nil, case .faulty(let fault) = vault.phase {
      return Failure(.locked, fault.description, hint: fault.hint)
    }
    return Failure(.loginRequired, reason, hint: "sallyport login \(account.name)")
  }

  private func wait(_ request: TokenRequest, for account: Account, of connection: Connection) {
    account.wait(request)
    hold(connection, for: account)
  }

  // MARK: After a courier

  /// Answers somebody for whom a courier has just worked, with what there is now.
  ///
  /// - Parameter failure: why the courier has brought nothing.
  func answerAfterCourier(
    _ request: TokenRequest, _ account: Account, failure: Failure?, now: BootInstant
  ) {
    guard let connection = connections[request.connection] else { return }
    guard let session = account.session else {
      // A logout that waits for this courier is not followed by a sign-in.
      if request.mayLogin, account.departure == nil {
        return join(.token(request), account, of: connection, now: now)
      }
      return answer(
        connection, failure ?? loginRequired(account, "nobody is signed in to \(account.name)"))
    }
    guard let failure else {
      return proceed(request, session, of: account, to: connection, now: now)
    }
    // A token that is still valid is served while the server cannot be reached.
    guard request.form != .refreshOnly, canProceed(request, session, now: now) else {
      return answer(connection, failure)
    }
    let warning = "could not refresh \(account.name): \(failure.description)"
    proceed(request, session, of: account, to: connection, warning: warning, now: now)
  }

  /// Goes on with what is there: nothing is refreshed any more for this request.
  ///
  /// - Parameter warning: why it is not the newest.
  func proceed(
    _ request: TokenRequest, _ session: Session, of account: Account, to connection: Connection,
    warning: String? = nil, now: BootInstant
  ) {
    guard let narrowing = session.narrowing(of: request) else {
      return hand(
        session.token, session, of: account, to: connection, request, warning: warning, now: now)
    }
    let kept = session.narrowed.take(narrowing)
    // The token to be exchanged has just been refreshed for it.
    if narrowing.isExchange, session.isUsable(at: now),
      warning == nil || kept?.isUsable(at: now) != true
    {
      return awaitExchange(
        narrowing, request, account, connection, start: account.exchanges[narrowing] == nil,
        now: now)
    }
    hand(kept, session, of: account, to: connection, request, warning: warning, now: now)
  }

  private func canProceed(_ request: TokenRequest, _ session: Session, now: BootInstant) -> Bool {
    guard let narrowing = session.narrowing(of: request) else { return session.isUsable(at: now) }
    if session.narrowed.take(narrowing)?.isUsable(at: now) == true { return true }
    return narrowing.isExchange && session.isUsable(at: now)
  }
}
