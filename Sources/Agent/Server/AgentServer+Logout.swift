import Attributes
import Platform

/// Logging out: the server is told first, then everything is forgotten, whatever it said.
extension AgentServer {
  /// Seconds a browser has to end the server's own session, unless the asker says otherwise.
  private static let defaultBrowserTime: Int64 = 120
  /// Seconds beyond which no asker can ask the agent to wait.
  private static let longestBrowserTime: Int64 = 600
  /// Names and warnings of one kind in a reply: four lists have to fit the lines of a block.
  static let mostNames = 120

  func logout(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    let named: [Account]
    if request.flag("all"), request["account"] == nil {
      named = accounts.values.sorted { $0.name.text < $1.name.text }
      endAllExposures()
    } else {
      guard let account = account(for: request, of: connection) else { return }
      named = [account]
    }
    let timeout = request.integer("timeout") ?? Self.defaultBrowserTime
    let logout = Logout(
      connection: connection.id, tellsServer: !request.flag("local"),
      hasBrowser: request.flag("browser"), endsRegistration: request.flag("all"),
      timeout: min(max(1, timeout), Self.longestBrowserTime))
    hold(connection)
    // One more, so that no departure that ends at once ends the whole before all are begun.
    logout.remaining = 1
    for account in named {
      if logout.tellsServer {
        depart(account, logout, now: now)
      } else {
        forget(account, logout, now: now)
      }
    }
    settle(logout)
  }

  private func depart(_ account: Account, _ logout: Logout, now: BootInstant) {
    endExposures(of: account.name)
    if let departure = account.departure {
      departure.add(logout)
      if let url = departure.endSessionURL { show(url, of: departure, to: logout) }
      return
    }
    cancelSignIn(of: account)
    let departure = Departure(account)
    departure.add(logout)
    account.departure = departure
    // A use of the refresh token that is under way may have used it up already: revoking the old one
    // could leave its successor alive. The server is asked once the answer is there.
    guard account.isRefreshing else { return setOut(departure, now: now) }
    account.afterRefresh { [unowned self] now in self.setOut(departure, now: now) }
  }

  func setOut(_ departure: Departure, now: BootInstant) {
    let account = departure.account
    if account.departure === departure {
      endExchanges(of: account)
      tellLoggedOut(account.takeAllWaiting(), account)
    }
    proceed(departure, now: now)
  }

  /// Takes the next step of a departure, or ends it.
  private func proceed(_ departure: Departure, now: BootInstant) {
    while let step = departure.next() {
      switch step {
      case .revoke: return submit(.revoke(departure), now: now)
      case .endSession where hasBrowser(departure):
        return submit(.endSession(departure), now: now)
      case .endSession: break
      case .unregister: return submit(.unregister(departure), now: now)
      }
    }
    finish(departure, now: now)
  }

  func stepEnded(
    _ step: Departure.Step, of departure: Departure, _ outcome: CourierOutcome, now: BootInstant
  ) {
    departure.ended(step, outcome)
    proceed(departure, now: now)
  }

  private func finish(_ departure: Departure, now: BootInstant) {
    let account = departure.account
    guard account.departure === departure else { return settle(departure) }
    account.departure = nil
    tellLoggedOut(account.forget().waiting, account)
    if !departure.keepsRegistration { account.registration = nil }
    dropIfBlank(account)
    // Who reads that it is forgotten must not find it again after a crash.
    save(account.name.text, now: now) { [unowned self] outcome, _ in
      if let warning = warning(about: outcome) { departure.warn(warning) }
      settle(departure)
    }
  }

  /// What a person has to know whose session could not be taken out of the vault.
  private func warning(about outcome: VaultOutcome) -> String? {
    guard outcome == .failed, vaultExists else { return nil }
    return "the vault could not be written, and may still have the session"
      + (vault.fault.map { ": \($0.description)" } ?? "")
  }

  private func settle(_ departure: Departure) {
    let name = departure.account.name.text
    for logout in departure.logouts {
      if departure.session != nil { logout.forgotten.append(name) }
      if departure.isRevoked { logout.revoked.append(name) }
      if departure.isDeleted { logout.deleted.append(name) }
      logout.warnings += departure.warnings.map { "\(name): \($0)" }
      settle(logout)
    }
  }

