import Attributes
import Platform
import Secrets

/// Writing a token that was found to whoever asked for it.
extension AgentServer {
  /// Answers with `token`, or has a courier do first what the request asks of it.
  func hand(
    _ token: AccessToken?, _ session: Session, of account: Account, to connection: Connection,
    _ request: TokenRequest, warning: String? = nil, now: BootInstant
  ) {
    guard let token, token.isUsable(at: now) else {
      return answer(
        connection,
        Failure(
          .temporarilyUnavailable, "the new access token of \(account.name) has expired already"))
    }
    if account.session === session, endIfOver(account, now: now) {
      return answer(connection, loginRequired(account, "the session of \(account.name) has ended"))
    }
    if request.form != .refreshOnly {
      session.lastUsed = now
      if token === session.token { session.lastServed = now }
    }
    switch request.form {
    case .token where request.proof != nil && token.needsProof:
      prove(
        CourierJob.Service(
          request: request, account: account, session: session, token: token, warning: warning),
        to: connection, now: now)
    case .userInfo:
      askUserInfo(
        CourierJob.Service(
          request: request, account: account, session: session, token: token, warning: warning),
        for: connection, now: now)
    case .exposure(let order):
      let told = remark(warning, token, session, request, now: now)
      open(order, request, token, of: account, to: connection, remark: told, now: now)
    case _ where token.needsProof && connection.exposure != nil:
      answer(connection, Self.unexposable(account.name))
    case .credential where token.needsProof: answer(connection, unprovable(account))
    case .token, .credential, .refreshOnly:
      connection.exposure?.noteUse()
      answer(connection) { (reply) throws(AttributeFault) in
        try write(token, session, of: account, request, to: &reply, now: now)
        if let warning = remark(warning, token, session, request, now: now) {
          reply.append("warning", oneLine: warning)
        }
      }
      note(token, of: account, request, to: connection, now: now)
    }
  }

  /// Writes the answer to `service.request` with the proof a courier has made for it.
  func write(
    _ service: CourierJob.Service, proof: UnsafeRawBufferPointer, to connection: Connection,
    now: BootInstant
  ) {
    let (token, session, request) = (service.token, service.session, service.request)
    guard token.isUsable(at: now) else {
      return answer(
        connection,
        Failure(
          .temporarilyUnavailable, "the access token of \(service.account.name) has just expired"))
    }
    answer(connection) { (reply) throws(AttributeFault) in
      try write(token, session, of: service.account, request, to: &reply, now: now)
      try reply.append("dpop", proof)
      if let warning = remark(service.warning, token, session, request, now: now) {
        reply.append("warning", oneLine: warning)
      }
    }
    note(token, of: service.account, request, to: connection, now: now)
  }

  private func note(
    _ token: AccessToken, of account: Account, _ request: TokenRequest, to connection: Connection,
    now: BootInstant
  ) {
    switch request.form {
    case .token: noteGiven(.token, of: account, token.scope, to: connection, now: now)
    case .credential: noteGiven(.get, of: account, token.scope, to: connection, now: now)
    case .refreshOnly, .userInfo, .exposure: break
    }
  }

  /// Why git gets no token that is bound to a key: it would send it without a proof, and fail.
  func unprovable(_ account: Account) -> Failure {
    Failure(
      .failed,
      "the tokens of \(account.name) are bound to a key (DPoP), and git cannot prove that it may use"
        + " them: an account for git needs dpop_bound_access_tokens = no")
  }

  private func write(
    _ token: AccessToken, _ session: Session, of account: Account, _ request: TokenRequest,
    to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
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
        token, to: &reply, asBearer: asBearer, username: username, now: now)
    case .refreshOnly, .userInfo, .exposure:
      try reply.append("account", account.name.text)
      try writeValidity(token, to: &reply, now: now)
    }
  }

  private func write(
    _ token: AccessToken, _ session: Session, of account: Account, to reply: inout SecretBuffer,
    now: BootInstant
  ) throws(AttributeFault) {
    try reply.append("account", account.name.text)
    try token.secret?.withUnsafeBytes { (bytes) throws(AttributeFault) in
      try reply.append("access_token", bytes)
    }
    try reply.append("token_type", token.type)
    try writeValidity(token, to: &reply, now: now)
    let configured = configuration.account(account.name.text)?["username"]
    if let username = configured ?? session.settings["username"] ?? session.username {
      try reply.append("username", username)
    }
  }

  private func writeValidity(
    _ token: AccessToken, to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
    if let expiresAt = token.expiresAt { reply.append("expires_at", expiresAt) }
    if let remaining = token.remaining(at: now) { reply.append("expires_in", remaining) }
    try reply.append("scope", token.scope)
  }

  /// What a person should know of the token; nil when it is as he asked for it.
  private func remark(
    _ warning: String?, _ token: AccessToken, _ session: Session, _ request: TokenRequest,
    now: BootInstant
  ) -> String? {
    // What the courier said of the session's own token was told at the sign-in.
    if token === session.token || token.warnings.isEmpty {
      return warning ?? session.takeNotice() ?? shortfall(token, request, now: now)
    }
    let all = token.warnings.map { printable($0) } + [warning].compactMap(\.self)
    return all.joined(separator: "; ")
  }

  /// What to say when the server gives no token as long-lived as the asker wants.
  private func shortfall(_ token: AccessToken, _ request: TokenRequest, now: BootInstant) -> String?
  {
    guard case .token = request.form, let remaining = token.remaining(at: now),
      remaining < request.asked
    else { return nil }
    if request.asked > request.validity, request.asked <= token.lifetime ?? 0 {
      return "the token stays valid for \(remaining) s only: a narrow socket gives another one when"
        + " half of its life is over"
    }
    let reason =
      token.satisfies(validity: request.validity, at: now)
      ? "the server gives none that lives longer" : "it could not be replaced yet"
    return "the token stays valid for \(remaining) s only: \(reason)"
  }
}
