import Glibc
import HTTP1
import OAuth
import Platform
import Synchronization
import TLS

/// The running server: listeners, a thread for each connection, and the state behind a lock.
final class PracticeService: Sendable {
  /// Connections at once; more are closed unanswered.
  private static let maximumConnections = 256
  /// Seconds for the document of a client.
  private static let documentPatience: Int64 = 10
  /// Seconds for the TLS handshake.
  private static let handshakePatience: Int64 = 10

  let port: UInt16
  private let listeners: LoopbackListeners
  private let state: Mutex<AuthorizationServer>
  private let log: RequestLog?
  private let context: TLSServerContext?
  /// This server's own certificate, where it is in a file.
  private let certificateFile: String?
  private let connections = Mutex(0)
  /// The authorities this server answers to: its own addresses under their own names.
  private let authorities: Set<String>
  /// A pipe: readable once ``stop()`` has written to it.
  private let stopReader: Descriptor
  private let stopWriter: Descriptor

  /// - Parameter listeners: already on the port that `settings` name.
  init(
    _ listeners: consuming LoopbackListeners, settings: Settings, log: RequestLog?,
    context: TLSServerContext?, certificateFile: String? = nil
  ) throws(SystemError) {
    port = listeners.port
    let port = listeners.port
    let defaultPort = context == nil ? 80 : 443
    authorities = Set(
      ["localhost", "127.0.0.1", "[::1]"].flatMap { host in
        port == defaultPort ? [host, "\(host):\(port)"] : ["\(host):\(port)"]
      })
    self.listeners = listeners
    self.log = log
    self.context = context
    self.certificateFile = certificateFile
    state = Mutex(AuthorizationServer(settings))
    let pair = try DescriptorPair.pipe().take()
    stopReader = Descriptor(owning: pair.first)
    stopWriter = Descriptor(owning: pair.second)
  }

  /// Accepts connections until ``stop()``; returns at once.
  func start() -> Bool { Thread.start { [self] in acceptAll() } }

  /// Accepts no more; connections that are open are served to their end.
  func stop() { try? writeAll(stopWriter.number, "x") }

  /// Answers one request and notes it, in this order: a client that has its answer finds the line.
  ///
  /// - Parameter certificate: what the client has shown on this connection, DER.
  func answer(_ request: Request, certificate: [UInt8]? = nil) -> Reply {
    let now = wallClockSeconds()
    let reply = reply(to: request, certificate, at: now)
    log?.note(request, reply, at: now)
    return reply
  }

  private func reply(to request: Request, _ certificate: [UInt8]?, at now: Int64) -> Reply {
    // A page of another name that leads here is not ours to answer (DNS rebinding, RFC 9110 §7.4).
    guard authorities.contains(request.host.lowercased()) else {
      return .refused(Refusal(.invalidRequest, "this server has another name", status: 421))
    }
    guard let seed = try? RandomBytes.generate(Surroundings.seedLength) else {
      return .refused(.serverError)
    }
    learnClient(of: request)
    let surroundings = Surroundings(now: now, seed: seed, clientCertificate: certificate)
    return state.withLock { $0.respond(to: request, in: surroundings) }
  }

  /// Fetches the document that a client is, before the state is locked: this server may be the one
  /// that serves it. Only addresses of this machine are asked.
  private func learnClient(of request: Request) {
    guard let address = state.withLock({ $0.documentWanted(by: request) }) else { return }
    let trust = TrustSources(
      certificateFile: environmentVariable("SSL_CERT_FILE"),
      certificateDirectory: environmentVariable("SSL_CERT_DIR"),
      additionalFile: certificateFile)
    let client = LoopbackClient(
      trust: trust, deadline: BootInstant.now.adding(seconds: Self.documentPatience))
    guard let response = try? client.fetch(address, posting: nil), response.status == 200,
      let document = try? JSONValue.object(parsing: response.body)
    else { return }
    state.withLock { $0.learn(document, from: address) }
  }

  private func acceptAll() {
    while true {
      var entries = ([stopReader.number] + listeners.sockets).map {
        pollfd(fd: $0, events: Int16(POLLIN), revents: 0)
      }
      let count = retryingInterrupts { Int(poll(&entries, nfds_t(entries.count), -1)) }
      guard count > 0, entries[0].revents == 0 else { return }
      for entry in entries.dropFirst() where entry.revents != 0 { acceptOne(from: entry.fd) }
    }
  }

  private func acceptOne(from listener: Int32) {
    let socket = accept(listener, nil, nil)
    guard socket >= 0 else {
      // Out of descriptors: the connection stays in the queue, and asking at once would spin.
      if errno == EMFILE || errno == ENFILE { usleep(50_000) }
      return
    }
    _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
    _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    let isWelcome = connections.withLock { count in
      guard count < Self.maximumConnections else { return false }
      count += 1
      return true
    }
    guard isWelcome, Thread.start({ [self] in serve(socket) }) else {
      close(socket)
      if isWelcome { connections.withLock { $0 -= 1 } }
      return
    }
  }

  private func serve(_ socket: Int32) {
    if let wire = wire(over: socket) { Connection(wire: wire, service: self).serve() }
    close(socket)
    connections.withLock { $0 -= 1 }
  }

  private func wire(over socket: Int32) -> Wire? {
    guard let context else { return .plain(socket) }
    guard let connection = try? TLSConnection(descriptor: socket, context: context) else {
      return nil
    }
    let deadline = BootInstant.now.adding(seconds: Self.handshakePatience)
    do { try connection.handshake(deadline: deadline.asInt64) } catch { return nil }
    return .protected(connection)
  }
}
