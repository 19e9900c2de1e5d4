import Glibc
import HTTP1
import OAuth
import Platform
import TLS

/// The server behind the redirect URI, for as long as one sign-in lasts.
///
/// Many connections are served at once, so that none of them can keep the right one out. Whatever
/// is not the answer of this sign-in gets an answer of its own and changes nothing.
final class CallbackServer<Rules: ListenerRules> {
  /// How far the sign-in is, as far as the listener is concerned.
  private enum Phase {
    case awaiting
    /// The answer has come; the same one again waits with it.
    case deciding
    case finished(ResultPage)
    /// The browser was sent elsewhere; there is nothing here any more.
    case left
  }

  private let sockets: ListenerSockets?
  private let context: TLSServerContext?
  let rules: Rules
  private let peers: PeerRule
  private let capacity: Int
  private var connections: [ListenerConnection] = []
  private var phase = Phase.awaiting
  private var answer: Rules.Answer?
  /// Result pages that browsers were told of and have not fetched.
  private var owedPages = 0
  private var lastClose = BootInstant.now
  /// When accepting may go on, after descriptors have run out.
  private var acceptsAfter = BootInstant(nanoseconds: 0)
  private var notice: String?
  private var hasGivenNotice = false
  /// Why the users at the other ends cannot be told; nil while they can.
  private(set) var peersUnchecked: SystemError?

  /// - Parameters:
  ///   - sockets: nil for a redirect URI that nothing is listened to for.
  ///   - context: for a redirect URI with https.
  ///   - capacity: connections that are served at once.
  init(
    sockets: ListenerSockets?, rules: Rules, context: TLSServerContext? = nil,
    peers: PeerRule = PeerRule(), capacity: Int = ListenerLimits.connections
  ) {
    self.sockets = sockets
    self.context = context
    self.rules = rules
    self.peers = peers
    self.capacity = capacity
  }

  /// Serves until something happens that is not the listener's own business.
  func next(
    watching watches: [ListenerWatch], until deadline: BootInstant
  ) -> ListenerEvent<Rules.Answer> {
    while true {
      let ready = turn(watches, until: deadline)
      if let answer {
        self.answer = nil
        return .answer(answer)
      }
      if let ready { return .ready(ready) }
      if BootInstant.now >= deadline { return .deadline }
      if let notice {
        self.notice = nil
        return .notice(notice)
      }
    }
  }

  /// Tells the waiting browsers where the result is.
  func finish(_ page: ResultPage) {
    phase = .finished(page)
    for connection in connections where connection.isHeld { redirect(connection) }
  }

  /// Sends the waiting browsers to another server; from then on there is nothing here.
  func leave(for url: String) {
    phase = .left
    for connection in connections where connection.isHeld {
      connection.answer(ResultPage.leading(to: url))
    }
  }

  /// Serves until the browsers have the result page, or do not come for it; then closes everything.
  ///
  /// A browser that has closed its connection and does not return at once never will; the port is
  /// not kept from the next sign-in for it.
  func linger() {
    let deadline = BootInstant.now.adding(seconds: ListenerLimits.linger)
    while BootInstant.now < deadline, owedPages > 0 || connections.contains(where: \.isWriting) {
      var limit = deadline
      if !connections.contains(where: { $0.isRedirected || $0.isWriting }) {
        limit = min(deadline, lastClose.adding(milliseconds: ListenerLimits.returnTime))
        if BootInstant.now >= limit { break }
      }
      _ = turn([], until: limit)
    }
    sockets?.close()
    connections = []
  }

  /// One round of poll; the place of the first watched descriptor that is ready.
  private func turn(_ watches: [ListenerWatch], until deadline: BootInstant) -> Int? {
    let isAccepting = BootInstant.now >= acceptsAfter
    let listeners = isAccepting ? sockets?.descriptors ?? [] : []
    var entries = watches.map { pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0) }
    entries += listeners.map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
    entries += connections.map {
      pollfd(fd: $0.descriptor, events: Int16($0.events), revents: 0)
    }
    var limit = connections.map(\.deadline).min().map { min($0, deadline) } ?? deadline
    if !isAccepting { limit = min(limit, acceptsAfter) }
    let rest = limit.milliseconds(after: .now)
    _ = retryingInterrupts { Int(poll(&entries, nfds_t(entries.count), rest)) }

