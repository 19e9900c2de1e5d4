import Testing

@testable import Agent

@Suite("Who waits for whom")
struct PlacesTests {
  /// Threat: one hanging server, or one greedy program, keeps every other account waiting.
  @Test func manyWishesOfOneAccountLeavePlacesToOthers() throws {
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in $account 0", refresh: "signed_in $n",
        exchange: "await never", userinfo: "[ $account = a ] && await never; say event=done sub=b"),
      configuration: TestAgent.configuration(["a", "b"]))
    let never = try agent.gate("never")
    for name in ["a", "b"] { try agent.signIn(name) }
    let clients = try (0..<8).map { _ in try agent.connect() }
    for (number, client) in clients.enumerated() {
      try client.send(
        number % 2 == 0
          ? "action=userinfo\naccount=a\n\n"
          : "action=token\naccount=a\naudience[]=https://api\(number).example\n\n")
    }
    try agent.sync()
    #expect(try agent.ask("action=refresh", "account=b")["error"] == nil)
    #expect(try agent.ask("action=userinfo", "account=b")["sub"] == "b")
    // Two of the greedy one's at most, which may not have begun yet, and the other's.
    #expect(agent.starts(of: "userinfo") + agent.starts(of: "exchange") <= 3)
    withExtendedLifetime((never, clients)) {}
  }

  @Test func aServerThatHangsKeepsNoOtherAccountWaitingForLong() throws {
    let names = (1...5).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: "[ $account = a5 ] || await never; signed_in r5"),
      configuration: TestAgent.configuration(names))
    let never = try agent.gate("never")
    for name in names { try agent.signIn(name) }
    let clients = try names.map { _ in try agent.connect() }
    for (client, name) in zip(clients, names) {
      try client.send("action=token\naccount=\(name)\n\n")
      try agent.sync()
    }
    #expect(try clients[4].reply()["access_token"] == "at-r5")
    withExtendedLifetime(never) {}
  }

  /// Threat: all sessions of a morning expire in one minute, and a hundred processes start at once.
  @Test func aHundredAccountsThatExpireTogetherAreRefreshedAFewAtATime() throws {
    let names = (100..<200).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $account 0", refresh: "await go; signed_in $account"),
      configuration: TestAgent.configuration(names))
    let go = try agent.gate("go")
    for name in names { try agent.signIn(name) }
    agent.stopClock()
    let clients = try names.map { _ in try agent.connect() }
    for (client, name) in zip(clients, names) {
      try client.send("action=token\naccount=\(name)\n\n")
      try agent.sync()
    }
    try agent.waitForStart(of: "refresh", 4)
    #expect(try refreshed(agent) == Set(names.prefix(4)), "no more than four at a time")
    // One that has ended makes room for the next in the row.
    for count in 5...8 {
      try go.open()
      try agent.waitForStart(of: "refresh", count)
      try agent.sync()
      #expect(try refreshed(agent) == Set(names.prefix(count)))
    }
    // So does one that has been waiting for its server long enough.
    try agent.advance(seconds: 2)
    try agent.waitForStart(of: "refresh", 12)
    try agent.sync()
    #expect(try refreshed(agent) == Set(names.prefix(12)))
    try go.open(names.count)
    for (client, name) in zip(clients, names) {
      #expect(try client.reply()["access_token"] == "at-\(name)")
    }
    #expect(try refreshed(agent) == Set(names), "each once")
    #expect(agent.starts(of: "refresh") == names.count)
  }

  /// The accounts that couriers were started to refresh.
  private func refreshed(_ agent: TestAgent) throws -> Set<String> {
    let orders = try (0..<agent.starts(of: "refresh")).map {
      try agent.order(of: "refresh", $0 + 1)
    }
    return Set(orders.joined().filter { $0.hasPrefix("account=") }.map { String($0.dropFirst(8)) })
  }

  /// A program that asks and leaves, again and again, must leave nothing to be done.
  @Test func whatNobodyWaitsForAnyMoreIsNotBegun() throws {
    let agent = try TestAgent(ScriptedCourier(exchange: "await go; narrowed x$n"))
    let go = try agent.gate("go")
    try agent.signIn()
    var clients: [AgentClient] = []
    for number in 0..<5 {
      let client = try agent.connect()
      try client.send("action=token\naudience[]=https://api\(number).example\n\n")
      try agent.sync()
      clients.append(client)
    }
    let again = try agent.connect()
    try again.send("action=token\naudience[]=https://api4.example\n\n")
    clients.removeLast(3)
    try agent.sync()
    try go.open(3)
    for client in clients { #expect(try client.reply()["error"] == nil) }
    #expect(try again.reply()["error"] == nil, "somebody else had come for it")
    try agent.sync()
    #expect(agent.starts(of: "exchange") == 3)
  }

  @Test func thoseWhoLeaveAreForgottenBeforeTheirTurn() throws {
    let account = Account(name: try accountName("work"))
    let narrowing = Narrowing(audiences: ["https://api.example"])
    let generation = account.exchangeStarted(narrowing)
    account.awaitExchange(
      narrowing, TokenRequest(connection: 7, form: .userInfo, validity: 0, mayLogin: false))
    #expect(!account.exchangeWithdrawn(narrowing, generation: generation))
    account.withdraw(connection: 7)
    #expect(account.exchangeWithdrawn(narrowing, generation: generation))
    #expect(account.exchanges.isEmpty)
    let next = account.exchangeStarted(narrowing)
    #expect(account.exchangeWithdrawn(narrowing, generation: generation), "it is stale")
    #expect(account.exchanges[narrowing]?.generation == next)
  }
}
