import Attributes
import Platform

/// Logging out: the server is told first, then everything is forgotten, whatever it said.
extension AgentServer {
  func logout(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    let named: [Account]
    if request.flag("all") {
      named = accounts.values.sorted { $0.name.text < $1.name.text }
    } else {
      guard let account = account(for: request, of: connection) else { return }
      named = [account]
    }
    let logout = Logout(connection: connection.id)
    hold(connection)
    // One more, so that no revocation that ends at once ends the whole before all are begun.
    logout.remaining = 1
    for account in named {
      end(account, logout, tellServer: !request.flag("local"), now: now)
    }
    settle(logout)
  }

  private func end(_ account: Account, _ logout: Logout, tellServer: Bool, now: BootInstant) {
    cancelSignIn(of: account)
    // A refresh that is under way may have used the refresh token up already: revoking the old one
    // could leave its successor alive. The server is asked once the answer is there.
    if tellServer, account.isRefreshing {
      account.afterRefresh { [unowned self] now in
        self.end(account, logout, tellServer: true, now: now)
        self.settle(logout)
      }
      logout.remaining += 1
      return
    }
    endRefresh(of: account)
    // Another logout may wait for the refresh that has just been ended; its revocation comes first.
    account.runAfterRefresh(now)
    let former = account.forget()
    for request in former.waiting {
      answer(request.connection, loginRequired(account, "\(account.name) has been logged out"))
    }
    accounts[account.name.text] = nil
    guard let session = former.session else { return }
    logout.forgotten.append(account.name.text)
    guard tellServer else { return }
    logout.remaining += 1
    submit(.revoke(account: account.name.text, session: session, logout: logout), now: now)
  }

  func revocationEnded(_ name: String, _ logout: Logout, _ outcome: CourierOutcome) {
    switch outcome {
    case .done(let answer):
      if answer.flag("revoked") { logout.revoked.append(name) }
      logout.warnings += answer.strings("warning").map { "\(name): \($0)" }
    case .refused(let refusal):
      logout.warnings.append(
        "\(name): the server has not revoked the tokens: \(refusal.failure.description)")
    }
    settle(logout)
  }

  private func settle(_ logout: Logout) {
    logout.remaining -= 1
    guard logout.remaining == 0, let connection = connections[logout.connection] else { return }
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      for name in logout.forgotten {
        try reply.append(key: "account", isList: true, value: name)
      }
      for name in logout.revoked {
        try reply.append(key: "revoked", isList: true, value: name)
      }
      for warning in logout.warnings {
        try reply.append(key: "warning", isList: true, value: printable(warning))
      }
    }
  }

  /// Forgets every session without telling any server: SIGUSR1.
  func forgetAll(now: BootInstant) {
    let forgotten = accounts.values
    accounts = [:]
    for account in forgotten {
      cancelSignIn(of: account)
      endRefresh(of: account)
      for request in account.forget().waiting {
        answer(request.connection, loginRequired(account, "\(account.name) has been forgotten"))
      }
      account.runAfterRefresh(now)
    }
  }

  private func cancelSignIn(of account: Account) {
    guard let signIn = account.signIn else { return }
    account.signIn = nil
    if let courier = couriers[signIn.courier] { end(courier) }
    let failure = Failure(.accessDenied, "the sign-in to \(account.name) was ended by a logout")
    for asker in signIn.askers {
      answer(asker.connection, failure)
    }
  }
}
