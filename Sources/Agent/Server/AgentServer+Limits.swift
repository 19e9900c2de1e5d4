import Attributes
import Configuration
import Platform

/// The limits of sessions, and their end: no later than when somebody would be served.
extension AgentServer {
  /// The limits of an account as they are configured now. A section that has vanished from the file
  /// keeps its session, and so its limits.
  func sessionLimits(of account: Account) -> SessionLimits {
    SessionLimits(
      configuration.account(account.name.text) ?? account.session?.settings.section)
  }

  /// Sets the alarm for the end of the session; one at a time, which looks whether it has moved.
  func watchLimits(of account: Account) {
    // One that is being logged out ends anyway; its alarm would go off again and again.
    guard account.departure == nil, let session = account.session,
      let end = sessionLimits(of: account).end(of: session)
    else { return }
    if let set = account.limitWatched, set <= end.at { return }
    account.limitWatched = end.at
    deadlines.add(.sessionLimit(account: account.name.text), at: end.at)
  }

  /// A deadline says that the session of an account may be over.
  func checkLimits(ofAccount name: String, now: BootInstant) {
    configuration.look()
    guard let account = accounts[name] else { return }
    account.limitWatched = nil
    if !endIfOver(account, now: now) { watchLimits(of: account) }
  }

  /// Looks at all sessions once the configuration has changed.
  func lookAtConfiguration(now: BootInstant) {
    configuration.look()
    guard configuration.version != limitsVersion else { return }
    limitsVersion = configuration.version
    for account in Array(accounts.values) where account.session != nil {
      if !endIfOver(account, now: now) { watchLimits(of: account) }
    }
  }

  /// Whether a limit of the session is over; one that is being logged out ends anyway.
  func isOver(_ account: Account, now: BootInstant) -> Bool {
    guard account.departure == nil, let session = account.session,
      let end = sessionLimits(of: account).end(of: session)
    else { return false }
    return end.at <= now
  }

  /// Ends the session if it is over.
  ///
  /// - Returns: whether it was.
  @discardableResult
  func endIfOver(_ account: Account, now: BootInstant) -> Bool {
    guard isOver(account, now: now), let session = account.session,
      let end = sessionLimits(of: account).end(of: session)
    else { return false }
    sessionGone(account, end.failure(of: account.name), now: now)
    return true
  }

  /// Gives up the session of an account: the server is told silently, and whoever waits gets another
  /// or is told why.
  func sessionGone(_ account: Account, _ failure: Failure, now: BootInstant) {
    endExposures(of: account.name)
    endExchanges(of: account)
    let (former, waiting) = account.forget()
    account.note(failure)
    if let former { revoke(former, of: account, now: now) }
    vaultForget(account, now: now)
    for request in waiting { serveAgain(request, from: account, now: now) }
    account.runAfterRefresh(now)
  }

  /// Has the vault know that the session is gone.
  private func vaultForget(_ account: Account, now: BootInstant) {
    save(account.name.text, now: now) { _, _ in }
  }
}
