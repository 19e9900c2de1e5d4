import Glibc
import Platform
import Synchronization
import Testing
import Vault

@testable import Agent

/// An agent on a thread of its own, with a socket, a configuration and a courier of its own.
final class TestAgent {
  let scratch: ScratchFolder
  private let thread: AgentThread

  /// - Parameters:
  ///   - configuration: the text of the file; nil for none.
  ///   - vault: where sessions are kept; one agent after the other can have the same.
  init(
    _ courier: ScriptedCourier = ScriptedCourier(), configuration: String? = TestAgent.work,
    limits: AgentLimits = AgentLimits(), askedBy ways: [QuestionWay] = [], vault: TestVault? = nil
  ) throws {
    scratch = try vault?.scratch ?? ScratchFolder()
    if let configuration { try scratch.write("config", configuration) }
    thread = try AgentThread(
      scratch, courier: try courier.install(in: scratch), limits: limits,
      ways: ways, clock: clock, vault: vault)
    control = try AgentClient(scratch("s"))
    try sync()
  }

  private let clock = SkewedClock()

  /// A connection that is there from the beginning.
  private let control: AgentClient

  /// Has the agent's clock run ahead, as if `seconds` had passed at once.
  func advance(seconds: Int64) throws {
    clock.advance(seconds: seconds)
    try sync()
  }

  /// Has the agent's clock stand still: however slow the machine is, no time passes for it but by
  /// ``advance(seconds:)``.
  func stopClock() { clock.stop() }

  /// Waits until the agent has taken all that was sent to it before, and looks at its clock anew.
  ///
  /// Those who connect are taken in their order: when the last has its answer, all have come in. Then
  /// the round in which it sees the first of three requests sees everything sent before as well, a
  /// later one that a client just accepted has gone, and the last comes after both.
  func sync() throws {
    try #require(try AgentClient(scratch("s")).ask("action=version")["version"] != nil)
    for _ in 1...3 { try #require(try control.ask("action=version")["version"] != nil) }
  }

  /// One account, whose configuration is as short as can be.
  static let work = """
    [work]
    issuer = https://as.example
    client_id = x
    credential_url = https://git.example

    """

  deinit {
    thread.end()
    thread.reapOrphans()
  }

  /// The text of a configuration with `names` as accounts.
  static func configuration(_ names: [String]) -> String {
    names.map { "[\($0)]\nissuer = https://as.example\nclient_id = \($0)\n" }.joined()
  }

  /// Replaces the configuration file.
  func configure(_ text: String) throws { try scratch.write("config", text) }

  var socketPath: String { scratch("s") }

  func connect() throws -> AgentClient { try AgentClient(socketPath, of: self) }

  /// Asks on a connection of its own and reads one block.
  @discardableResult
  func ask(_ lines: String...) throws -> Reply {
    let client = try connect()
    try client.send(lines.map { $0 + "\n" }.joined() + "\n")
    return try client.reply()
  }

  /// Signs in and expects that it works.
  @discardableResult
  func signIn(_ account: String = "work", _ more: String...) throws -> Reply {
    let client = try connect()
    try client.send(
      (["action=login", "account=\(account)"] + more).map { $0 + "\n" }.joined() + "\n")
    let last = try #require(try client.replies().last)
    try #require(last["event"] == "done", "\(last)")
    return last
  }

  /// What `status` says of an account.
  func status(_ account: String = "work") throws -> Reply {
    try ask("action=status", "account=\(account)")
  }

  /// The last block of `status`: the agent itself.
  func agentStatus() throws -> Reply {
    let client = try connect()
    try client.send("action=status\n\n")
    return try #require(try client.replies().last)
  }

  /// Sends a signal to the agent's thread.
  func signal(_ number: Int32) { thread.signal(number) }

  /// Ends the agent, without a word to its couriers that keep an answer.
  func stop() { thread.end() }

  /// Waits until the agent has ended by itself.
  func waitForEnd() { thread.join() }

  /// The lines of the log so far, without their times.
  func log() throws -> [String] {
    guard scratch.mode(of: "state/log") != nil else { return [] }
    return try contents(of: "state/log").split(separator: "\n").map { line in
      String(line.drop { $0 != "\t" }.dropFirst())
    }
  }

  // MARK: What the courier did

  /// How many couriers were started for `job`.
  func starts(of job: String) -> Int {
    var count = 0
    while scratch.mode(of: "started.\(job).\(count + 1)") != nil { count += 1 }
    return count
  }

  /// Waits until the courier that is the `number`th for `job` has read its order.
  func waitForStart(of job: String, _ number: Int) throws {
    try wait { starts(of: job) >= number }
  }

  /// Waits until `condition` holds, which the agent brings about by itself.
  func wait(until condition: () throws -> Bool) throws {
    let limit = BootInstant.now.adding(seconds: 60)
    while try !condition() {
      try #require(BootInstant.now < limit, "it has not come about")
      try sync()
    }
  }

  /// Waits until the vault has everything, hurrying each attempt the agent makes at it by itself.
  ///
  /// An attempt that is still under way, and fails, sets the time of the next one only after the clock
  /// was advanced: some rounds later it is advanced once more, and not so often that a courier is late.
  func waitUntilSaved() throws {
    var rounds = 0
    try wait {
      if rounds % 100 == 0 { try advance(seconds: 31) }
      rounds += 1
      return try agentStatus()["vault_error"] == nil
    }
  }

  /// The order of the courier that was started as the `number`th for `job`.
  func order(of job: String, _ number: Int = 1) throws -> [String] {
    try contents(of: "order.\(job).\(number)").split(separator: "\n").map(String.init)
  }

  /// What a courier has written into a file.
  func contents(of name: String) throws -> String {
    let file = try Descriptor.open(scratch(name), O_RDONLY)
    return String(decoding: try readAll(file.number, limit: 1 << 20), as: UTF8.self)
  }

  /// Makes a gate a courier waits at: `await NAME`.
  func gate(_ name: String) throws -> Gate { try Gate(scratch("gate.\(name)")) }

  /// Makes the place where a courier says that it lives: `alive NAME`.
  func life(_ name: String) throws -> Life { try Life(scratch("life.\(name)")) }
}

/// The boot clock, and how far the agent's is ahead of it.
private final class SkewedClock: Sendable {
  private let skew = Mutex<Int64>(0)
  private let stopped = Mutex<BootInstant?>(nil)

