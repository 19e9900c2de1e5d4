import Testing

@testable import Agent

@Suite("action=login by many askers")
struct LoginAskersTests {
  @Test func laterAskersJoinAndAllAreAnswered() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "await early; authorize; await late; signed_in 1"))
    let (early, late) = (try agent.gate("early"), try agent.gate("late"))
    let clients = [try agent.connect(), try agent.connect(), try agent.connect()]
    for client in clients.dropLast() {
      try client.send("action=login\naccount=work\n\n")
      try agent.sync()
    }
    #expect(try agent.status()["state"] == "signing-in")
    try early.open()
    #expect(try clients[0].reply()["joined"] == nil)
    #expect(try clients[1].reply()["joined"] == "yes", "no second browser tab")
    #expect(try clients[2].ask("action=login", "account=work")["joined"] == "yes")
    try late.open()
    for client in clients { #expect(try client.reply()["event"] == "done") }
    #expect(agent.starts(of: "login") == 1)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  @Test func aRefusalReachesAllAskersAndTheStatus() throws {
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; await go; refuse access_denied 'you said no'"))
    let go = try agent.gate("go")
    let clients = [try agent.connect(), try agent.connect()]
    for client in clients { _ = try client.ask("action=login", "account=work") }
    try go.open()
    for client in clients {
      let reply = try client.reply()
      #expect(reply["error"] == "access_denied")
      #expect(reply["error_description"] == "you said no")
    }
    let status = try agent.status()
    #expect(status["state"] == "signed-out")
    #expect(status["last_error"] == "you said no")
    #expect(status.number("last_error_at") != nil)
  }

  @Test func anAskerWhoLeavesTakesTheSignInAlongOnlyIfItIsTheLast() throws {
    let agent = try TestAgent(ScriptedCourier(login: "alive c; authorize; await go; signed_in 1"))
    let (life, go) = (try agent.life("c"), try agent.gate("go"))
    var first: AgentClient? = try agent.connect()
    _ = try first?.ask("action=login", "account=work")
    try life.waitForBeginning()
    var second: AgentClient? = try agent.connect()
    _ = try second?.ask("action=login", "account=work")
    first = nil
    #expect(first == nil)
    try agent.sync()
    #expect(try agent.status()["state"] == "signing-in")
    second = nil
    #expect(second == nil)
    try life.waitForEnd()
    try agent.sync()
    #expect(try agent.status()["state"] == "signed-out")
    try go.open()
    try agent.signIn()
    #expect(agent.starts(of: "login") == 2)
  }

  @Test func anAskerWhoOnlyStopsSendingStays() throws {
    let agent = try TestAgent(ScriptedCourier(login: "authorize; await go; signed_in 1"))
    let go = try agent.gate("go")
    let client = try agent.connect()
    try client.send("action=login\naccount=work\n\n")
    client.finishSending()
    #expect(try client.reply()["event"] == "authorize")
    try agent.sync()
    try go.open()
    #expect(try client.reply()["event"] == "done")
    #expect(try client.isClosed())
  }

  @Test func aTokenMayBringASignInWithIt() throws {
    let agent = try TestAgent(ScriptedCourier(login: "authorize; signed_in 1"))
    let client = try agent.connect()
    #expect(
      try client.ask("action=token", "account=work", "login=yes")["event"] == "authorize")
    let reply = try client.reply()
    #expect(reply["event"] == nil)
    #expect(reply["access_token"] == "at-1")
    #expect(try client.ask("action=token", "login=yes")["access_token"] == "at-1")
    #expect(agent.starts(of: "login") == 1)
  }

  @Test func thereIsAnEndToTheNumberOfSignIns() throws {
    let names = (1...33).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(login: "authorize; await never"),
      configuration: TestAgent.configuration(names))
    let never = try agent.gate("never")
    var clients: [AgentClient] = []
    for name in names.dropLast() {
      let client = try agent.connect()
      #expect(try client.ask("action=login", "account=\(name)")["event"] == "authorize")
      clients.append(client)
    }
    let reply = try agent.ask("action=login", "account=a33")
    #expect(reply["error"] == "temporarily_unavailable")
    withExtendedLifetime((never, clients)) {}
  }
}
