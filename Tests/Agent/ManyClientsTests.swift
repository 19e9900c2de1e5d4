import Glibc
import Platform
import Testing

@testable import Agent

@Suite("Many, slow and vanished clients")
struct ManyClientsTests {
  @Test func aThousandConnectionsAreServed() throws {
    var limit = rlimit()
    getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    limit.rlim_cur = max(limit.rlim_cur, min(limit.rlim_max, 8192))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
    let agent = try TestAgent()
    let clients = try (1...1000).map { _ in try agent.connect() }
    for client in clients { try client.send("action=version\n\n") }
    for client in clients { #expect(try client.reply()["version"] == "0.1.0") }
    #expect(try agent.ask("action=version")["version"] != nil)
  }

  /// Threat: a program that connects in a loop and keeps what it has got shuts everybody else out.
  @Test func aClientThatConnectsFiveThousandTimesShutsNobodyOut() async {
    // In a process of its own: the descriptors of both ends are this process's.
    await #expect(processExitsWith: .success) {
      var limit = rlimit()
      getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      limit.rlim_cur = limit.rlim_max
      setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
      guard limit.rlim_max > 12_000 else { return }
      let agent = try TestAgent()
      let greedy = try (1...5000).map { _ in try agent.connect() }
      #expect(try greedy[4999].ask("action=version")["version"] != nil, "the newest is served")
      #expect(try agent.ask("action=token")["error"] == "login_required")
      #expect(try greedy[1].isClosed(), "the one that was silent longest has made room")
    }
  }

  @Test func halfARequestDelaysNobody() throws {
    let agent = try TestAgent()
    let half = try (1...20).map { _ in try agent.connect() }
    for client in half { try client.send("action=token\nacc") }
    try agent.sync()
    try half[7].send("ount=work\n\n")
    #expect(try half[7].reply()["error"] == "login_required")
  }

  @Test func aClientThatNeverReadsIsNotReadFrom() throws {
    let agent = try TestAgent(configuration: TestAgent.configuration((1...500).map { "a\($0)" }))
    let greedy = try agent.connect()
    // Each is answered by some 60 kilobytes: the agent takes a few and then waits for its client.
    for _ in 1...20 { try greedy.send(String(repeating: "action=status\n\n", count: 64)) }
    try agent.sync()
    let unread = greedy.unreadByAgent
    #expect(unread > 0)
    for _ in 1...10 { try agent.sync() }
    #expect(greedy.unreadByAgent == unread)
    // What it has asked for comes when it reads after all.
    for _ in 1...100 { #expect(try greedy.replies().last?["event"] == "done") }
    #expect(greedy.unreadByAgent < unread)
  }

  @Test func aClientThatNeverReadsIsLetGoInTheEnd() throws {
    let agent = try TestAgent(
      configuration: TestAgent.configuration((1...2000).map { "a\($0)" }),
      limits: AgentLimits(stall: 0))
    let client = try agent.connect()
    try client.send(String(repeating: "action=status\n\n", count: 10))
    try agent.sync()
    try agent.sync()
    var count = 0
    #expect(throws: ClientError.ended) { while true { count += try client.replies().count } }
    #expect(count < 20_010)
  }

  @Test func aClientThatNeverFinishesItsRequestIsLetGoInTheEnd() throws {
    let agent = try TestAgent(limits: AgentLimits(stall: 0))
    let client = try agent.connect()
    try client.send("action=version\n")
    #expect(try client.isClosed())
    #expect(try agent.ask("action=version")["version"] != nil)
  }

  @Test func anIdleClientMayStay() throws {
    let agent = try TestAgent(limits: AgentLimits(stall: 0))
    let client = try agent.connect()
    try agent.sync()
    #expect(try client.ask("action=version")["version"] != nil)
    try agent.sync()
    #expect(try client.ask("action=version")["version"] != nil)
  }

  @Test func clientsThatVanishAreForgotten() throws {
    let agent = try TestAgent(configuration: TestAgent.configuration((1...500).map { "a\($0)" }))
    for number in 1...300 {
      let client = try agent.connect()
      switch number % 4 {
      case 0: try client.send("action=status\n\n")  // gone with an answer under way
      case 1: try client.send("action=tok")
      case 2: try client.send("garbage")
      default: break
      }
    }
    try agent.sync()
    #expect(try agent.ask("action=version")["version"] != nil)
  }
}
