import Attributes
import Configuration
import Glibc
import Platform

/// Those who come to a narrow socket: they get its token, and nothing else.
extension AgentServer {
  // MARK: Who comes

  /// Takes a few of those who have connected to a narrow socket.
  func accept(_ exposure: Exposure, now: BootInstant) {
    // The timer may be late, after the machine has slept.
    guard exposure.ends > now else { return endExposure(exposure.id) }
    for _ in 0..<Exposure.mostAccepted {
      // What the one before has asked can have ended the socket.
      guard exposure.hasRoom, exposures[exposure.id] != nil else { return }
      do throws(SystemError) {
        guard let descriptor = try UnixSocket.accept(exposure.socket.listener) else { return }
        let peer = try UnixSocket.peer(of: descriptor)
        makeRoom()
        makeRoom(in: exposure)
        let connection = Connection(
          id: newID(), descriptor: descriptor, peer: peer, now: now, pool: pool,
          exposure: exposure)
        connections[connection.id] = connection
        exposure.connections[connection.id] = connection
        greet(connection, exposure, now: now)
      } catch { return pauseAccepting(now: now) }
    }
  }

  private func greet(_ connection: Connection, _ exposure: Exposure, now: BootInstant) {
    guard !exposure.serves(connection.peer.userID) else {
      return serve(connection, events: POLLIN, now: now)
    }
    answer(
      connection,
      Failure(
        .accessDenied,
        "this socket is not for user \(connection.peer.userID): expose it with --allow-uid"))
    connection.closesAfterOutput = true
    flush(connection, now: now)
  }

  /// Closes the idle connection of a full socket that was silent longest.
  private func makeRoom(in exposure: Exposure) {
    guard exposure.connections.count >= Exposure.mostConnections else { return }
    let idle = exposure.connections.values.filter { !$0.isBusy }
    if let oldest = idle.min(by: { $0.lastActive < $1.lastActive }) { close(oldest) }
  }

  // MARK: What they get

  func handle(
    _ request: AttributeBlock, of connection: Connection, through exposure: Exposure,
    now: BootInstant
  ) {
    guard exposure.ends > now else {
      connection.closesAfterOutput = true
      return answer(connection, exposure.refusal("its time is over"))
    }
    if request.has("action", "token") {
      giveToken(request, of: connection, through: exposure, now: now)
    } else if request.has("action", "get") {
      giveCredential(request, of: connection, through: exposure, now: now)
    } else if request.has("action", "version") {
      answer(connection) { (reply) throws(AttributeFault) in
        try reply.append("version", sallyportVersion)
      }
    } else {
      let name = printable(request.string("action") ?? "", limit: 40)
      answer(connection, exposure.refusal("\(name.isEmpty ? "no action" : name) is refused"))
    }
  }

  private func giveToken(
    _ request: AttributeBlock, of connection: Connection, through exposure: Exposure,
    now: BootInstant
  ) {
    do throws(Failure) {
      if request["account"] != nil, request.string("account") != exposure.account.text {
        throw exposure.refusal("another account is refused")
      }
      let narrowing = try Narrowing.read(request)
      guard narrowing == nil || narrowing == exposure.narrowing else {
        throw exposure.refusal("another scope, resource or audience is refused")
      }
      give(
        .token(wantsIDToken: false), validity: try validity(request, exposure), to: connection,
        through: exposure, now: now)
    } catch {
      answer(connection, error)
    }
  }

  /// git sends a token to whatever server it talks to: it gets one only for those of the account.
  private func giveCredential(
    _ request: AttributeBlock, of connection: Connection, through exposure: Exposure,
    now: BootInstant
  ) {
    guard let url = CredentialRequest(request),
      let settings = configuration.accounts(answering: url).first(where: {
        $0.name == exposure.account
      })
    else { return answer(connection) { _ in } }
    let username = request.string("username") ?? settings["username"]
    give(
      .credential(asBearer: wantsBearer(request), username: username),
      validity: RefreshPolicy.defaultValidity, to: connection, through: exposure, now: now)
  }

  private func give(
    _ form: TokenRequest.Form, validity: Int64, to connection: Connection,
    through exposure: Exposure, now: BootInstant
  ) {
    guard let account = accounts[exposure.account.text] else {
      return answer(
        connection, Failure(.loginRequired, "nobody is signed in to \(exposure.account)"))
    }
    if let failure = exposure.recentFailure(at: now) { return answer(connection, failure) }
    var asker = TokenRequest(
      connection: connection.id, form: form, validity: validity, mayLogin: false,
      narrowing: exposure.narrowing)
    // Whoever is trusted with one token is not to use up a refresh token at each request: a token is
    // replaced for him once half of its life is over, and not before.
    if let lifetime = lifetime(of: exposure) { asker.validity = min(validity, lifetime / 2) }
    serve(asker, from: account, to: connection, now: now)
  }

  private func validity(
    _ request: AttributeBlock, _ exposure: Exposure
  ) throws(Failure) -> Int64 {
    guard request["min_valid"] != nil else { return RefreshPolicy.defaultValidity }
    guard let validity = request.integer("min_valid"), validity >= 0 else {
      throw Failure(.invalidRequest, "min_valid is not a number of seconds")
    }
    if let lifetime = lifetime(of: exposure), validity > lifetime {
      throw exposure.refusal(
        "it lives for \(lifetime) s, and one that is valid for \(validity) s is refused")
    }
    return validity
  }

  /// How long the server lets the token of a narrow socket live; nil where that is not known.
  private func lifetime(of exposure: Exposure) -> Int64? {
    guard let session = accounts[exposure.account.text]?.session else { return nil }
    guard let narrowing = exposure.narrowing, let kept = session.narrowed.take(narrowing) else {
      return session.lifetime
    }
    return kept.lifetime
  }
}
