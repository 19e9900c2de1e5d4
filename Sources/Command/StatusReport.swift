import Attributes
import Configuration

/// All that can be said about the accounts, with an agent or without.
struct StatusReport {
  var accounts: [AccountStatus] = []
  /// The narrow sockets of these accounts.
  var exposures: [ExposureStatus] = []
  /// Nil when no agent is running.
  var agent: AgentStatus?
  /// What the server says of the person, where that was asked for.
  var userInfo: UserInfo?

  /// Asks the agent; where none is running, the configuration tells which accounts there are.
  static func load(account: String?) throws(Failure) -> StatusReport {
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      return try withoutAgent(account)
    }
    var request = Request("status")
    try request.add("account", account)
    try request.send(on: connection)
    var report = StatusReport()
    while report.agent == nil {
      try connection.next { (block) throws(Failure) in
        if block.has("event", "done") {
          report.agent = AgentStatus(block)
        } else if block.has("event", "exposed") {
          report.exposures.append(ExposureStatus(block))
        } else {
          report.accounts.append(AccountStatus(block))
        }
      }
    }
    return report
  }

  private static func withoutAgent(_ account: String?) throws(Failure) -> StatusReport {
    let file = try Configured.load().file
    // Under this setting an agent would not look at the vault.
    let hasVault = file.vault != .memory && VaultFileFacts() != nil
    guard let account else {
      return StatusReport(
        accounts: file.accounts.map { AccountStatus(withoutAgent: $0, hasVault: hasVault) })
    }
    guard let settings = file.account(account) else {
      throw Failure(
        .failed, "no account \(account) is configured",
        hint: "sallyport login \(account) --issuer URL --client-id ID")
    }
    return StatusReport(accounts: [AccountStatus(withoutAgent: settings, hasVault: hasVault)])
  }

  /// The report as one line of JSON, with the names of the protocol.
  func json() -> JSONText {
    var json = JSONText()
    json.beginObject()
    if let agent { Self.add(agent, to: &json) } else { json.addNull("agent") }
    json.beginArray("accounts")
    for account in accounts {
      let isAsked = userInfo != nil && userInfo?.account == account.account
      Self.add(account, userInfo: isAsked ? userInfo?.json : nil, to: &json)
    }
    json.endArray()
    if agent != nil {
      json.beginArray("exposed")
      for exposure in exposures { exposure.add(to: &json) }
      json.endArray()
    }
    json.endObject()
    json.endLine()
    return json
  }

  private static func add(_ agent: AgentStatus, to json: inout JSONText) {
    json.beginObject("agent")
    json.add("version", agent.version)
    json.add("pid", ifKnown: agent.processID)
    json.add("socket", ifKnown: agent.socket)
    json.add("vault", ifKnown: agent.vault.source)
    json.add("vault_state", ifKnown: agent.vault.state)
    json.add("vault_path", ifKnown: agent.vault.path)
    json.add("vault_error", ifKnown: agent.vault.error)
    json.add("vault_hint", ifKnown: agent.vault.hint)
    json.add("memory_guard", ifKnown: agent.memoryGuard)
    json.add("config", ifKnown: agent.configuration)
    json.add("config_error", ifKnown: agent.configurationError)
    json.add("log", ifKnown: agent.log)
    json.add("log_error", ifKnown: agent.logError)
    json.endObject()
  }

  private static func add(
    _ account: AccountStatus, userInfo: String?, to json: inout JSONText
  ) {
    json.beginObject()
    json.add("account", account.account)
    json.add("state", account.state)
    json.add("issuer", ifKnown: account.issuer)
    json.add("client_id", ifKnown: account.clientID)
    json.add("sub", ifKnown: account.subject)
    json.add("username", ifKnown: account.username)
    json.add("scope", ifKnown: account.scope)
    json.add("token_type", ifKnown: account.tokenType)
    if account.isBound { json.add("dpop_bound", true) }
    json.add("expires_at", ifKnown: account.expiresAt)
    json.add("expires_in", ifKnown: account.expiresIn)
    if let isRefreshable = account.isRefreshable { json.add("refreshable", isRefreshable) }
    json.add("obtained_at", ifKnown: account.obtainedAt)
    json.add("last_refresh_at", ifKnown: account.lastRefreshAt)
    json.add("next_refresh_at", ifKnown: account.nextRefreshAt)
    json.add("lifetime_ends_at", ifKnown: account.lifetimeEndsAt)
    json.add("idle_ends_at", ifKnown: account.idleEndsAt)
    json.add("warning", ifKnown: account.warning)
    json.add("last_error", ifKnown: account.lastError)
    json.add("last_error_at", ifKnown: account.lastErrorAt)
    json.beginArray("credential_url")
    for url in account.credentialURLs { json.add(element: url) }
    json.endArray()
    if !account.resources.isEmpty {
      json.beginArray("resource")
      for resource in account.resources { json.add(element: resource) }
      json.endArray()
    }
    if !account.allowed.isEmpty {
      json.beginArray("allow")
      for allowed in account.allowed { json.add(element: allowed) }
      json.endArray()
    }
    json.add("confirm", ifKnown: account.confirm)
    if account.isRegistered { json.add("registered", true) }
    json.add("narrowed", ifKnown: account.narrowed)
    if let userInfo { json.add("userinfo", json: userInfo) }
    json.add("hint", ifKnown: account.hint)
    json.endObject()
  }
}

extension JSONText {
  fileprivate mutating func add(_ key: StaticString, ifKnown value: String?) {
    if let value { add(key, value) }
  }

  fileprivate mutating func add(_ key: StaticString, ifKnown value: Int64?) {
    if let value { add(key, value) }
  }
}
