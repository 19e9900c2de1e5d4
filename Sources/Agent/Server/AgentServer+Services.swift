import Attributes
import Platform

/// What a courier does with an access token for somebody who waits: exchanges, proofs, and what the
/// server says of the person.
extension AgentServer {
  // MARK: Exchange (RFC 8693)

  func awaitExchange(
    _ narrowing: Narrowing, _ request: TokenRequest, _ account: Account, _ connection: Connection,
    start: Bool, now: BootInstant
  ) {
    guard let session = account.session else { return }
    hold(connection, for: account)
    guard start else { return account.awaitExchange(narrowing, request) }
    let generation = account.exchangeStarted(narrowing)
    account.awaitExchange(narrowing, request)
    submit(.exchange(account, session, narrowing, generation: generation), now: now)
  }

  func exchangeEnded(
    _ account: Account, _ narrowing: Narrowing, generation: UInt64, _ outcome: CourierOutcome,
    now: BootInstant
  ) {
    guard
      let end = account.exchangeEnded(
        narrowing, generation: generation, outcome, at: now, pool: pool),
      let session = account.session
    else { return }
    watchExpiry(of: account)
    for request in end.answered {
      guard let connection = connections[request.connection] else { continue }
      let kept = session.narrowed.take(narrowing)
      if let failure = end.failure, kept?.isUsable(at: now) != true {
        answer(connection, failure)
        continue
      }
      let warning = end.failure.map { "could not exchange the token: \($0.description)" }
      hand(kept, session, of: account, to: connection, request, warning: warning, now: now)
    }
  }

  /// Ends the exchanges of an account whose session is given up.
  func endExchanges(of account: Account) {
    waitingJobs.remove { $0.isExchange(of: account) }
    for courier in couriers.values where courier.job.isExchange(of: account) { end(courier) }
  }

  // MARK: Proof (RFC 9449)

  /// Has the key of the session prove that it may use `token`, and answers then.
  func prove(_ service: CourierJob.Service, to connection: Connection, now: BootInstant) {
    hold(connection, for: service.account)
    submit(.prove(service), now: now)
  }

  func proofEnded(_ service: CourierJob.Service, _ outcome: CourierOutcome, now: BootInstant) {
    guard let connection = stillServed(service) else { return }
    switch outcome {
    case .refused(let refusal): answer(connection, refusal.failure)
    case .done(let block):
      service.session.carry(block, pool: pool)
      guard let proof = block["dpop"], !proof.isEmpty else {
        return answer(connection, Failure(.failed, "the courier's answer has no proof"))
      }
      write(service, proof: proof, to: connection, now: now)
    }
  }

  // MARK: UserInfo (OpenID Connect Core 5.3)

  func userInfo(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    let asker = TokenRequest(
      connection: connection.id, form: .userInfo, validity: RefreshPolicy.defaultValidity,
      mayLogin: false)
    admit(connection, to: account, for: .userinfo, mayLogin: false, now: now) {
      self.serve(asker, from: $0, to: $1, now: $2)
    }
  }

  func askUserInfo(_ service: CourierJob.Service, for connection: Connection, now: BootInstant) {
    hold(connection, for: service.account)
    submit(.userInfo(service), now: now)
  }

  func userInfoEnded(_ service: CourierJob.Service, _ outcome: CourierOutcome) {
    guard let connection = stillServed(service) else { return }
    switch outcome {
    case .refused(let refusal): answer(connection, refusal.failure)
    case .done(let block):
      service.session.carry(block, pool: pool)
      answer(connection) { (reply) throws(AttributeFault) in
        reply.append("event", constant: "done")
        try reply.append("account", service.account.name.text)
        try block.visit { (key, isList, value) throws(AttributeFault) in
          let isTold =
            key.elementsEqual("sub".utf8) || key.elementsEqual("userinfo".utf8)
            || key.starts(with: "claim.".utf8)
          if isTold { try reply.append(key: key, isList: isList, value: value) }
        }
        for warning in block.strings("warning") {
          try reply.append(key: "warning", isList: true, value: printable(warning))
        }
      }
      noteGiven(
        .userinfo, of: service.account, service.token.scope, to: connection, now: clock())
    }
  }

  // MARK: Whether it still matters

  /// The connection that waits for a service; nil when it has gone.
  ///
  /// A session that has ended meanwhile serves nobody any more, and whoever waits is told so.
  private func stillServed(_ service: CourierJob.Service) -> Connection? {
    endIfOver(service.account, now: clock())
    guard let connection = connections[service.request.connection] else { return nil }
    if service.account.session === service.session, service.account.departure == nil {
      return connection
    }
    answer(
      connection, loginRequired(service.account, "the session of \(service.account.name) has ended")
    )
    return nil
  }

  /// Whether anybody still waits for what a queued job would bring; it is let go of otherwise.
  func isWanted(_ job: CourierJob) -> Bool {
    switch job {
    case .prove(let service), .userInfo(let service):
      connections[service.request.connection] != nil
    case .exchange(let account, _, let narrowing, let generation):
      !account.exchangeWithdrawn(narrowing, generation: generation)
    case .exporting(let export): connections[export.connection] != nil
    case .importing(let task): connections[task.connection] != nil
    case .signIn, .refresh, .revoke, .revokeFormer, .endSession, .unregister, .seal, .unseal:
      true
    }
  }
}
