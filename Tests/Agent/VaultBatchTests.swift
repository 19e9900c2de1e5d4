import Testing

@testable import Agent

@Suite("What is written together")
struct VaultBatchTests {
  @Test func whatComesDuringASealGoesInOneMore() throws {
    let vault = try TestVault()
    let names = (10..<40).map { "a\($0)" }
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 2 ] && await go; seal"),
      configuration: TestAgent.configuration(names), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn(names[0])
    let people = try names.dropFirst().map { name in
      let person = try agent.connect()
      try person.send("action=login\naccount=\(name)\n\n")
      return person
    }
    try agent.wait {
      try agent.ask("action=vault").number("accounts") == Int64(names.count)
    }
    #expect(people.allSatisfy { $0.isWaiting } || agent.starts(of: "seal") == 2)
    let synchronized = vault.faults.count(of: .synchronize)
    try go.open()
    for person in people { #expect(try person.replies().last?["event"] == "done") }
    #expect(agent.starts(of: "seal") == 3)
    #expect(vault.faults.count(of: .synchronize) == synchronized + 2)
    #expect(try Set(vault.summary()) == Set(names.map { "session \($0)" }))
  }

  @Test func aFileThatIsMostlyOutOfForceIsWrittenAnew() throws {
    let vault = try TestVault()
    // Each record is 90 kB long.
    let courier = ScriptedCourier(
      login: "signed_in $n", seal: Self.filling + "seal")
    let agent = try TestAgent(courier, vault: vault)
    for _ in 1...16 { try agent.signIn() }
    try agent.wait { try vault.records().count <= 12 }
    agent.stop()
    #expect(try vault.refreshToken() == "rt-16")
    let next = try TestAgent(vault: vault)
    #expect(try next.ask("action=token")["access_token"] == "at-16")
  }

  /// Makes `$pad` 60,000 digits long.
  private static let filling = """
    pad=0123456789; for _ in 1 2 3; do pad=$pad$pad$pad$pad$pad$pad$pad$pad$pad$pad; done
    pad=$pad$pad$pad$pad$pad$pad
    """ + "\n"

  @Test func theTraceOfARunningRefreshIsCarriedIntoANewFile() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "await go; signed_in 2"), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "refresh", 1)
    let trace = try #require(try vault.records().last)
    #expect(try agent.ask("action=vault-change", "source=credential")["event"] == "done")
    #expect(try vault.source() == "credential")
    #expect(try vault.summary() == ["session work", "refresh-started work"])
    #expect(try vault.records().last == trace, "the courier has its key")
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-2")
    #expect(try vault.refreshToken() == "rt-2")
  }

  /// Five hundred lines of a courier and those of the settings are more than a block can have.
  @Test func whatCannotBeWrittenIsLeftOutAndToldAndOthersAreWritten() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: """
          [ $account = b ] || { signed_in $n; leave 0; }
          i=0; set --
          while [ $i -lt 506 ]; do i=$((i + 1)); set -- "$@" "session.x$i=y"; done
          say event=done access_token=at-b refresh_token=rt-b token_type=Bearer scope=x "$@"
          """),
      configuration: TestAgent.configuration(["a", "b", "c"]), vault: vault)
    try agent.signIn("a")
    let warnings = try agent.signIn("b").list("warning")
    #expect(warnings.count == 1)
    try agent.signIn("c")
    #expect(try vault.summary() == ["session a", "session c"])
    let status = try agent.agentStatus()
    #expect(status["vault_error"]?.contains("session of b cannot be kept") == true)
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-b")
    // What is in memory alone must not be locked away into a file that does not have it.
    #expect(try agent.ask("action=lock")["error"] == "failed")
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-b")
  }

  /// What would be sealed in memory meanwhile, the file that comes of it would never have.
  @Test(arguments: ["", "vault = passphrase\n"])
  func aVaultThatIsJustBeingMadeCannotBeLockedYet(setting: String) throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 1 ] && await go; seal"),
      configuration: setting + TestAgent.configuration(["a", "b"]), vault: vault)
    let go = try agent.gate("go")
    let person = try agent.connect()
    try person.send(
      setting.isEmpty ? "action=login\naccount=a\n\n" : "action=unlock\npassphrase=right\n\n")
    try agent.waitForStart(of: "seal", 1)
    #expect(try agent.ask("action=lock", "passphrase=x")["error"] == "temporarily_unavailable")
    try go.open()
    #expect(try person.replies().last?["event"] == "done")
    #expect(try agent.agentStatus()["vault_state"] == "open")
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    #expect(try agent.agentStatus()["vault_state"] == "sealed")
  }
}
