import Attributes
import CPlatform
import Configuration
import Glibc
package import Platform
import Secrets

/// The agent: one thread around poll(2) over clients, couriers, signals and one timer.
///
/// It opens no Internet socket and parses nothing but attribute blocks and the configuration file;
/// whatever talks to a network is a courier's job.
package final class AgentServer {
  /// Connections at one time; past it the idle ones that were silent longest are closed.
  static let mostConnections = 4096
  /// Bytes of replies a client may leave unread before its next request is taken.
  static let mostUnreadOutput = 64 * 1024
  /// Milliseconds without accepting after the process has run out of descriptors.
  static let acceptPause: Int64 = 100
  /// Waiting jobs that are kept without asking whether they are wanted yet.
  static let fewJobs = 256

  let pool = SecretPool()
  let configuration: ConfigurationWatcher
  let courierPath: String
  let socketPath: String
  let limits: AgentLimits
  /// The program `sallyport`, without links: it asks for whoever has started it.
  let clientPath: String?
  /// Nil where nothing is written down.
  let log: AuditLog?
  var accounts: [String: Account] = [:]
  var connections: [UInt64: Connection] = [:]
  var exposures: [UInt64: Exposure] = [:]
  let narrowRecord: NarrowSocketRecord
  var couriers: [UInt64: CourierProcess] = [:]
  var questions: [UInt64: Question] = [:]
  /// How a person can be asked, within so many seconds.
  var waysToAsk: (Question.Subject, Int64) -> [QuestionWay] = {
    QuestionWay.all(for: $0, seconds: $1)
  }
  var waitingJobs = JobQueue()
  /// Whether jobs are being started: one that fails at once may lead to the next.
  var isStartingJobs = false
  /// Whether a deadline is set that looks for places anew.
  var hasPlacesDeadline = false
  /// Waiting jobs at which those nobody wants any more are looked for.
  var sweepsJobsAt = AgentServer.fewJobs
  var deadlines = DeadlineQueue<Deadline>()
  /// Connections whose answer is complete and whose next request can be taken.
  var ready: [UInt64] = []
  private let listener: Descriptor
  private let signals: Descriptor
  private let timer: Descriptor
  private var timerSetTo: BootInstant?
  private var acceptsAgainAt: BootInstant?
  private var lastID: UInt64 = 0
  private var isStopping = false
  private let willStop: () -> Void
  let clock: () -> BootInstant

  /// What becomes due; whether it still matters is looked at then.
  enum Deadline {
    case connection(UInt64)
    case courier(UInt64)
    case refreshAhead(account: String)
    case patience(account: String, generation: UInt64)
    case question(UInt64)
    case audit(account: String)
    case accept
    case exposure(UInt64)
    /// A courier has settled, and its place is free.
    case places
  }

  /// - Parameters:
  ///   - listener: a listening Unix socket, non-blocking.
  ///   - socketPath: where it listens, for `status`.
  ///   - courierPath: the program `sallyport-courier`.
  ///   - clientPath: the program `sallyport`, without links.
  ///   - logFolder: where the log is kept; nil for none.
  ///   - willStop: called once, before whoever has asked the agent to stop is answered: a client
  ///     that comes after that answer must find no socket, and start a new agent.
  ///   - clock: what tells the time.
  package init(
    listener: consuming Descriptor, socketPath: String, courierPath: String,
    clientPath: String? = nil, configurationPath: String?, logFolder: String? = nil,
    limits: AgentLimits = AgentLimits(),
    willStop: @escaping () -> Void = {}, clock: @escaping () -> BootInstant = { .now }
  ) throws(SystemError) {
    self.listener = listener
    self.clock = clock
    self.limits = limits
    self.willStop = willStop
    self.socketPath = socketPath
    narrowRecord = NarrowSocketRecord(besideSocket: socketPath)
    self.courierPath = courierPath
    self.clientPath = clientPath
    log = logFolder.map { AuditLog(folder: $0) }
    configuration = ConfigurationWatcher(path: configurationPath)
    let watched = [SIGTERM, SIGINT, SIGHUP, SIGUSR1]
    let signals = sp_signal_descriptor(watched, Int32(watched.count))
    guard signals >= 0 else { throw .last("signalfd") }
    self.signals = Descriptor(owning: signals)
    let timer = sp_timer_create()
    guard timer >= 0 else { throw .last("timerfd_create") }
    self.timer = Descriptor(owning: timer)
    configuration.look()
    sweepNarrowSockets()
  }

  /// A number no other connection or courier of this agent has had.
  func newID() -> UInt64 {
    lastID += 1
    return lastID
  }

  /// Serves until a signal or a client ends it.
  package func run() {
    var entries: [pollfd] = []
    var owners: [Owner] = []
    while !isStopping {
      setTimer()
      collect(&entries, &owners)
      let count = poll(&entries, nfds_t(entries.count), -1)
      guard count > 0 else { continue }
      let now = clock()
      for (entry, owner) in zip(entries, owners) where entry.revents != 0 {
        serve(owner, events: Int32(entry.revents), now: now)
        drainReady(now: now)
      }
    }
    endAll()
  }

  /// Ends the loop once the present round is done.
  func stop() {
    endAllExposures()
    if !isStopping { willStop() }
    isStopping = true
  }

  // MARK: One round

  private enum Owner {
    case listener, signals, timer
    case connection(UInt64)
    case courier(UInt64)
    case exposure(UInt64)
    case question(UInt64)
  }

  private func collect(_ entries: inout [pollfd], _ owners: inout [Owner]) {
    entries.removeAll(keepingCapacity: true)
    owners.removeAll(keepingCapacity: true)
    func add(_ number: Int32, _ events: Int16, _ owner: Owner) {
      entries.append(pollfd(fd: number, events: events, revents: 0))
      owners.append(owner)
    }
    add(signals.number, Int16(POLLIN), .signals)
    add(timer.number, Int16(POLLIN), .timer)
    for (id, courier) in couriers where !courier.inputEnded {
      add(courier.descriptor.number, courier.events, .courier(id))
    }
    for (id, question) in questions {
      guard let child = question.child else { continue }
      add(child.handle.number, Int16(POLLIN), .question(id))
    }
    for (id, connection) in connections {
      add(connection.descriptor.number, connection.events, .connection(id))
    }
    guard acceptsAgainAt == nil else { return }
    add(listener.number, Int16(POLLIN), .listener)
    for (id, exposure) in exposures where exposure.hasRoom {
      add(exposure.socket.listener.number, Int16(POLLIN), .exposure(id))
    }
  }

  private func serve(_ owner: Owner, events: Int32, now: BootInstant) {
    switch owner {
    case .listener: acceptAll(now: now)
    case .signals: takeSignals(now: now)
    case .timer: takeDeadlines(now: now)
    case .connection(let id):
      guard let connection = connections[id] else { return }
      serve(connection, events: events, now: now)
    case .courier(let id):
      guard let courier = couriers[id] else { return }
      serve(courier, now: now)
    case .exposure(let id):
      if let exposure = exposures[id] { accept(exposure, now: now) }
    case .question(let id):
      guard let question = questions[id] else { return }
      serve(question, now: now)
    }
  }

  private func drainReady(now: BootInstant) {
    while let id = ready.popLast() {
      guard let connection = connections[id] else { continue }
      takeRequests(of: connection, now: now)
    }
  }

  private func acceptAll(now: BootInstant) {
    while true {
      do throws(SystemError) {
        guard let descriptor = try UnixSocket.accept(listener) else { return }
        let peer = try UnixSocket.peer(of: descriptor)
        // Only the user itself is served; the folder's mode keeps others out already, as long as it
        // lasts.
        guard peer.userID == geteuid() else { continue }
        makeRoom()
        let connection = Connection(
          id: newID(), descriptor: descriptor, peer: peer, now: now, pool: pool)
        connections[connection.id] = connection
        serve(connection, events: POLLIN, now: now)
        drainReady(now: now)
      } catch { return pauseAccepting(now: now) }
    }
  }

  /// Out of descriptors or memory: poll would report the same connection again at once.
  func pauseAccepting(now: BootInstant) {
    guard acceptsAgainAt == nil else { return }
    let again = now.adding(milliseconds: Self.acceptPause)
    acceptsAgainAt = again
    deadlines.add(.accept, at: again)
  }

  /// Closes the idle connection that was silent longest when there are too many.
  func makeRoom() {
    guard connections.count >= Self.mostConnections else { return }
    let idle = connections.values.filter { !$0.isBusy }
    guard let oldest = idle.min(by: { $0.lastActive < $1.lastActive }) else { return }
    close(oldest)
  }

  private func takeSignals(now: BootInstant) {
    while true {
      switch sp_signal_next(signals.number) {
      case 0: return
      case SIGTERM, SIGINT: stop()
      case SIGHUP: configuration.look()
      case SIGUSR1: forgetAll(now: now)
      default: break
      }
    }
  }

  // MARK: Deadlines

  private func setTimer() {
    let earliest = deadlines.earliest
    // A timer that fires too early costs one round; setting it anew costs a call at each request.
    if let earliest, let timerSetTo, timerSetTo <= earliest { return }
    guard earliest != timerSetTo, let earliest else { return }
    _ = sp_timer_set(timer.number, max(earliest.nanoseconds, 1))
    timerSetTo = earliest
  }

  private func takeDeadlines(now: BootInstant) {
    var expirations: UInt64 = 0
    withUnsafeMutableBytes(of: &expirations) { _ = readOnce(timer.number, into: $0) }
    timerSetTo = nil
    while let deadline = deadlines.popDue(at: now) {
      switch deadline {
      case .connection(let id): endStalled(id, now: now)
      case .courier(let id): endLate(id, now: now)
      case .refreshAhead(let name): refreshAhead(name, now: now)
      case .patience(let name, let generation): endPatience(name, generation, now: now)
      case .question(let id): endQuestion(id, now: now)
      case .audit(let name): endWindow(ofAccount: name, now: now)
      case .accept: acceptsAgainAt = nil
      case .exposure(let id): endExposure(id)
      case .places:
        hasPlacesDeadline = false
        startWaitingJobs(now: now)
      }
    }
  }

  // MARK: The end

  private func endAll() {
    // What clients can still take without waiting, they get.
    for connection in connections.values { _ = connection.send() }
    for courier in couriers.values { kill(-courier.processID, SIGKILL) }
    for courier in couriers.values { waitpid(courier.processID, nil, 0) }
    for question in questions.values { question.child?.end() }
    for account in accounts.values { endWindow(of: account) }
    couriers = [:]
    questions = [:]
    connections = [:]
    accounts = [:]
  }
}
