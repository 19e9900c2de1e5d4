import Attributes
import CPlatform
import Glibc
import Platform
import Secrets

/// Handing out access tokens, and the refresh behind it.
extension AgentServer {
  var processID: pid_t { getpid() }

  func token(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    let wanted = request.strings("want").contains("id_token")
    serve(
      TokenRequest(
        connection: connection.id, form: .token(wantsIDToken: wanted),
        validity: max(0, request.integer("min_valid") ?? RefreshPolicy.defaultValidity),
        mayLogin: request.flag("login")),
      from: account, to: connection, now: now)
  }

  func refresh(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    if let misfit = misfit(of: account) { return answer(connection, misfit) }
    guard let session = account.session else {
      return answer(connection, loginRequired(account, "nobody is signed in to \(account.name)"))
    }
    guard session.refreshToken != nil else {
      let reason = "the server gave no refresh token for \(account.name)"
      return answer(connection, loginRequired(account, reason))
    }
    let asker = TokenRequest(
      connection: connection.id, form: .refreshOnly, validity: 0, mayLogin: false)
    wait(asker, for: account, of: connection)
    if !account.isRefreshing { startRefresh(of: account, now: now) }
  }

  /// Answers `request` now, or has it wait for a refresh or a sign-in.
  func serve(
    _ request: TokenRequest, from account: Account, to connection: Connection, now: BootInstant
  ) {
    if let misfit = misfit(of: account) {
      return signInOrRefuse(request, account, connection, misfit, now: now)
    }
    switch account.service(validity: request.validity, at: now) {
    case .serve(let session):
      hand(session, of: account, to: connection, request, now: now)
      if account.wantsRefreshAhead(at: now) { startRefresh(of: account, now: now) }
    case .awaitRefresh(let start):
      wait(request, for: account, of: connection)
      if start { startRefresh(of: account, now: now) }
    case .later(let failure): answer(connection, failure)
    case .signIn(let reason):
      signInOrRefuse(request, account, connection, loginRequired(account, reason), now: now)
    }
  }

  private func signInOrRefuse(
    _ request: TokenRequest, _ account: Account, _ connection: Connection, _ refusal: Failure,
    now: BootInstant
  ) {
    guard request.mayLogin else { return answer(connection, refusal) }
    join(.token(request), account, of: connection, now: now)
  }

  func loginRequired(_ account: Account, _ reason: String) -> Failure {
    // The reason a session has ended says more than that there is none.
    if account.session == nil, let error = account.lastError, error.code == .loginRequired {
      return error
    }
    return Failure(.loginRequired, reason, hint: "sallyport login \(account.name)")
  }

  private func wait(_ request: TokenRequest, for account: Account, of connection: Connection) {
    account.wait(request)
    hold(connection, for: account)
  }

  // MARK: Refresh

  func startRefresh(of account: Account, now: BootInstant) {
    guard account.session?.refreshToken != nil else { return }
    let generation = account.refreshStarted()
    submit(.refresh(account: account, generation: generation), now: now)
    if account.session?.isUsable(at: now) == true {
      let deadline = now.adding(seconds: limits.patience)
      deadlines.add(
        .patience(account: account.name.text, generation: generation), at: deadline)
    }
  }

  /// A refresh takes long: a network that swallows packets must not keep a valid token from anybody.
  func endPatience(_ name: String, _ generation: UInt64, now: BootInstant) {
    guard let account = accounts[name], let session = account.session,
      account.refresh == .running(generation: generation)
    else { return }
    for request in account.takeThoseServable(at: now) {
      guard let connection = connections[request.connection] else { continue }
      let warning = "the server of \(name) takes long to refresh the token"
      hand(session, of: account, to: connection, request, warning: warning, now: now)
    }
  }

  /// A deadline says that the token of an account may be worth replacing.
  func refreshAhead(_ name: String, now: BootInstant) {
    configuration.look()
    guard let account = accounts[name], account.wantsRefreshAhead(at: now),
      misfit(of: account) == nil
    else { return }
    startRefresh(of: account, now: now)
  }

