import Testing

@testable import Agent

@Suite("A machine that wakes up")
struct ResumeTests {
  private static let night: Int64 = 8 * 3600

  /// An agent with accounts that were all used in the evening.
  private func agent(_ names: [String], _ refresh: String = "signed_in $n") throws -> TestAgent {
    let agent = try TestAgent(
      ScriptedCourier(refresh: refresh), configuration: TestAgent.configuration(names))
    for name in names {
      try agent.signIn(name)
      #expect(try agent.ask("action=token", "account=\(name)")["access_token"] != nil)
    }
    return agent
  }

  @Test func everyStaleAccountIsRefreshedOnceAndNotAtOnce() throws {
    let names = (1...12).map { "a\($0)" }
    let agent = try agent(names)
    try agent.advance(seconds: Self.night)
    let atOnce = agent.starts(of: "refresh")
    #expect(atOnce < 6, "they are spread: \(atOnce) of 12")
    try agent.advance(seconds: 31)
    // Each of them waits for a place, and then for its answer.
    for name in names {
      var status = try agent.status(name)
      while status["state"] == "refreshing" { status = try agent.status(name) }
      #expect(status["last_refresh_at"] != nil, "\(name)")
    }
    try agent.advance(seconds: 60)
    #expect(agent.starts(of: "refresh") == 12, "each once")
    let orders = try (1...12).map { try agent.order(of: "refresh", $0) }
    let accounts = orders.compactMap { $0.first { $0.hasPrefix("account=") } }
    #expect(Set(accounts).count == 12)
  }

  @Test func whoAsksIsNotDelayed() throws {
    let agent = try agent(["a1"])
    try agent.advance(seconds: Self.night)
    #expect(try agent.ask("action=token", "account=a1")["access_token"] == "at-1")
    #expect(agent.starts(of: "refresh") == 1)
    try agent.advance(seconds: 31)
    #expect(agent.starts(of: "refresh") == 1, "there is nothing left to do")
  }

  @Test func whatNobodyUsesSleepsOn() throws {
    let agent = try TestAgent()
    try agent.signIn()
    try agent.advance(seconds: Self.night)
    try agent.advance(seconds: 31)
    #expect(agent.starts(of: "refresh") == 0)
  }

  @Test func aDeadlineThatComesInTimeIsNotPutOff() throws {
    let agent = try agent(["a1"], "alive r; signed_in 5")
    let life = try agent.life("r")
    try agent.advance(seconds: 3240 + 3)
    try life.waitForBeginning()
  }

  // MARK: The rule

  @Test(
    arguments: [
      (3600, 30_000), (300, 30_000), (60, 6000), (1, 100), (0, 0), (-5, 0), (.max, 30_000),
    ] as [(Int64, Int64)])
  func theSpreadIsATenthOfTheLifetimeOrHalfAMinute(lifetime: Int64, longest: Int64) {
    let waits = [0, 1, 12_345, UInt64.max / 3, .max].map {
      RefreshPolicy.spread(lifetime: lifetime, chance: $0)
    }
    #expect(waits.allSatisfy { (0...longest).contains($0) })
    #expect(RefreshPolicy.spread(lifetime: lifetime, chance: UInt64(longest)) == longest)
  }
}
