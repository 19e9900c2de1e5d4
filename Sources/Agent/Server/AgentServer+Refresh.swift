import Attributes
import Platform

/// The use of a refresh token: one at a time for each account, for everybody who waits.
extension AgentServer {
  func startRefresh(of account: Account, _ use: Account.GrantUse, now: BootInstant) {
    guard let session = account.session, session.refreshToken != nil else { return }
    let generation = account.refreshStarted(use)
    let start = VaultWrite(name: account.name.text, content: .refreshStarted(session)) {
      [unowned self] _, now in
      // It may have been given up while its beginning was written down.
      guard account.refresh == .running(generation: generation, use) else {
        if !account.isRefreshing { vault.traces[account.name.text] = nil }
        return
      }
      submit(.refresh(account, session, use, generation: generation), now: now)
    }
    if case .open = vault.phase { write(start, now: now) } else { start.then(.unneeded, now) }
    if session.isUsable(at: now) || session.narrowed.count > 0 {
      let deadline = now.adding(seconds: limits.patience)
      deadlines.add(.patience(account: account.name.text, generation: generation), at: deadline)
    }
  }

  /// A refresh takes long: a network that swallows packets must not keep a valid token from anybody.
  func endPatience(_ name: String, _ generation: UInt64, now: BootInstant) {
    guard let account = accounts[name], let session = account.session,
      case .running(generation, _) = account.refresh
    else { return }
    let warning = "the server of \(name) takes long to refresh the token"
    for request in account.takeThoseServable(at: now) {
      guard let connection = connections[request.connection] else { continue }
      proceed(request, session, of: account, to: connection, warning: warning, now: now)
    }
  }

  /// A deadline says that the token of an account may be worth replacing.
  func refreshAhead(_ name: String, now: BootInstant) {
    configuration.look()
    if case .locking = vault.phase { return }
    guard let account = accounts[name], !endIfOver(account, now: now),
      account.wantsRefreshAhead(at: now), misfit(of: account) == nil
    else { return }
    startRefresh(of: account, .session, now: now)
  }

  func refreshEnded(
    _ account: Account, _ session: Session, _ use: Account.GrantUse, generation: UInt64,
    courier: UInt64, _ outcome: CourierOutcome, now: BootInstant
  ) {
    let keeping = vault.keeping
    guard
      let end = account.refreshEnded(
        generation: generation, outcome, at: now, chance: chance(), keeping: keeping, pool: pool)
    else {
      couriers[courier]?.answerIsKept()
      return formerRefreshEnded(account, session, use, outcome, now: now)
    }
    let name = account.name.text
    vault.traces[name] = nil
    let content: VaultWrite.Content = outcome.changesNothing ? .refreshEnded : .state
    let write = VaultWrite(name: name, content: content) { [unowned self] _, now in
      couriers[courier]?.answerIsKept()
      settle(end, of: account, use, generation: generation, keeping, now: now)
    }
    // Who has nothing to write down has nothing to say of its end either.
    if outcome.changesNothing, !vault.isWriting {
      write.then(.unneeded, now)
    } else {
      self.write(write, now: now)
    }
  }

  /// Answers those who have waited for a use of the refresh token, now that its outcome is safe.
  private func settle(
    _ end: Account.RefreshEnd, of account: Account, _ use: Account.GrantUse, generation: UInt64,
    _ keeping: Account.Keeping, now: BootInstant
  ) {
    var later: [TokenRequest] = []
    if keeping == .vault {
      guard let meanwhile = account.saved(generation: generation) else {
        // Another session has come since, or none is left.
        for request in end.answered + end.others {
          if vault.hidesSessions {
            answer(request.connection, Self.hasBeenForgotten)
          } else {
            serveAgain(request, from: account, now: now)
          }
        }
        return account.runAfterRefresh(now)
      }
      later = meanwhile
    }
    for request in end.answered {
      answerAfterCourier(request, account, failure: end.failure, now: now)
    }
    if use == .session { scheduleRefresh(of: account, now: now, pause: end.pause) }
    for request in end.others + later { serveAgain(request, from: account, now: now) }
    // While the refresh token was in use for something else, the session's own turn may have come.
    if use != .session {
      watchExpiry(of: account)
      refreshAhead(account.name.text, now: now)
    }
    dropIfBlank(account)
    account.runAfterRefresh(now)
  }

  /// Sets the alarm for the next refresh in the background.
  func scheduleRefresh(of account: Account, now: BootInstant, pause: Int64? = nil) {
    watchExpiry(of: account)
    watchLimits(of: account)
    guard let due = account.session?.refreshDue else { return }
    let earliest = pause.map { now.adding(seconds: $0) } ?? now
    deadlines.add(.refreshAhead(account: account.name.text), at: max(due, earliest))
  }

  /// Ends the use of the refresh token of an account whose session is given up.
  ///
  /// One of a session before goes on: the server is told of that session, whatever becomes of this.
  func endRefresh(of account: Account) {
    if let session = account.session {
      waitingJobs.remove { $0.isRefresh(of: session) }
      for courier in couriers.values
      where courier.job.isRefresh(of: session) && !courier.isLeftAlone { end(courier) }
    }
    vault.traces[account.name.text] = nil
    account.refreshWithdrawn()
  }

  /// Whether a courier has the refresh token of `session`, and no answer yet.
  func isInUse(_ session: Session) -> Bool {
    couriers.values.contains { $0.job.isRefresh(of: session) && !$0.hasAnswered }
  }

  // MARK: The session before

  /// A new sign-in has taken the place of `former`: the server need not keep that grant alive.
  ///
  /// It is told silently, and after the new session is safe; a courier that uses the old refresh token
  /// at this moment is waited for, since it may bring the token that has to be revoked.
  func revoke(_ former: Session, of account: Account, now: BootInstant) {
    waitingJobs.remove { $0.isRefresh(of: former) }
    if isInUse(former) {
      former.isForsaken = true
    } else {
      revokeNow(former, of: account, now: now)
    }
  }

  private func formerRefreshEnded(
    _ account: Account, _ former: Session, _ use: Account.GrantUse, _ outcome: CourierOutcome,
    now: BootInstant
  ) {
    if let departure = former.departure {
      former.departure = nil
      former.takeLastTokens(use, outcome, now: now, pool: pool)
      return setOut(departure, now: now)
    }
    guard former.isForsaken else { return }
    former.isForsaken = false
    former.takeLastTokens(use, outcome, now: now, pool: pool)
    revokeNow(former, of: account, now: now)
  }

  private func revokeNow(_ former: Session, of account: Account, now: BootInstant) {
    // A server that hands the same tokens out again has but one grant: the new session lives by it.
    let successor = account.session
    if let successor, successor.sharesToken(with: former) { return }
    submit(.revokeFormer(account, former, successor: successor), now: now)
  }

  func formerRevoked(_ account: Account, _ former: Session, _ outcome: CourierOutcome) {
    guard case .refused(let refusal) = outcome else { return }
    // A client that was registered anew has taken the former one's place, whose tokens end with it
    // (RFC 7592 §2.3).
    if let client = former.registration, !client.hasSameLines(as: account.registration) { return }
    account.warning =
      "the server has not revoked the tokens of the sign-in before: \(refusal.failure.description)"
  }
}
