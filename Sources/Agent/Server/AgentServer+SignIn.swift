import Attributes
import Configuration
import Platform

/// What the courier of a sign-in says, and who is told.
extension AgentServer {
  func signInEvent(_ account: Account, _ block: AttributeBlock, now: BootInstant) {
    guard let signIn = account.signIn else { return }
    noteRegistration(in: block, of: signIn)
    if let prompt = prompt(in: block, of: signIn, now: now) {
      signIn.prompt = prompt
      for (index, asker) in signIn.askers.enumerated() {
        guard let connection = connections[asker.connection] else { continue }
        show(signIn, to: connection, hasJoined: index > 0, now: now)
      }
    } else if block.has("event", "waiting"), let message = block.string("message") {
      for asker in signIn.askers {
        guard let connection = connections[asker.connection] else { continue }
        tell(connection) { (reply) throws(AttributeFault) in
          reply.append("event", constant: "waiting")
          reply.append("message", oneLine: message)
        }
      }
    }
  }

  private func prompt(
    in block: AttributeBlock, of signIn: SignIn, now: BootInstant
  ) -> SignIn.Prompt? {
    if block.has("event", "authorize"), let url = block.string("url") {
      signIn.state = block.string("state")
      return .browser(
        url: url, redirectURI: block.string("redirect_uri") ?? "", needsPaste: block.flag("paste"))
    }
    guard block.has("event", "device"), let code = block.string("user_code"),
      let address = block.string("verification_uri")
    else { return nil }
    return .device(
      userCode: code, address: address, complete: block.string("verification_uri_complete"),
      expires: block.integer("expires_in").map { now.adding(seconds: max(0, $0)) })
  }

  func show(_ signIn: SignIn, to connection: Connection, hasJoined: Bool, now: BootInstant) {
    guard let prompt = signIn.prompt else { return }
    tell(connection) { (reply) throws(AttributeFault) in
      var expires = signIn.expires
      switch prompt {
      case .browser(let url, let redirectURI, _):
        reply.append("event", constant: "authorize")
        try reply.append("url", url)
        try reply.append("redirect_uri", redirectURI)
      case .device(let userCode, let address, let complete, let codeExpires):
        reply.append("event", constant: "device")
        try reply.append("user_code", userCode)
        try reply.append("verification_uri", address)
        if let complete { try reply.append("verification_uri_complete", complete) }
        if let codeExpires { expires = min(expires, codeExpires) }
      }
      if hasJoined { reply.append("joined", constant: "yes") }
      if case .browser(_, _, needsPaste: true) = prompt { reply.append("paste", constant: "yes") }
      // Rounded up: of a time that has just begun the person reads the whole.
      reply.append("expires_in", max(0, -now.seconds(since: expires)))
    }
  }

  // MARK: The end

  func signInEnded(_ account: Account, courier: UInt64, _ outcome: CourierOutcome, now: BootInstant)
  {
    guard let signIn = account.signIn, signIn.courier == courier else { return }
    account.signIn = nil
    switch outcome {
    case .refused(let refusal):
      if let block = refusal.block { noteRegistration(in: block, of: signIn) }
      if keepRegistration(of: signIn, account), signIn.isForKeeping {
        accounts[account.name.text] = account
        save(account.name.text, now: now) { _, _ in }
      }
      // Beside a good session a failed attempt is the asker's to know, and no state of the account;
      // and a name that is known for nothing else must not stay behind as one.
      if account.session == nil, configuration.account(account.name.text) != nil {
        account.note(refusal.failure)
      }
      for asker in signIn.askers { answer(asker.connection, refusal.failure) }
    case .done(let block):
      noteRegistration(in: block, of: signIn)
      let isNewClient = keepRegistration(of: signIn, account)
      guard
        let session = Session(signedIn: block, settings: signIn.settings, now: now, pool: pool)
      else {
        let failure = Failure(.failed, "the courier's answer has no access token")
        for asker in signIn.askers { answer(asker.connection, failure) }
        break
      }
      session.registration = account.registration
      let news = SignInNews(isNewClient: isNewClient, warnings: block.strings("warning"))
      signedIn(account, session, signIn, news, now: now)
    }
    dropIfBlank(account)
  }

  /// What is to be told of a sign-in beside the session.
  struct SignInNews {
    let isNewClient: Bool
    var warnings: [String]
  }

  private func signedIn(
    _ account: Account, _ session: Session, _ signIn: SignIn, _ news: SignInNews,
    now: BootInstant
  ) {
    guard signIn.askers.contains(where: \.keepsSession) else {
      return tellSignedIn(account, session, signIn, news, [], now: now)
    }
    let former = account.session
    endExchanges(of: account)
    accounts[account.name.text] = account
    let waiting = account.signedIn(session, keeping: vault.keeping)
    let saving = account.savingGeneration
    save(account.name.text, now: now) { [unowned self] outcome, now in
      if let former { revoke(former, of: account, now: now) }
      var meanwhile: [TokenRequest] = []
      if let saving {
        guard let waiting = account.saved(generation: saving) else {
          return tellOvertaken(account, signIn, waiting, now: now)
        }
        meanwhile = waiting
      }
      var news = news
      news.warnings += warnings(about: outcome)
      account.runAfterRefresh(now)
      scheduleRefresh(of: account, now: now)
      tellSignedIn(account, session, signIn, news, waiting + meanwhile, now: now)
    }
  }

