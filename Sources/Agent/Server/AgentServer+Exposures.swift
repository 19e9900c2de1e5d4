import Attributes
import Configuration
import Glibc
import Platform
import Secrets

/// Narrow sockets: how they begin, and every way they end.
extension AgentServer {
  /// Has a token fetched for the socket first: what the server refuses is told to whoever exposes it,
  /// and not to those who come to it later.
  func expose(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let account = account(for: request, of: connection) else { return }
    do throws(Failure) {
      let asker = TokenRequest(
        connection: connection.id, form: .exposure(try ExposureOrder(request)),
        validity: RefreshPolicy.defaultValidity, mayLogin: false,
        narrowing: try Narrowing.read(request))
      // Whoever comes to the socket has the token: to expose it is to be given it.
      admit(connection, to: account, for: .expose, mayLogin: false, now: now) {
        self.serve(asker, from: $0, to: $1, now: $2)
      }
    } catch {
      answer(connection, error)
    }
  }

  /// Opens the socket; its first token is there.
  func open(
    _ order: ExposureOrder, _ request: TokenRequest, _ token: AccessToken, of account: Account,
    to connection: Connection, remark: String?, now: BootInstant
  ) {
    do throws(Failure) {
      guard !token.needsProof else { throw Self.unexposable(account.name) }
      let exposure = try begin(order, request.narrowing, of: account, now: now)
      let unrecorded = record()
      noteGiven(.expose, of: account, token.scope, to: connection, now: now)
      answer(connection) { (reply) throws(AttributeFault) in
        reply.append("event", constant: "done")
        try reply.append("account", account.name.text)
        try reply.append("socket", exposure.socket.path)
        try reply.append("scope", token.scope)
        reply.append("expires_in", exposure.ends.seconds(since: now))
        reply.append("expires_at", wallClockSeconds() + exposure.ends.seconds(since: now))
        for warning in [remark, unrecorded].compactMap(\.self) {
          try reply.append(key: "warning", isList: true, value: printable(warning))
        }
      }
    } catch {
      answer(connection, error)
    }
  }

  private func begin(
    _ order: ExposureOrder, _ narrowing: Narrowing?, of account: Account, now: BootInstant
  ) throws(Failure) -> Exposure {
    guard exposures.count < Exposure.most else {
      throw Failure(
        .failed, "there are \(Exposure.most) narrow sockets already",
        hint: "sallyport expose --stop NAME")
    }
    let path = try NarrowSocketPath.prepare(order.path)
    let exposure = Exposure(
      id: newID(), account: account.name, narrowing: narrowing,
      socket: try NarrowSocket(at: path, isForOthers: !order.users.isEmpty), users: order.users,
      ends: now.adding(seconds: order.lifetime))
    exposures[exposure.id] = exposure
    deadlines.add(.exposure(exposure.id), at: exposure.ends)
    return exposure
  }

  /// Why a token that is bound to a key is not given through a narrow socket.
  ///
  /// A proof for every request that is asked for would be as good as the key itself.
  static func unexposable(_ account: AccountName) -> Failure {
    Failure(
      .failed,
      "the tokens of \(account) are bound to a key (DPoP), which stays in the agent: whoever got one"
        + " through a narrow socket could not use it")
  }

  /// Writes down which sockets there are; what has gone wrong is returned.
  private func record() -> String? {
    do throws(SystemError) {
      try narrowRecord.write(exposures.values.map(\.socket.entry))
      for exposure in exposures.values { try narrowRecord.forgetEnded(exposure.socket.path) }
      return nil
    } catch {
      return
        "cannot note the socket, which will stay behind if the agent is killed: \(error.reason)"
    }
  }

  /// Removes the sockets an agent that was killed has left behind.
  func sweepNarrowSockets() {
    let left = narrowRecord.entries().filter { $0.isStale || !$0.isInPlace }
    noteEnded(left.map(\.path))
    for entry in left { entry.remove() }
    _ = record()
  }