  private func settle(_ logout: Logout) {
    logout.remaining -= 1
    guard logout.remaining == 0, let connection = connections[logout.connection] else { return }
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      for (key, names) in [
        ("account", logout.forgotten), ("revoked", logout.revoked), ("deleted", logout.deleted),
      ] {
        for name in names.sorted().prefix(Self.mostNames) {
          try reply.append(key: key, isList: true, value: name)
        }
      }
      for warning in logout.warnings.prefix(Self.mostNames) + Self.omission(in: logout) {
        try reply.append(key: "warning", isList: true, value: printable(warning))
      }
    }
  }

  /// What the reply has no room for.
  private static func omission(in logout: Logout) -> [String] {
    let most = [logout.forgotten, logout.revoked, logout.deleted, logout.warnings].map(\.count)
      .max()
    guard let most, most > mostNames else { return [] }
    return ["more than can be listed: \(logout.forgotten.count) accounts were signed out"]
  }

  // MARK: Only forgetting

  private func forget(_ account: Account, _ logout: Logout, now: BootInstant) {
    endExposures(of: account.name)
    cancelSignIn(of: account)
    // Another logout may be telling the server; it goes on with the session it holds.
    let departure = account.departure
    account.departure = nil
    if let departure, let session = account.session, isInUse(session) {
      // What that courier brings may be the token the other one has to revoke.
      session.departure = departure
      account.forgetAfterRefresh()
    } else {
      endRefresh(of: account)
    }
    endExchanges(of: account)
    account.runAfterRefresh(now)
    let former = account.forget()
    tellLoggedOut(former.waiting, account)
    if logout.endsRegistration { account.registration = nil }
    dropIfBlank(account)
    if former.session != nil { logout.forgotten.append(account.name.text) }
    logout.remaining += 1
    save(account.name.text, now: now) { [unowned self] outcome, _ in
      if let warning = warning(about: outcome) {
        logout.warnings.append("\(account.name): \(warning)")
      }
      settle(logout)
    }
  }

  /// Forgets every session and registration without telling any server: SIGUSR1.
  ///
  /// What is in the vault's file stays there, sealed, until a person unlocks it.
  func forgetAll(now: BootInstant) {
    endAllExposures()
    endQuestions(Self.hasBeenForgotten)
    let tellThoseWhoWait = abandonVault(now: now)
    let forgotten = accounts.values
    accounts = [:]
    for account in forgotten {
      endWindow(of: account)
      cancelSignIn(of: account)
      account.departure?.cancel()
      account.registration = nil
      endRefresh(of: account)
      endExchanges(of: account)
      let waiting = account.forget().waiting
      for request in waiting {
        answer(request.connection, loginRequired(account, "\(account.name) has been forgotten"))
      }
      account.runAfterRefresh(now)
    }
    endJobsOfForgotten(now: now)
    tellThoseWhoWait()
  }

  /// Ends all that still has a token in hand; whoever waits for it is told.
  private func endJobsOfForgotten(now: BootInstant) {
    var jobs = waitingJobs.removeAll()
    for courier in couriers.values where courier.job.lane != .signIn && !courier.isLeftAlone {
      end(courier)
      if !courier.hasAnswered { jobs.append(courier.job) }
    }
    let outcome = CourierOutcome.refused(
      CourierRefusal(Failure(.failed, "everything has been forgotten")))
    for job in jobs {
      switch job {
      case .prove, .userInfo, .revoke, .endSession, .unregister, .exporting, .importing, .unseal:
        ended(job, id: newID(), outcome, now: now)
      case .signIn, .refresh, .exchange, .revokeFormer, .seal: break
      }
    }
  }

  private func tellLoggedOut(_ waiting: [TokenRequest], _ account: Account) {
    let failure = Failure(
      .loginRequired, "\(account.name) has been logged out",
      hint: "sallyport login \(account.name)")
    for request in waiting { answer(request.connection, failure) }
  }

  func cancelSignIn(of account: Account, _ reason: Failure? = nil) {
    guard let signIn = account.signIn else { return }
    keepRegistration(of: signIn, account)
    account.signIn = nil
    if let courier = couriers[signIn.courier] { end(courier) }
    let failure =
      reason ?? Failure(.accessDenied, "the sign-in to \(account.name) was ended by a logout")
    for asker in signIn.askers {
      answer(asker.connection, failure)
    }
  }

  // MARK: The server's session in the browser

  /// Whether anybody is left who can open a browser for `departure`.
  func hasBrowser(_ departure: Departure) -> Bool {
    departure.logouts.contains { $0.hasBrowser && connections[$0.connection] != nil }
  }

  /// The courier has an address ready that leads to the server's end_session_endpoint.
  func endSessionEvent(_ departure: Departure, _ block: AttributeBlock) {
    guard block.has("event", "end-session"), let url = block.string("url") else { return }
    departure.endSessionURL = url
    for logout in departure.logouts { show(url, of: departure, to: logout) }
  }

  private func show(_ url: String, of departure: Departure, to logout: Logout) {
    guard logout.hasBrowser, let connection = connections[logout.connection] else { return }
    tell(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "end-session")
      try reply.append("account", departure.account.name.text)
      try reply.append("url", url)
    }
  }

  /// A client has gone; where it was the last with a browser, nobody will come to the address.
  func endAbandonedEndSessions() {
    for (id, courier) in couriers {
      guard case .endSession(let departure) = courier.job, !courier.hasAnswered,
        !hasBrowser(departure)
      else { continue }
      end(courier)
      ended(courier.job, id: id, .refused(CourierRefusal(Self.noBrowser)), now: clock())
    }
  }

  static let noBrowser = Failure(.failed, "whoever was to open the browser has gone")
}
