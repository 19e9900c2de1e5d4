import Attributes
import Configuration
import Glibc
import Platform

/// Sign-ins: one per account at a time; later askers join it.
extension AgentServer {
  /// Seconds a sign-in may take, unless the asker says otherwise.
  private static let defaultTimeout: Int64 = 300
  /// Seconds one on another device may take then, where the code is good for so long: whoever waits
  /// for it has a phone to find.
  private static let defaultDeviceTimeout: Int64 = 1800
  /// Seconds beyond which no asker can ask the agent to wait.
  private static let longestTimeout: Int64 = 24 * 3600

  func login(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    let once = request.flag("once")
    let overrides = Self.overrides(of: request)
    guard let name = nameForLogin(request, once: once, of: connection) else { return }
    let account = made(name)
    if account.departure != nil { return answer(connection, account.leaving) }
    let settings = SignInSettings(
      name: name, section: configuration.account(name.text), overrides: overrides,
      resourceURL: request.string("resource_url"))
    if account.signIn == nil, settings.namesNoServer {
      dropIfBlank(account)
      guard settings.section != nil else { return answer(connection, unknown(name.text)) }
      let reason = "the account \(name) has neither issuer nor token_endpoint nor resource"
      return answer(connection, Failure(.failed, reason, hint: "man sallyport.conf"))
    }
    if let signIn = account.signIn, !settings.isServed(by: signIn.settings) {
      let reason =
        "a sign-in to \(name) is going on already, at another server or for another client"
      return answer(connection, Failure(.temporarilyUnavailable, reason))
    }
    if let misdirection = settings.misdirection {
      dropIfBlank(account)
      return answer(connection, misdirection)
    }
    let method: SignIn.Method = request.flag("device") ? .device : .browser
    let usual = method == .device ? Self.defaultDeviceTimeout : Self.defaultTimeout
    let timeout = min(max(1, request.integer("timeout") ?? usual), Self.longestTimeout)
    // A sign-in that is kept hands out no token: who may have one is asked when one is wanted.
    guard once else {
      return join(
        .login(connection: connection.id, once: false), account, of: connection,
        settings: settings, method: method, timeout: timeout, now: now)
    }
    admit(connection, to: account, for: .login, mayLogin: true, now: now) {
      self.join(
        .login(connection: $1.id, once: true), $0, of: $1, settings: settings, method: method,
        timeout: timeout, now: $2)
    }
  }

  /// Adds an asker to the sign-in of an account, which is started when there is none.
  func join(
    _ asker: SignIn.Asker, _ account: Account, of connection: Connection,
    settings: SignInSettings? = nil, method: SignIn.Method = .browser,
    timeout: Int64 = defaultTimeout, now: BootInstant
  ) {
    hold(connection, for: account)
    if let signIn = account.signIn {
      signIn.add(asker)
      if signIn.prompt != nil { show(signIn, to: connection, hasJoined: true, now: now) }
      return
    }
    endFinishedSignIns()
    let lane = CourierJob.Lane.signIn
    guard runningJobs(in: lane) < lane.places else {
      return answer(
        connection, Failure(.temporarilyUnavailable, "too many sign-ins are going on already"))
    }
    let section = configuration.account(account.name.text)
    let settings =
      settings ?? account.session?.settings.renewed(by: section)
      ?? SignInSettings(name: account.name, section: section, overrides: [])
    let signIn = SignIn(
      settings: settings, method: method, expires: now.adding(seconds: timeout), courier: newID(),
      asker: asker)
    account.signIn = signIn
    start(.signIn(account: account), id: signIn.courier, timeout: timeout, now: now)
  }

  /// Keys that count only in the file: whoever asks must not loosen what he is judged by.
  private static let unasked: Set<String> = [
    KnownKey.clientSecret, KnownKey.allow, KnownKey.confirm, KnownKey.lifetime, KnownKey.idle,
  ]

  /// What the command line put over the configuration, key by key.
  private static func overrides(of request: AttributeBlock) -> [Setting] {
    var overrides: [Setting] = []
    request.visit { key, _, value in
      guard let key = AttributeBlock.text(key), let value = AttributeBlock.text(value),
        !unasked.contains(key), KnownKey.named(key)?.place == .account
      else { return }
      overrides.append(Setting(key: key, value: value))
    }
    return overrides
  }

  private static func namesServer(_ request: AttributeBlock) -> Bool {
    let keys: [StaticString] = ["issuer", "token_endpoint", "resource_url"]
    return keys.contains { request[$0] != nil } || !request.list("resource").isEmpty
  }

  /// The account a sign-in is for; one that keeps nothing needs no name.
  private func nameForLogin(
    _ request: AttributeBlock, once: Bool, of connection: Connection
  ) -> AccountName? {
    if once, request["account"] == nil, Self.namesServer(request) {
      return AccountName("once-\(connection.id)")
    }
    switch accountName(request) {
    case .success(let name): return name
    case .failure(let failure):
      answer(connection, failure)
      return nil
    }
  }

  // MARK: Leaving

  /// A client that waited has gone; a sign-in nobody waits for any more is ended.
  func withdraw(_ connection: UInt64, from account: Account) {
    account.withdraw(connection: connection)
    guard let signIn = account.signIn else { return }
    signIn.remove(connection)
    guard signIn.askers.isEmpty else { return }
    keepRegistration(of: signIn, account)
    account.signIn = nil
    if let courier = couriers[signIn.courier] { end(courier) }
    dropIfBlank(account)
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