  /// Sees to it that no client starts an agent where a narrow socket was.
  private func noteEnded(_ paths: [String]) {
    do throws(SystemError) { try narrowRecord.noteEnded(paths) } catch {
      Diagnostics.tell("cannot note that narrow sockets have ended: \(error.reason)")
    }
  }

  // MARK: Ends

  func unexpose(_ request: AttributeBlock, of connection: Connection) {
    let named: [Exposure]
    if let path = request.string("socket") {
      let place = NarrowSocketRecord.resolved(path)
      named = exposures.values.filter { $0.socket.path == path || $0.socket.path == place }
    } else if let name = request.string("account") {
      named = exposures.values.filter { $0.account.text == name }
    } else if request.flag("all") {
      named = Array(exposures.values)
    } else {
      let failure = Failure(.invalidRequest, "the request names neither a socket nor an account")
      return answer(connection, failure)
    }
    guard !named.isEmpty || request.flag("all") else {
      let place = request.string("socket").map { "at \(printable($0))" }
      let what = place ?? "of \(printable(request.string("account") ?? ""))"
      return answer(
        connection, Failure(.failed, "nothing is exposed \(what)", hint: "sallyport status"))
    }
    end(named)
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      for path in named.map(\.socket.path).sorted() {
        try reply.append(key: "socket", isList: true, value: path)
      }
    }
  }

  /// The time of a narrow socket is over.
  func endExposure(_ id: UInt64) {
    if let exposure = exposures[id] { end([exposure]) }
  }

  /// Ends the narrow sockets of an account that is signed out.
  func endExposures(of account: AccountName) {
    guard !exposures.isEmpty else { return }
    end(exposures.values.filter { $0.account == account })
  }

  func endAllExposures() { end(Array(exposures.values)) }

  private func end(_ ended: [Exposure]) {
    guard !ended.isEmpty else { return }
    noteEnded(ended.map(\.socket.path))
    for exposure in ended {
      // Nobody is to find a socket that is not served any more.
      exposure.socket.entry.remove()
      exposures[exposure.id] = nil
      for connection in exposure.connections.values {
        if connection.isBusy {
          if let account = connection.awaits { withdraw(connection.id, from: account) }
          answer(connection, Failure(.accessDenied, "this socket is served no longer"))
          _ = connection.send()
        }
        close(connection)
      }
    }
    _ = record()
  }

  // MARK: Status

  /// A block for each narrow socket, of one account or of all.
  func describeExposures(
    of names: Set<String>, to output: inout SecretBuffer, now: BootInstant
  ) {
    let told = exposures.values.filter { names.contains($0.account.text) && $0.ends > now }
    for exposure in told.sorted(by: { $0.socket.path < $1.socket.path }) {
      do throws(AttributeFault) { try describe(exposure, to: &output, now: now) } catch {
        output.append("last_error", oneLine: error.sentence)
      }
      output.endBlock()
    }
  }

  private func describe(
    _ exposure: Exposure, to reply: inout SecretBuffer, now: BootInstant
  ) throws(AttributeFault) {
    reply.append("event", constant: "exposed")
    try reply.append("account", exposure.account.text)
    try reply.append("socket", exposure.socket.path)
    if let narrowing = exposure.narrowing {
      if !narrowing.scopes.isEmpty {
        try reply.append("scope", narrowing.scopes.joined(separator: " "))
      }
      for (key, values) in [
        ("resource", narrowing.resources), ("audience", narrowing.audiences),
      ] {
        for value in values { try reply.append(key: key, isList: true, value: value) }
      }
    }
    for user in exposure.users {
      try reply.append(key: "allow_uid", isList: true, value: String(user))
    }
    let remaining = exposure.ends.seconds(since: now)
    reply.append("expires_in", remaining)
    reply.append("expires_at", exposure.ends.wallClockSeconds)
    reply.append("used", exposure.uses)
    if let lastUsed = exposure.lastUsed { reply.append("last_used_at", lastUsed) }
  }
}
