import Attributes
import Glibc
import Platform
import Secrets

/// Clients: reading requests, sending replies, letting go of those that stall or leave.
extension AgentServer {
  func serve(_ connection: Connection, events: Int32, now: BootInstant) {
    if events & (POLLERR | POLLNVAL) != 0 { return close(connection) }
    // Both sides are shut: nobody is left to read an answer.
    if events & POLLHUP != 0, connection.isBusy { return close(connection) }
    if events & POLLOUT != 0 {
      flush(connection, now: now)
      // What it has sent meanwhile has waited in the input until the replies were out.
      if connection.output.isEmpty { takeRequests(of: connection, now: now) }
    }
    guard events & (POLLIN | POLLHUP) != 0, connections[connection.id] != nil,
      !connection.isBusy, !connection.inputEnded
    else { return }
    if connection.isDraining {
      if connection.drain() == .over { close(connection) }
      return
    }
    connection.lastActive = now
    if connection.receive() == .gone { return close(connection) }
    takeRequests(of: connection, now: now)
  }

  /// Answers the requests that have come, up to the first that has to wait.
  func takeRequests(of connection: Connection, now: BootInstant) {
    repeat {
      let found = takeOneRequest(of: connection, now: now)
      if found, connection.output.count < Self.mostUnreadOutput { continue }
      flush(connection, now: now)
      guard found, connection.output.isEmpty, connections[connection.id] != nil else { return }
    } while true
  }

  private func takeOneRequest(of connection: Connection, now: BootInstant) -> Bool {
    guard !connection.isBusy, !connection.closesAfterOutput, connections[connection.id] != nil
    else { return false }
    return connection.nextRequest { request in
      // A request that is whole is progress, even if half of the next one has come with it.
      if connection.stalledSince != nil { connection.stalledSince = now }
      switch request {
      case .success(let block): self.handle(block, of: connection, now: now)
      case .failure(let fault): self.answer(connection, Failure(.invalidRequest, fault.sentence))
      }
    }
  }

  /// Sends what is there and closes a connection that has nothing more to do.
  func flush(_ connection: Connection, now: BootInstant) {
    let sending = connection.send()
    connection.takeOut(through: &scrap)
    switch sending {
    case .gone: return close(connection)
    case .done where !connection.isBusy && connection.inputEnded: return close(connection)
    case .done where connection.closesAfterOutput: connection.beginDraining()
    case .done, .pending: break
    }
    guard watch(connection) else { return close(connection) }
    guard connection.isStalled else {
      connection.stalledSince = nil
      return
    }
    guard connection.stalledSince == nil else { return }
    connection.stalledSince = now
    setDeadline(of: connection, at: now.adding(seconds: limits.stall))
  }

  /// A connection has one deadline at most: it can begin to stall many times before that is due.
  private func setDeadline(of connection: Connection, at instant: BootInstant) {
    if connection.hasDeadline { return }
    connection.hasDeadline = true
    deadlines.add(.connection(connection.id), at: instant)
  }

  /// Closes a connection that has made no progress since its deadline was set.
  func endStalled(_ id: UInt64, now: BootInstant) {
    guard let connection = connections[id] else { return }
    connection.hasDeadline = false
    guard let since = connection.stalledSince else { return }
    let limit = since.adding(seconds: limits.stall)
    if limit <= now { close(connection) } else { setDeadline(of: connection, at: limit) }
  }

  func close(_ connection: Connection) {
    guard connections.removeValue(forKey: connection.id) != nil else { return }
    connection.exposure?.connections[connection.id] = nil
    if let account = connection.awaits { withdraw(connection.id, from: account) }
    if let question = connection.question { withdraw(connection.id, fromQuestion: question) }
    guard connection.isBusy else { return }
    // However many come and go, the requests that wait for the vault are no more than they.
    if !vault.held.isEmpty { vault.held.removeAll { $0.connection == connection.id } }
    endAbandonedEndSessions()
  }

  // MARK: Replies

  /// A request is answered later: until then the connection's next one waits.
  func hold(_ connection: Connection, for account: Account? = nil) {
    connection.isBusy = true
    connection.awaits = account
  }

  /// Writes a whole reply; the connection's next request can be taken.
  func answer(
    _ connection: Connection, _ write: (inout SecretBuffer) throws(AttributeFault) -> Void
  ) {
    do throws(AttributeFault) { try write(&connection.output) } catch {
      connection.output.append(Failure(.failed, error.sentence))
    }
    connection.output.endBlock()
    guard connection.isBusy else { return }
    connection.isBusy = false
    connection.awaits = nil
    ready.append(connection.id)
  }

  func answer(_ connection: Connection, _ failure: Failure) {
    if connection.isBusy { connection.exposure?.noteFailure(failure, now: clock()) }
    answer(connection) { $0.append(failure) }
  }

  func answer(_ id: UInt64, _ failure: Failure) {
    guard let connection = connections[id] else { return }
    answer(connection, failure)
  }

  /// Writes a block of a reply that has more to come, and sends it.
  func tell(_ connection: Connection, _ write: (inout SecretBuffer) throws(AttributeFault) -> Void)
  {
    do throws(AttributeFault) { try write(&connection.output) } catch {
      connection.output.append("message", oneLine: error.sentence)
    }
    connection.output.endBlock()
    // A client that has gone is noticed by the loop; closing it here could end the sign-in it is told
    // about.
    if connection.send() == .pending { _ = watch(connection) }
  }
}
