import Attributes
import Configuration
import Glibc
import Platform

/// Sign-ins: one per account at a time; later askers join it.
extension AgentServer {
  /// Seconds a sign-in may take, unless the asker says otherwise.
  private static let defaultTimeout: Int64 = 300
  /// Seconds beyond which no asker can ask the agent to wait.
  private static let longestTimeout: Int64 = 24 * 3600
  /// Sign-ins at one time: each has a process and most a port.
  private static let mostSignIns = 32

  func login(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    let once = request.flag("once")
    let overrides = Self.overrides(of: request)
    guard let name = nameForLogin(request, once: once, of: connection) else { return }
    let account = made(name)
    let settings = SignInSettings(
      name: name, section: configuration.account(name.text), overrides: overrides)
    if account.signIn == nil, settings.namesNoServer {
      if account.isBlank { accounts[name.text] = nil }
      guard settings.section != nil else { return answer(connection, unknown(name.text)) }
      let reason = "the account \(name) has neither issuer nor token_endpoint"
      return answer(connection, Failure(.failed, reason, hint: "man sallyport.conf"))
    }
    let timeout = min(
      max(1, request.integer("timeout") ?? Self.defaultTimeout), Self.longestTimeout)
    join(
      .login(connection: connection.id, once: once), account, of: connection, settings: settings,
      timeout: timeout, now: now)
  }

  /// Adds an asker to the sign-in of an account, which is started when there is none.
  func join(
    _ asker: SignIn.Asker, _ account: Account, of connection: Connection,
    settings: SignInSettings? = nil, timeout: Int64 = defaultTimeout, now: BootInstant
  ) {
    hold(connection, for: account)
    if let signIn = account.signIn {
      signIn.askers.append(asker)
      if signIn.prompt != nil { show(signIn, to: connection, hasJoined: true, now: now) }
      return
    }
    endFinishedSignIns()
    guard couriers.values.count(where: { $0.isSigningIn }) < Self.mostSignIns else {
      return answer(
        connection, Failure(.temporarilyUnavailable, "too many sign-ins are going on already"))
    }
    let section = configuration.account(account.name.text)
    let settings =
      settings ?? account.session?.settings.renewed(by: section)
      ?? SignInSettings(name: account.name, section: section, overrides: [])
    let signIn = SignIn(
      settings: settings, expires: now.adding(seconds: timeout), courier: newID(), asker: asker)
    account.signIn = signIn
    start(.signIn(account: account), id: signIn.courier, timeout: timeout, now: now)
  }

  /// What the command line put over the configuration, key by key.
  private static func overrides(of request: AttributeBlock) -> [Setting] {
    var overrides: [Setting] = []
    request.visit { key, _, value in
      guard let key = AttributeBlock.text(key), let value = AttributeBlock.text(value),
        key != KnownKey.clientSecret, KnownKey.named(key)?.place == .account
      else { return }
      overrides.append(Setting(key: key, value: value))
    }
    return overrides
  }

  /// The account a sign-in is for; one that keeps nothing needs no name.
  private func nameForLogin(
    _ request: AttributeBlock, once: Bool, of connection: Connection
  ) -> AccountName? {
    if once, request["account"] == nil, request["issuer"] != nil || request["token_endpoint"] != nil
    {
      return AccountName("once-\(connection.id)")
    }
    switch accountName(request) {
    case .success(let name): return name
    case .failure(let failure):
      answer(connection, failure)
      return nil
    }
  }

  // MARK: What the courier says

