import Attributes
import CPlatform
import Configuration
import Glibc
package import Platform
import Secrets

/// The agent: one thread around epoll(7) over clients, couriers, signals and one timer.
///
/// It opens no Internet socket and parses nothing but attribute blocks and the configuration file;
/// whatever talks to a network is a courier's job.
package final class AgentServer {
  /// Bytes of replies a client may leave unread before its next request is taken.
  static let mostUnreadOutput = 64 * 1024
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
  let vault: VaultKeeper
  var couriers: [UInt64: CourierProcess] = [:]
  /// The couriers that have outlived ``run()``: children that a process which goes on has to reap.
  private(set) var orphans: [pid_t] = []
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
  /// The version of the configuration by which the limits of sessions were last looked at.
  var limitsVersion = 0
  /// Connections whose answer is complete and whose next request can be taken.
  var ready: [UInt64] = []
  let listener: Descriptor
  let signals: Descriptor
  let timer: Descriptor
  var poller: Poller
  /// Where requests go that are answered; empty between.
  var scrap: SecretBuffer
  let user = geteuid()
  private var timerSetTo: BootInstant?
  /// Whether those who connect are taken now.
  var isAccepting = true
  private var lastID: UInt64 = 0
  private var isStopping = false
  /// Whether records have come and gone since memory was last given back.
  var hasUnusedMemory = false
  private let willStop: () -> Void
  let clock: () -> BootInstant

  /// What becomes due; whether it still matters is looked at then.
  enum Deadline {
    case connection(UInt64)
    case courier(UInt64)
    case refreshAhead(account: String)
    /// The same, after a wait that spreads what has become due together.
    case spreadRefresh(account: String)
    case expiry(account: String)
    case sessionLimit(account: String)
    case patience(account: String, generation: UInt64)
    case question(UInt64)
    case audit(account: String)
    case accept
    case exposure(UInt64)
    /// A courier has settled, and its place is free.
    case places
    /// What could not be written is tried again.
    case vaultRetry
    /// Another process may be done with the vault's file.
    case vaultTurn
    /// Whoever only looks has waited long enough for the vault.
    case vaultHeld
    /// An attempt to unlock has waited as long as it had to.
    case unlock
  }

  /// - Parameters:
  ///   - listener: a listening Unix socket, non-blocking.
  ///   - socketPath: where it listens, for `status`.
  ///   - courierPath: the program `sallyport-courier`.
  ///   - clientPath: the program `sallyport`, without links.
  ///   - logFolder: where the log is kept; nil for none.
  ///   - vaultFolder: where the vault lies; nil for sessions in memory only.
  ///   - willStop: called once, before whoever has asked the agent to stop is answered: a client
  ///     that comes after that answer must find no socket, and start a new agent.
  ///   - clock: what tells the time.
  package init(
    listener: consuming Descriptor, socketPath: String, courierPath: String,
    clientPath: String? = nil, configurationPath: String?, logFolder: String? = nil,
    vaultFolder: String? = nil, limits: AgentLimits = AgentLimits(),
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
    vault = VaultKeeper(folder: vaultFolder)
    configuration = ConfigurationWatcher(path: configurationPath)
    let watched = [SIGTERM, SIGINT, SIGHUP, SIGUSR1]
    let signals = sp_signal_descriptor(watched, Int32(watched.count))
    guard signals >= 0 else { throw .last("signalfd") }
    self.signals = Descriptor(owning: signals)
    let timer = sp_timer_create()
    guard timer >= 0 else { throw .last("timerfd_create") }
    self.timer = Descriptor(owning: timer)
    poller = try Poller()
    scrap = SecretBuffer(in: pool)
    configuration.look()
    sweepNarrowSockets()
    try watchDoors()
  }

  /// A number no other connection or courier of this agent has had.
  func newID() -> UInt64 {
    lastID += 1
    return lastID
  }

  /// Serves until a signal or a client ends it.
  package func run() {
    startVault(now: clock())
    releaseCode()
    while !isStopping {
      setTimer()
      watchTheFew()
      let count = poller.wait()
      let now = clock()
      // What is due comes before what is asked: after a suspension both are there at once.
      if let due = deadlines.earliest, due <= now { takeDeadlines(now: now) }
      for index in 0..<count {
        let event = poller.event(index)
        guard let source = Source(token: event.token) else { continue }
        serve(source, events: event.events, now: now)
        drainReady(now: now)
      }
      releaseMemory()
    }
    endAll()
  }

  /// Gives back the pages of code that a start or a job has used: they are seldom wanted again, and
  /// are a third of what would stay in memory.
  func releaseCode() { sp_release_code() }

  /// Gives back the memory of records that came and went, perhaps by the thousand: at the end of a
  /// round, when nothing refers to them any more.
  private func releaseMemory() {
    guard hasUnusedMemory else { return }
    hasUnusedMemory = false
    sp_release_memory()
  }

  /// Ends the loop once the present round is done.
  func stop() {
    endAllExposures()
    if !isStopping { willStop() }
    isStopping = true
  }

  // MARK: One round

  private func serve(_ source: Source, events: Int32, now: BootInstant) {
    switch source {
    case .listener: acceptNext(now: now)
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

  private func takeSignals(now: BootInstant) {
    while true {
      switch sp_signal_next(signals.number) {
      case 0: return
      case SIGTERM, SIGINT: stop()
      case SIGHUP: lookAtConfiguration(now: now)
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
    var refreshes: [String: BootInstant] = [:]
    while let due = deadlines.earliest, let deadline = deadlines.popDue(at: now) {
      switch deadline {
      case .connection(let id): endStalled(id, now: now)
      case .courier(let id): endLate(id, now: now)
      case .refreshAhead(let name): refreshes[name] = due
      case .spreadRefresh(let name): refreshAhead(name, now: now)
      case .expiry(let name): wipeExpired(name, now: now)
      case .sessionLimit(let name): checkLimits(ofAccount: name, now: now)
      case .patience(let name, let generation): endPatience(name, generation, now: now)
      case .question(let id): endQuestion(id, now: now)
      case .audit(let name): endWindow(ofAccount: name, now: now)
      case .accept: acceptAgain()
      case .exposure(let id): endExposure(id)
      case .vaultRetry: retryVault(now: now)
      case .vaultTurn: takeTurn(now: now)
      case .vaultHeld:
        vault.hasHeldDeadline = false
        releaseHeld(now: now)
      case .unlock: beginAttempt(now: now)
      case .places:
        hasPlacesDeadline = false
        startWaitingJobs(now: now)
      }
    }
    refreshAhead(refreshes, now: now)
  }

  // MARK: The end

  private func endAll() {
    // What clients can still take without waiting, they get.
    for connection in connections.values { _ = connection.send() }
    for courier in couriers.values {
      // What a server has answered to a refresh, its courier writes down by itself.
      if courier.keepsAnswer {
        orphans.append(courier.processID)
        continue
      }
      kill(-courier.processID, SIGKILL)
      waitpid(courier.processID, nil, 0)
    }
    for question in questions.values { question.child?.end() }
    for account in accounts.values { endWindow(of: account) }
    couriers = [:]
    questions = [:]
    connections = [:]
    accounts = [:]
  }
}