    let served = entries.dropFirst(watches.count + listeners.count)
    for (connection, entry) in zip(connections, served) where entry.revents != 0 {
      act(on: connection, connection.handle(Int32(entry.revents)))
    }
    for entry in entries.dropFirst(watches.count).prefix(listeners.count) where entry.revents != 0 {
      accept(from: entry.fd)
    }
    sweep()
    return entries.prefix(watches.count).firstIndex { $0.revents != 0 }
  }

  private func sweep() {
    let now = BootInstant.now
    for connection in connections where connection.deadline <= now {
      act(on: connection, connection.expire())
    }
    if connections.contains(where: \.isClosed) { lastClose = now }
    connections.removeAll(where: \.isClosed)
  }

  private func accept(from listener: Int32) {
    for _ in 0..<ListenerLimits.acceptsPerRound {
      do {
        guard let socket = try sockets?.accept(from: listener) else { return }
        admit(socket)
      } catch {
        // EMFILE and its like: there is no more room until something is closed.
        if !closeOldest() { acceptsAfter = BootInstant.now.adding(milliseconds: 100) }
        return
      }
    }
  }

  /// Takes up a new connection; one of another user never takes a place from the right one.
  private func admit(_ socket: consuming Descriptor) {
    guard let transport = try? ListenerTransport(socket, context: context) else { return }
    let connection = ListenerConnection(transport, postPath: rules.postPath)
    connection.peer = peers.judge(connection.descriptor)
    guard connection.peer != .otherUser else {
      giveNotice()
      return connection.turnAway(ResultPage.refusal(ListenerRefusal.foreign).response)
    }
    connections.append(connection)
    if connections.count > capacity { closeOldest() }
  }

  /// Closes a connection that can be spared; false where there is none.
  @discardableResult
  private func closeOldest() -> Bool {
    guard let index = dispensable else { return false }
    connections.remove(at: index).close()
    return true
  }

  /// The oldest whose peer nobody knows, then the one that has gone longest without a whole request.
  private var dispensable: Int? {
    connections.firstIndex { $0.peer == .unknown || $0.peer == .otherUser }
      ?? connections.firstIndex { $0.isReading && !$0.isRedirected }
      ?? connections.firstIndex { !$0.isHeld && !$0.isRedirected }
  }

  private func act(on connection: ListenerConnection, _ progress: ListenerConnection.Progress) {
    var progress = progress
    // A connection that is kept may bring the next request with the last one.
    while true {
      switch progress {
      case .nothing: return
      case .rejected(let rejection):
        let refusal = ListenerRefusal(rejection.status, rejection.reason)
        return connection.answer(ResultPage.refusal(refusal).response)
      case .request(let request): answer(request, on: connection)
      }
      guard connection.isReading else { return }
      progress = connection.lookAgain()
    }
  }

  private func answer(_ request: Request, on connection: ListenerConnection) {
    if let refusal = refusal(of: connection) {
      return connection.answer(ResultPage.refusal(refusal).response, method: request.method)
    }
    switch (rules.judge(request), phase) {
    case (.refused(let refusal), _):
      connection.answer(ResultPage.refusal(refusal).response, method: request.method)
    case (.resultPage, .finished(let page)):
      owedPages -= 1
      connection.isRedirected = false
      connection.answer(page.response)
    case (.resultPage, _), (.answer, .left):
      connection.answer(ResultPage.refusal(.nothingHere).response)
    case (.answer, .finished):
      connection.hold(keepsAlive: request.keepsAlive)
      redirect(connection)
    case (.answer, .deciding): connection.hold(keepsAlive: request.keepsAlive)
    case (.answer(let judged), .awaiting):
      // The first one counts; a code is sent once (RFC 6749 §4.1.2).
      phase = .deciding
      answer = judged
      connection.hold(keepsAlive: request.keepsAlive)
    }
  }

  private func redirect(_ connection: ListenerConnection) {
    owedPages += 1
    connection.isRedirected = true
    connection.answer(
      ResultPage.leading(to: rules.resultPath),
      then: connection.isKeptAlive ? .anotherRequest : .close)
  }

  private func refusal(of connection: ListenerConnection) -> ListenerRefusal? {
    // The peer may have been missed while the table was read; it is there now if it lives.
    if connection.peer == .unknown { connection.peer = peers.judge(connection.descriptor) }
    switch connection.peer {
    case .sameUser: return nil
    case .unchecked(let error):
      peersUnchecked = error
      return nil
    case .otherUser, .unknown:
      // A peer that has gone already is not one to speak of.
      if connection.peer == .otherUser { giveNotice() }
      return ListenerRefusal.foreign
    }
  }

  private func giveNotice() {
    if !hasGivenNotice {
      notice =
        "a connection of another user was refused; if it was your browser, paste the "
        + "address it shows"
    }
    hasGivenNotice = true
  }
}