  func advance(seconds: Int64) { skew.withLock { $0 += seconds } }

  /// Stands still from now on, but for ``advance(seconds:)``.
  func stop() { stopped.withLock { $0 = .now } }

  var now: BootInstant {
    let now = stopped.withLock { $0 } ?? BootInstant.now
    return now.adding(seconds: skew.withLock { $0 })
  }
}

/// The thread an agent runs on: the agent itself belongs to one thread alone.
private final class AgentThread {
  private var thread = pthread_t()
  private let socketPath: String
  private var hasEnded = false

  private struct Plan {
    let listener: Int32
    let socketPath: String
    let courierPath: String
    let configurationPath: String
    let logFolder: String
    let limits: AgentLimits
    let ways: [QuestionWay]
    let clock: SkewedClock
    let vault: TestVault?
  }

  private final class Box {
    let plan: Plan
    let orphans: Orphans
    init(_ plan: Plan, _ orphans: Orphans) {
      self.plan = plan
      self.orphans = orphans
    }
  }

  /// The couriers an agent has left alone when it ended.
  private final class Orphans: Sendable {
    let processIDs = Mutex<[pid_t]>([])
  }

  private let orphans = Orphans()

  init(
    _ scratch: ScratchFolder, courier: String, limits: AgentLimits, ways: [QuestionWay],
    clock: SkewedClock, vault: TestVault?
  ) throws {
    socketPath = scratch("s")
    let listener = try UnixSocket.listen(socketPath, backlog: 1024).release()
    let plan = Plan(
      listener: listener, socketPath: socketPath, courierPath: courier,
      configurationPath: scratch("config"), logFolder: scratch("state"), limits: limits,
      ways: ways, clock: clock, vault: vault)
    let box = Unmanaged.passRetained(Box(plan, orphans)).toOpaque()
    pthread_create(
      &thread, nil,
      { box in
        guard let box else { return nil }
        let content = Unmanaged<Box>.fromOpaque(box).takeRetainedValue()
        let orphans = AgentThread.serve(content.plan)
        content.orphans.processIDs.withLock { $0 = orphans }
        return nil
      }, box)
  }

  private static func serve(_ plan: Plan) -> [pid_t] {
    let path = plan.socketPath
    let server = try? AgentServer(
      listener: Descriptor(owning: plan.listener), socketPath: path,
      courierPath: plan.courierPath, configurationPath: plan.configurationPath,
      logFolder: plan.logFolder, vaultFolder: plan.vault?.folder, limits: plan.limits,
      willStop: { unlink(path) }, clock: { plan.clock.now })
    server?.waysToAsk = { _, _ in plan.ways }
    if let vault = plan.vault, let keeper = server?.vault {
      keeper.openFolder = { (path) throws(SystemError) in
        FaultyFolder(try DiskFolder(path), vault.faults)
      }
      keeper.whyNoSecretService = { vault.faults.noSecretService }
    }
    server?.run()
    return server?.orphans ?? []
  }

  func signal(_ number: Int32) { pthread_kill(thread, number) }

  func join() {
    guard !hasEnded else { return }
    hasEnded = true
    pthread_join(thread, nil)
  }

  /// Ends the agent if it still runs.
  func end() {
    guard !hasEnded else { return }
    if let client = try? AgentClient(socketPath) { _ = try? client.ask("action=stop") }
    join()
  }

  /// Ends the couriers that would outlive the agent, and takes them from the list of children: a
  /// child that nobody waits for keeps the test library from seeing its own (`waitid` of any child).
  func reapOrphans() {
    for processID in orphans.processIDs.withLock({ $0 }) {
      kill(-processID, SIGKILL)
      while waitpid(processID, nil, 0) == -1, errno == EINTR {}
    }
  }
}