  func refreshEnded(
    _ account: Account, generation: UInt64, _ outcome: CourierOutcome, now: BootInstant
  ) {
    var chance: UInt64 = 0
    withUnsafeMutableBytes(of: &chance) { _ = sp_entropy($0.baseAddress, UInt($0.count)) }
    guard
      let end = account.refreshEnded(
        generation: generation, outcome, at: now, chance: chance, pool: pool)
    else { return }
    for request in end.answered {
      guard let connection = connections[request.connection] else { continue }
      answerAfterRefresh(request, account, connection, end.failure, now: now)
    }
    scheduleRefresh(of: account, now: now, pause: end.pause)
    if account.isBlank { accounts[account.name.text] = nil }
    account.runAfterRefresh(now)
  }

  /// Sets the alarm for the next refresh in the background.
  func scheduleRefresh(of account: Account, now: BootInstant, pause: Int64? = nil) {
    guard let due = account.session?.refreshDue else { return }
    let earliest = pause.map { now.adding(seconds: $0) } ?? now
    deadlines.add(.refreshAhead(account: account.name.text), at: max(due, earliest))
  }

  private func answerAfterRefresh(
    _ request: TokenRequest, _ account: Account, _ connection: Connection, _ failure: Failure?,
    now: BootInstant
  ) {
    guard let failure else {
      guard let session = account.session else { return }
      return hand(session, of: account, to: connection, request, now: now)
    }
    guard let session = account.session else {
      if request.mayLogin { return join(.token(request), account, of: connection, now: now) }
      return answer(connection, failure)
    }
    // A token that is still valid is served while the server cannot be reached.
    if request.form != .refreshOnly, session.isUsable(at: now) {
      let warning = "could not refresh \(account.name): \(failure.description)"
      return hand(session, of: account, to: connection, request, warning: warning, now: now)
    }
    answer(connection, failure)
  }

  // MARK: Writing a token

  func hand(
    _ session: Session, of account: Account, to connection: Connection, _ request: TokenRequest,
    warning: String? = nil, now: BootInstant
  ) {
    guard session.isUsable(at: now), let token = session.accessToken else {
      return answer(
        connection,
        Failure(
          .temporarilyUnavailable, "the new access token of \(account.name) has expired already"))
    }
    if request.form != .refreshOnly { session.lastServed = now }
    answer(connection) { (reply) throws(AttributeFault) in
      switch request.form {
      case .token(let wantsIDToken):
        try write(token, session, of: account, to: &reply, now: now)
        if wantsIDToken, let idToken = session.idToken {
          try idToken.withUnsafeBytes { (bytes) throws(AttributeFault) in
            try reply.append("id_token", bytes)
          }
        }
      case .credential(let asBearer, let username):
        try writeCredential(
          token, session, to: &reply, asBearer: asBearer, username: username, now: now)
      case .refreshOnly:
        try reply.append("account", account.name.text)
        try writeValidity(session, to: &reply, now: now)
      }
      if let warning = warning ?? shortfall(session, request, now: now) {
        reply.append("warning", oneLine: warning)
      }
    }
  }

  private func write(
    _ token: HeldSecret, _ session: Session, of account: Account, to reply: inout SecretBuffer,
    now: BootInstant
  ) throws(AttributeFault) {
    try reply.append("account", account.name.text)
    try token.withUnsafeBytes { (bytes) throws(AttributeFault) in
      try reply.append("access_token", bytes)
    }
    try reply.append("token_type", session.tokenType)
    try writeValidity(session, to: &reply, now: now)
    let configured = configuration.account(account.name.text)?["username"]
    if let username = configured ?? session.settings["username"] ?? session.username {
      try reply.append("username", username)
    }
  }

  private func writeValidity(
    _ session: Session, to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
    if let expiresAt = session.expiresAt {
      reply.append("expires_at", expiresAt)
    }
    if let remaining = session.remaining(at: now) {
      reply.append("expires_in", remaining)
    }
    try reply.append("scope", session.scope)
  }

  /// What to say when the server gives no token as long-lived as the asker wants.
  private func shortfall(_ session: Session, _ request: TokenRequest, now: BootInstant) -> String? {
    guard case .token = request.form, let remaining = session.remaining(at: now),
      remaining < request.validity
    else { return nil }
    let reason =
      session.satisfies(validity: request.validity, at: now)
      ? "the server gives none that lives longer" : "it could not be replaced yet"
    return "the token stays valid for \(remaining) s only: \(reason)"
  }
}
