import Attributes
import Configuration
import Glibc
import Platform
import Secrets

/// `status`: what is known of each account, and of the agent; never a token.
extension AgentServer {
  func status(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    var names = configuration.accounts.map(\.name.text)
    let configured = Set(names)
    names += accounts.filter { !$1.isBlank && !configured.contains($0) }.keys.sorted()
    if request["account"] != nil {
      guard case .success(let name) = accountName(request), names.contains(name.text) else {
        return answer(connection, unknown(printable(request.string("account") ?? "", limit: 64)))
      }
      names = [name.text]
    }
    for name in names {
      if let account = accounts[name] { endIfOver(account, now: now) }
      append(connection) { (reply) throws(AttributeFault) in
        try describe(name, to: &reply, now: now)
      }
    }
    describeExposures(of: Set(names), to: &connection.output, now: now)
    answer(connection) { (reply) throws(AttributeFault) in
      try describeAgent(to: &reply, accounts: names.count)
    }
  }

  private func append(
    _ connection: Connection, _ write: (inout SecretBuffer) throws(AttributeFault) -> Void
  ) {
    do throws(AttributeFault) { try write(&connection.output) } catch {
      connection.output.append("last_error", oneLine: error.sentence)
    }
    connection.output.endBlock()
  }

  private func describe(
    _ name: String, to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
    let account = accounts[name]
    let section = configuration.account(name)
    let misfit = account.flatMap { self.misfit(of: $0) }
    try reply.append("account", name)
    reply.append("state", constant: state(of: account, misfit: misfit, now: now))
    let settings = account?.session?.settings
    for (key, value) in [
      ("issuer", account?.session?.issuer ?? section?["issuer"] ?? settings?["issuer"]),
      (
        "client_id",
        section?["client_id"] ?? settings?["client_id"]
          ?? account?.session?.carried.text("session.client_id")
      ),
    ] {
      if let value { try reply.append(key: key, value: value) }
    }
    for url in section?.all("credential_url") ?? [] {
      try reply.append(key: "credential_url", isList: true, value: url)
    }
    if let session = account?.session {
      try describe(session, of: account, to: &reply, now: now)
    }
    for allowed in section?.all(KnownKey.allow) ?? [] {
      try reply.append(key: KnownKey.allow, isList: true, value: allowed)
    }
    if let confirm = section?[KnownKey.confirm] {
      try reply.append(key: KnownKey.confirm, value: confirm)
    }
    if account?.registration != nil { reply.append("registered", constant: "yes") }
    if let warning = account?.warning { reply.append("warning", oneLine: warning) }
    if let failure = misfit ?? account?.lastError {
      reply.append("last_error", oneLine: failure.description)
      if let at = account?.lastErrorAt { reply.append("last_error_at", at) }
      if let hint = failure.hint { reply.append("hint", oneLine: hint) }
    } else if vault.hidesSessions {
      reply.append("hint", oneLine: "sallyport unlock")
    } else if account?.session == nil {
      reply.append("hint", oneLine: "sallyport login \(name)")
    }
  }

  private func describe(
    _ session: Session, of account: Account?, to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
    if let subject = session.subject { try reply.append("sub", subject) }
    if let username = session.username { try reply.append("username", username) }
    try reply.append("scope", session.scope)
    try reply.append("token_type", session.tokenType)
    for resource in session.resources {
      try reply.append(key: "resource", isList: true, value: resource)
    }
    if session.needsProof { reply.append("dpop_bound", constant: "yes") }
    if session.narrowed.count > 0 { reply.append("narrowed", Int64(session.narrowed.count)) }
    if let expiresAt = session.expiresAt {
      reply.append("expires_at", expiresAt)
    }
    if let remaining = session.remaining(at: now) {
      reply.append("expires_in", remaining)
    }
    let refreshable: StaticString = session.refreshToken == nil ? "no" : "yes"
    reply.append("refreshable", constant: refreshable)
    reply.append("obtained_at", session.obtained.wallClockSeconds)
    if let refreshed = session.refreshed {
      reply.append("last_refresh_at", refreshed.wallClockSeconds)
    }
    if let account {
      let limits = sessionLimits(of: account)
      for (key, end) in [
        ("lifetime_ends_at" as StaticString, limits.lifetimeEnd(of: session)),
        ("idle_ends_at", limits.idleEnd(of: session)),
      ] {
        if let end { reply.append(key, end.wallClockSeconds) }
      }
    }
    if let due = session.refreshDue, session.isInUse {
      reply.append("next_refresh_at", max(due, now).wallClockSeconds)
    }
  }

  private func state(of account: Account?, misfit: Failure?, now: BootInstant) -> StaticString {
    if vault.hidesSessions { return "locked" }
    guard let account else { return "signed-out" }
    if account.departure != nil { return "signing-out" }
    if account.signIn != nil { return "signing-in" }
    guard let session = account.session, misfit == nil else { return "signed-out" }
    if account.isRefreshing { return "refreshing" }
    if session.isUsable(at: now) { return "signed-in" }
    // With a refresh token an expired access token is replaced at the next request.
    return session.refreshToken == nil ? "expired" : "signed-in"
  }

  private func describeAgent(to reply: inout SecretBuffer, accounts: Int) throws(AttributeFault) {
    reply.append("event", constant: "done")
    try reply.append("version", sallyportVersion)
    reply.append("pid", Int64(getpid()))
    try reply.append("socket", socketPath)
    try describeVault(to: &reply)
    try reply.append("memory_guard", pool.weakestGuard.name)
    reply.append("accounts", Int64(accounts))
    if let log {
      try reply.append("log", log.path)
      if let fault = log.fault {
        reply.append("log_error", oneLine: fault.sentence)
        if let hint = fault.hint { reply.append("log_hint", oneLine: hint) }
      }
    }
    if let path = configuration.path { try reply.append("config", path) }
    if let failure = configurationFailure {
      reply.append("config_error", oneLine: failure.description)
      if let hint = failure.hint { reply.append("config_hint", oneLine: hint) }
    }
  }
}
