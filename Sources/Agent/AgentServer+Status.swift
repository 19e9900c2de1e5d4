import Attributes
import Configuration
import Platform
import Secrets

/// `status`: what is known of each account, and of the agent; never a token.
extension AgentServer {
  func status(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    var names = configuration.accounts.map(\.name.text)
    let configured = Set(names)
    names += accounts.keys.filter { !configured.contains($0) }.sorted()
    if request["account"] != nil {
      guard case .success(let name) = accountName(request), names.contains(name.text) else {
        return answer(connection, unknown(printable(request.string("account") ?? "", limit: 64)))
      }
      names = [name.text]
    }
    for name in names {
      append(connection) { (connection) throws(AttributeFault) in
        try describe(name, to: connection, now: now)
      }
    }
    answer(connection) { (connection) throws(AttributeFault) in
      try describeAgent(to: connection, accounts: names.count)
    }
  }

  private func append(
    _ connection: Connection, _ write: (Connection) throws(AttributeFault) -> Void
  ) {
    do throws(AttributeFault) { try write(connection) } catch {
      connection.output.append("last_error", oneLine: error.sentence)
    }
    connection.output.endBlock()
  }

  private func describe(
    _ name: String, to connection: Connection, now: BootInstant
  ) throws(AttributeFault) {
    let account = accounts[name]
    let section = configuration.account(name)
    let misfit = account.flatMap { self.misfit(of: $0) }
    try connection.output.append("account", name)
    connection.output.append("state", constant: state(of: account, misfit: misfit, now: now))
    let settings = account?.session?.settings
    for (key, value) in [
      ("issuer", account?.session?.issuer ?? section?["issuer"] ?? settings?["issuer"]),
      ("client_id", section?["client_id"] ?? settings?["client_id"]),
    ] {
      if let value { try connection.output.append(key: key, value: value) }
    }
    for url in section?.all("credential_url") ?? [] {
      try connection.output.append(key: "credential_url", isList: true, value: url)
    }
    if let session = account?.session {
      try describe(session, of: account, to: connection, now: now)
    }
    if let failure = misfit ?? account?.lastError {
      connection.output.append("last_error", oneLine: failure.description)
      if let at = account?.lastErrorAt { connection.output.append("last_error_at", at) }
      if let hint = failure.hint { connection.output.append("hint", oneLine: hint) }
    } else if account?.session == nil {
      connection.output.append("hint", oneLine: "sallyport login \(name)")
    }
  }

  private func describe(
    _ session: Session, of account: Account?, to connection: Connection, now: BootInstant
  ) throws(AttributeFault) {
    if let subject = session.subject { try connection.output.append("sub", subject) }
    if let username = session.username { try connection.output.append("username", username) }
    try connection.output.append("scope", session.scope)
    if let expiresAt = session.expiresAt {
      connection.output.append("expires_at", expiresAt)
    }
    if let remaining = session.remaining(at: now) {
      connection.output.append("expires_in", remaining)
    }
    let refreshable: StaticString = session.refreshToken == nil ? "no" : "yes"
    connection.output.append("refreshable", constant: refreshable)
    connection.output.append("obtained_at", session.obtained.wallClockSeconds)
    if let refreshed = session.refreshed {
      connection.output.append("last_refresh_at", refreshed.wallClockSeconds)
    }
    if let due = session.refreshDue, session.isInUse {
      connection.output.append("next_refresh_at", max(due, now).wallClockSeconds)
    }
  }

  private func state(of account: Account?, misfit: Failure?, now: BootInstant) -> StaticString {
    guard let account else { return "signed-out" }
    if account.signIn != nil { return "signing-in" }
    guard let session = account.session, misfit == nil else { return "signed-out" }
    if account.isRefreshing { return "refreshing" }
    if session.isUsable(at: now) { return "signed-in" }
    // With a refresh token an expired access token is replaced at the next request.
    return session.refreshToken == nil ? "expired" : "signed-in"
  }

  private func describeAgent(to connection: Connection, accounts: Int) throws(AttributeFault) {
    connection.output.append("event", constant: "done")
    try connection.output.append("version", sallyportVersion)
    connection.output.append("pid", Int64(processID))
    try connection.output.append("socket", socketPath)
    connection.output.append("vault", constant: "memory")
    try connection.output.append("memory_guard", pool.weakestGuard.name)
    connection.output.append("accounts", Int64(accounts))
    if let path = configuration.path { try connection.output.append("config", path) }
    if let failure = configurationFailure {
      connection.output.append("config_error", oneLine: failure.description)
      if let hint = failure.hint { connection.output.append("config_hint", oneLine: hint) }
    }
  }
}