  /// The session was replaced or forgotten before it was safe.
  private func tellOvertaken(
    _ account: Account, _ signIn: SignIn, _ others: [TokenRequest], now: BootInstant
  ) {
    let failure =
      vault.hidesSessions
      ? Self.hasBeenForgotten
      : Failure(
        .loginRequired, "the new session of \(account.name) was replaced or forgotten at once",
        hint: "sallyport login \(account.name)")
    for asker in signIn.askers { answer(asker.connection, failure) }
    for request in others { answer(request.connection, failure) }
    account.runAfterRefresh(now)
  }

  /// What a person has to know who has signed in, where that will not last.
  private func warnings(about outcome: VaultOutcome) -> [String] {
    switch (outcome, vault.phase) {
    case (.unneeded, .memory(.noService(let reason))):
      return [
        "the session is kept in memory only and ends with the agent, since \(reason);"
          + " sallyport vault change passphrase keeps it; see vault in sallyport.conf(5)"
      ]
    case (.failed, _):
      let reason = vault.fault.map { ": \($0.description)" } ?? ""
      return ["the session is in memory only, since it could not be saved\(reason)"]
    case (.written, _), (.unneeded, _): return []
    }
  }

  /// Answers everybody who has waited for a sign-in, now that the session is safe.
  private func tellSignedIn(
    _ account: Account, _ session: Session, _ signIn: SignIn, _ news: SignInNews,
    _ others: [TokenRequest], now: BootInstant
  ) {
    var waiting = others
    for asker in signIn.askers {
      guard case .login(let id, let once) = asker, let connection = connections[id] else {
        continue
      }
      tellSignedIn(account, session, connection, withTokens: once, news, now: now)
    }
    for asker in signIn.askers {
      if case .token(let request) = asker { waiting.append(request) }
    }
    for request in waiting { serveSignedIn(request, session, account, now: now) }
  }

  /// Serves somebody from a session that has just begun: with its own token, however long that lives.
  private func serveSignedIn(
    _ request: TokenRequest, _ session: Session, _ account: Account, now: BootInstant
  ) {
    guard let connection = connections[request.connection] else { return }
    guard session.narrowing(of: request) == nil else {
      return serve(request.withoutLogin, from: account, to: connection, now: now)
    }
    hand(session.token, session, of: account, to: connection, request, now: now)
  }

  private func tellSignedIn(
    _ account: Account, _ session: Session, _ connection: Connection, withTokens: Bool,
    _ news: SignInNews, now: BootInstant
  ) {
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      try reply.append("account", account.name.text)
      try reply.append("scope", session.scope)
      if let expiresAt = session.expiresAt { reply.append("expires_at", expiresAt) }
      if let remaining = session.remaining(at: now) { reply.append("expires_in", remaining) }
      if let subject = session.subject { try reply.append("sub", subject) }
      if let username = session.username { try reply.append("username", username) }
      if let issuer = session.issuer { try reply.append("issuer", issuer) }
      if news.isNewClient, let id = session.carried.text("session.client_id") {
        try reply.append("client_id", id)
      }
      let refreshable: StaticString = session.refreshToken == nil ? "no" : "yes"
      reply.append("refreshable", constant: refreshable)
      try reply.append("token_type", session.tokenType)
      for warning in news.warnings {
        try reply.append(key: "warning", isList: true, value: printable(warning))
      }
      guard withTokens else { return }
      try session.accessToken?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("access_token", bytes)
      }
      try session.idToken?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("id_token", bytes)
      }
    }
    if withTokens { noteGiven(.login, of: account, session.scope, to: connection, now: now) }
  }

  // MARK: A client that was registered

  /// A client that was registered is there, whatever becomes of the sign-in it was registered for.
  private func noteRegistration(in block: AttributeBlock, of signIn: SignIn) {
    let lines = Carried.registration(in: block, pool: pool)
    if !lines.isEmpty { signIn.registration = lines }
  }

  /// Keeps it with the account, unless nobody has asked for more than a token.
  ///
  /// - Returns: whether it is another client than the account had.
  @discardableResult
  func keepRegistration(of signIn: SignIn, _ account: Account) -> Bool {
    guard !signIn.registration.isEmpty else { return false }
    let registration = ClientRegistration(
      lines: signIn.registration, settings: signIn.settings)
    let isNew = !registration.hasSameLines(as: account.registration)
    if signIn.isForKeeping { account.registration = registration }
    return isNew
  }
}