  func signInEvent(_ account: Account, _ block: AttributeBlock, now: BootInstant) {
    guard let signIn = account.signIn else { return }
    if block.has("event", "authorize"), let url = block.string("url") {
      signIn.state = block.string("state")
      signIn.prompt = SignIn.Prompt(
        url: url, redirectURI: block.string("redirect_uri") ?? "", needsPaste: block.flag("paste"))
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

  private func show(
    _ signIn: SignIn, to connection: Connection, hasJoined: Bool, now: BootInstant
  ) {
    guard let prompt = signIn.prompt else { return }
    tell(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "authorize")
      try reply.append("url", prompt.url)
      try reply.append("redirect_uri", prompt.redirectURI)
      if hasJoined { reply.append("joined", constant: "yes") }
      if prompt.needsPaste { reply.append("paste", constant: "yes") }
      reply.append("expires_in", max(0, signIn.expires.seconds(since: now)))
    }
  }

  func signInEnded(_ account: Account, courier: UInt64, _ outcome: CourierOutcome, now: BootInstant)
  {
    guard let signIn = account.signIn, signIn.courier == courier else { return }
    account.signIn = nil
    switch outcome {
    case .refused(let refusal):
      // Beside a good session a failed attempt is the asker's to know, and no state of the account;
      // and a name that is known for nothing else must not stay behind as one.
      if account.session == nil, configuration.account(account.name.text) != nil {
        account.note(refusal.failure)
      }
      for asker in signIn.askers { answer(asker.connection, refusal.failure) }
    case .done(let block):
      guard
        let session = Session(signedIn: block, settings: signIn.settings, now: now, pool: pool)
      else {
        let failure = Failure(.failed, "the courier's answer has no access token")
        for asker in signIn.askers { answer(asker.connection, failure) }
        break
      }
      signedIn(account, session, signIn.askers, warnings: block.strings("warning"), now: now)
    }
    if account.isBlank { accounts[account.name.text] = nil }
  }

  private func signedIn(
    _ account: Account, _ session: Session, _ askers: [SignIn.Asker], warnings: [String],
    now: BootInstant
  ) {
    if askers.contains(where: \.keepsSession) {
      endRefresh(of: account)
      account.runAfterRefresh(now)
      accounts[account.name.text] = account
      let waiting = account.signedIn(session)
      for request in waiting {
        guard let connection = connections[request.connection] else { continue }
        hand(session, of: account, to: connection, request, now: now)
      }
      scheduleRefresh(of: account, now: now)
    }
    for asker in askers {
      guard let connection = connections[asker.connection] else { continue }
      switch asker {
      case .token(let request): hand(session, of: account, to: connection, request, now: now)
      case .login(_, let once):
        tellSignedIn(account, session, connection, withTokens: once, warnings: warnings, now: now)
      }
    }
  }

  private func tellSignedIn(
    _ account: Account, _ session: Session, _ connection: Connection, withTokens: Bool,
    warnings: [String], now: BootInstant
  ) {
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      try reply.append("account", account.name.text)
      try reply.append("scope", session.scope)
      if let expiresAt = session.expiresAt {
        reply.append("expires_at", expiresAt)
      }
      if let remaining = session.remaining(at: now) {
        reply.append("expires_in", remaining)
      }
      if let subject = session.subject { try reply.append("sub", subject) }
      if let username = session.username { try reply.append("username", username) }
      if let issuer = session.issuer { try reply.append("issuer", issuer) }
      let refreshable: StaticString = session.refreshToken == nil ? "no" : "yes"
      reply.append("refreshable", constant: refreshable)
      for warning in warnings {
        try reply.append(key: "warning", isList: true, value: printable(warning))
      }
      guard withTokens else { return }
      try reply.append("token_type", session.tokenType)
      try session.accessToken?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("access_token", bytes)
      }
      try session.idToken?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try reply.append("id_token", bytes)
      }
    }
  }

  // MARK: Leaving

  /// A client that waited has gone; a sign-in nobody waits for any more is ended.
  func withdraw(_ connection: UInt64, from account: Account) {
    account.withdraw(connection: connection)
    guard let signIn = account.signIn else { return }
    signIn.askers.removeAll { $0.connection == connection }
    guard signIn.askers.isEmpty else { return }
    account.signIn = nil
    if let courier = couriers[signIn.courier] { end(courier) }
    if account.isBlank { accounts[account.name.text] = nil }
  }

  /// A redirect URL that somebody has pasted, or that the desktop has handed over.
  func callback(_ request: AttributeBlock, of connection: Connection) {
    guard let url = request["url"] else {
      return answer(connection, Failure(.invalidRequest, "the request has no url"))
    }
    guard
      let account = accounts.values.first(where: { account in
        guard let state = account.signIn?.state else { return false }
        return Self.query(url, holdsState: state)
      }), let signIn = account.signIn, let courier = couriers[signIn.courier]
    else {
      return answer(
        connection,
        Failure(
          .failed, "no sign-in is waiting for this URL: it has ended, or the URL is incomplete",
          hint: "sallyport login NAME"))
    }
    answer(connection) { (reply) throws(AttributeFault) in
      try courier.tell("callback", url)
      reply.append("event", constant: "done")
      try reply.append("account", account.name.text)
    }
  }

  /// Whether a parameter `state` of the URL is `state`. It only chooses the courier that judges the
  /// URL: our states need no percent-encoding, so that the bytes can be compared as they are.
  private static func query(_ url: UnsafeRawBufferPointer, holdsState state: String) -> Bool {
    let separators = Array("?&#".utf8)
    let wanted = Array("state=\(state)".utf8)
    return url.split(whereSeparator: separators.contains).dropFirst().contains {
      $0.elementsEqual(wanted)
    }
  }
}
