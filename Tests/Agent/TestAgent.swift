import Glibc
import Platform
import Synchronization
import Testing

@testable import Agent

/// An agent on a thread of its own, with a socket, a configuration and a courier of its own.
final class TestAgent {
  let scratch: ScratchFolder
  private let thread: AgentThread

  /// - Parameter configuration: the text of the file; nil for none.
  init(
    _ courier: ScriptedCourier = ScriptedCourier(), configuration: String? = TestAgent.work,
    limits: AgentLimits = AgentLimits(), askedBy ways: [QuestionWay] = []
  ) throws {
    scratch = try ScratchFolder()
    if let configuration { try scratch.write("config", configuration) }
    thread = try AgentThread(
      scratch, courier: try courier.install(in: scratch), limits: limits,
      ways: ways, clock: clock)
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

  /// Waits until the agent has taken all that was sent to it before, and looks at its clock anew.
  ///
  /// The round in which it sees the first of three requests sees everything sent before as well, a
  /// later one that a client just accepted has gone, and the last comes after both.
  func sync() throws {
    for _ in 1...3 { try #require(try control.ask("action=version")["version"] != nil) }
  }

  /// One account, whose configuration is as short as can be.
  static let work = """
    [work]
    issuer = https://as.example
    client_id = x
    credential_url = https://git.example

    """

  deinit { thread.end() }

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

/// A named pipe couriers wait at.
final class Gate {
  private let pipe: Descriptor

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    // Both ends at once, so that neither side waits for the other to open it.
    pipe = try Descriptor.open(path, O_RDWR)
  }

  /// Lets `count` couriers pass, now or when they come.
  func open(_ count: Int = 1) throws {
    try writeAll(pipe.number, String(repeating: "go\n", count: count))
  }
}

/// A named pipe at which the end of a courier is seen.
final class Life {
  private let pipe: Descriptor

  init(_ path: String) throws {
    try #require(mkfifo(path, 0o600) == 0)
    pipe = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
  }

  /// Waits until the courier has said that it lives.
  func waitForBeginning() throws { try #require(try read() == .bytes(5)) }

  /// Waits until the courier has ended.
  func waitForEnd() throws {
    while case let transfer = try read(), transfer != .closed { try #require(transfer.isBytes) }
  }

  private func read() throws -> Transfer {
    try #require(waitUntil(pipe.number, readyFor: POLLIN, milliseconds: 20_000))
    var bytes = [UInt8](repeating: 0, count: 16)
    return bytes.withUnsafeMutableBytes { readOnce(pipe.number, into: $0) }
  }
}

extension Transfer {
  fileprivate var isBytes: Bool {
    if case .bytes = self { return true }
    return false
  }
}

/// The boot clock, and how far the agent's is ahead of it.
private final class SkewedClock: Sendable {
  private let skew = Mutex<Int64>(0)

  func advance(seconds: Int64) { skew.withLock { $0 += seconds } }

  var now: BootInstant { BootInstant.now.adding(seconds: skew.withLock { $0 }) }
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
  }

  private final class Box {
    let plan: Plan
    init(_ plan: Plan) { self.plan = plan }
  }

  init(
    _ scratch: ScratchFolder, courier: String, limits: AgentLimits, ways: [QuestionWay],
    clock: SkewedClock
  ) throws {
    socketPath = scratch("s")
    let listener = try UnixSocket.listen(socketPath, backlog: 1024).release()
    let plan = Plan(
      listener: listener, socketPath: socketPath, courierPath: courier,
      configurationPath: scratch("config"), logFolder: scratch("state"), limits: limits,
      ways: ways, clock: clock)
    let box = Unmanaged.passRetained(Box(plan)).toOpaque()
    pthread_create(
      &thread, nil,
      { box in
        if let box { AgentThread.serve(Unmanaged<Box>.fromOpaque(box).takeRetainedValue().plan) }
        return nil
      }, box)
  }

  private static func serve(_ plan: Plan) {
    let path = plan.socketPath
    let server = try? AgentServer(
      listener: Descriptor(owning: plan.listener), socketPath: path,
      courierPath: plan.courierPath, configurationPath: plan.configurationPath,
      logFolder: plan.logFolder, limits: plan.limits, willStop: { unlink(path) },
      clock: { plan.clock.now })
    server?.waysToAsk = { _, _ in plan.ways }
    server?.run()
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
}
