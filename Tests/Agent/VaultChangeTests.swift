import Glibc
import Testing
import Vault

@testable import Agent

@Suite("action=vault-change")
struct VaultChangeTests {
  private static let names = ["a", "b"]

  private func agent(
    _ courier: ScriptedCourier = ScriptedCourier(login: "signed_in $n"), vault: TestVault,
    setting: String = ""
  ) throws -> TestAgent {
    try TestAgent(
      courier, configuration: setting + TestAgent.configuration(Self.names), vault: vault)
  }

  private func change(_ agent: TestAgent, _ source: String) throws -> Reply {
    try agent.ask("action=vault-change", "source=\(source)", "passphrase=right")
  }

  /// What a new agent finds.
  private func expectBoth(_ vault: TestVault, setting: String) throws {
    let next = try agent(vault: vault, setting: setting)
    if setting.contains("passphrase") {
      #expect(try next.ask("action=unlock", "passphrase=right")["accounts"] == "2")
    }
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try next.ask("action=token", "account=b")["access_token"] == "at-2")
  }

  @Test(arguments: ["secret-service", "passphrase", "credential", "command = cat /key", "memory"])
  func fromEverySourceToEveryOther(first: String) throws {
    for second in ["secret-service", "passphrase", "credential", "command = cat /key", "memory"]
    where second != first {
      let vault = try TestVault()
      let agent = try agent(vault: vault, setting: "vault = \(first)\n")
      if first == "passphrase" { _ = try agent.ask("action=unlock", "passphrase=first") }
      for name in Self.names { try agent.signIn(name) }
      let reply = try change(agent, second)
      let name = second.hasPrefix("command") ? "command" : second
      #expect(reply["event"] == "done" && reply["vault"] == name, "\(first) to \(second): \(reply)")
      #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
      if second == "memory" {
        #expect(vault.scratch.mode(of: "state/vault") == nil)
        #expect(reply["former"] == "\(vault.path).former-1")
        #expect(vault.scratch.mode(of: "state/vault.former-1") == 0o600)
        #expect(try agent.agentStatus()["vault_state"] == "memory")
      } else {
        #expect(reply["vault_path"] == vault.path)
        #expect(try vault.source() == name)
        _ = try agent.ask("action=refresh", "account=a")
        agent.stop()
        // The configuration is the command's to change.
        try expectRefreshed(vault, setting: "vault = \(second)\n")
      }
    }
  }

  private func expectRefreshed(_ vault: TestVault, setting: String) throws {
    let next = try agent(vault: vault, setting: setting)
    if setting.contains("passphrase") {
      #expect(try next.ask("action=unlock", "passphrase=right")["accounts"] == "2")
    }
    #expect(try next.ask("action=token", "account=b")["access_token"] == "at-2")
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try next.agentStatus()["vault_error"] == nil)
  }

  @Test func theNextWritesGoUnderTheNewKey() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    for name in Self.names { try agent.signIn(name) }
    #expect(try change(agent, "credential")["event"] == "done")
    let status = try agent.agentStatus()
    #expect(status["vault"] == "credential" && status["vault_state"] == "open")
    _ = try agent.ask("action=logout", "account=b", "local=yes")
    let order = try agent.order(of: "seal", agent.starts(of: "seal"))
    #expect(order.contains("vault.header=\(try vault.headerDigits())"))
    #expect(try vault.summary() == ["session a", "session b", "removal b"])
  }

  @Test(arguments: ["source=paper", "source=", "x=y", "source=command ="])
  func aSourceThatIsNoneIsRefused(line: String) throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    #expect(try agent.ask("action=vault-change", line)["error"] == "invalid_request")
    #expect(
      try agent.ask("action=vault-change", "source=passphrase")["needs"] == "new-passphrase")
  }

  // MARK: Failing in the middle

  @Test(arguments: [
    "refuse failed 'no keyring'", "exit 1", "begin_sealing; exit 1",
    "begin_sealing; seal_all; exit 1", "begin_sealing; say event=done",
  ])
  func aChangeThatFailsChangesNothing(seal: String) throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n", seal: "[ -e \"$dir/broken\" ] && { \(seal); }; seal"),
      vault: vault)
    for name in Self.names { try agent.signIn(name) }
    let before = try vault.bytes()
    try vault.scratch.write("broken", "")
    #expect(try change(agent, "passphrase")["error"] == "failed")
    #expect(try vault.bytes() == before)
    #expect(try agent.agentStatus()["vault_state"] == "open")
    unlink(vault.scratch("broken"))
    _ = try agent.ask("action=logout", "account=b", "local=yes")
    #expect(try vault.summary() == ["session a", "session b", "removal b"])
    #expect(try agent.agentStatus()["vault_error"] == nil)
  }

  @Test(arguments: [
    (FolderFaults.Call.create, ENOSPC), (.write, ENOSPC), (.rename, EIO), (.synchronize, EIO),
    (.synchronizeFolder, EIO),
  ])
  func aDiskThatFailsLosesNothing(call: FolderFaults.Call, number: Int32) throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    for name in Self.names { try agent.signIn(name) }
    vault.faults.fail(call, number)
    #expect(try change(agent, "passphrase")["error"] == "failed")
    vault.faults.mend()
    _ = try agent.ask("action=refresh", "account=a")
    try agent.waitUntilSaved()
    agent.stop()
    try expectBoth(vault, setting: "vault = \(try vault.source())\n")
  }

  @Test(arguments: [
    "refuse failed 'no keyring'", "begin_sealing; seal_all; exit 1",
  ])
  func aChangeFromMemoryThatFailsLeavesMemory(seal: String) throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n", seal: seal), vault: vault,
      setting: "vault = memory\n")
    for name in Self.names { try agent.signIn(name) }
    #expect(try change(agent, "passphrase")["error"] == "failed")
    #expect(try agent.agentStatus()["vault_state"] == "memory")
    #expect(vault.scratch.mode(of: "state/vault") == nil)
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
  }

  // MARK: What happens meanwhile

  @Test(arguments: ["vault = memory\n", ""])
  func whatChangesMeanwhileIsInTheNewFile(setting: String) throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(
        login: "signed_in $n", refresh: "signed_in new",
        seal: "[ -z \"$create\" ] || [ \"$create\" = secret-service ] || slow=1;"
          + " begin_sealing; seal_all; [ -z \"$slow\" ] || await go; say event=done"),
      vault: vault, setting: setting)
    let go = try agent.gate("go")
    try agent.signIn("a")
    let seals = agent.starts(of: "seal")
    let (person, asker, newcomer) = (try agent.connect(), try agent.connect(), try agent.connect())
    try person.send("action=vault-change\nsource=credential\n\n")
    try agent.waitForStart(of: "seal", seals + 1)
    try asker.send("action=refresh\naccount=a\n\n")
    try newcomer.send("action=login\naccount=b\n\n")
    try agent.waitForStart(of: "login", 2)
    try agent.wait { try agent.status("b")["state"] != "signing-in" }
    // With an open vault its beginning waits to be written.
    if !setting.isEmpty { try agent.waitForStart(of: "refresh", 1) }
    try agent.sync()
    try go.open()
    #expect(try person.reply()["event"] == "done")
    #expect(try asker.reply()["error"] == nil)
    #expect(try newcomer.replies().last?["event"] == "done")
    agent.stop()
    #expect(try vault.source() == "credential")
    #expect(try vault.refreshToken(of: "a") == "rt-new")
    #expect(try vault.refreshToken(of: "b") == "rt-2")
  }

  /// A courier that is on the network holds the lock of the file that is to be set aside.
  @Test func duringARefreshTheFileIsNotSetAside() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n 0", refresh: "await go; signed_in new"), vault: vault)
    let go = try agent.gate("go")
    for name in Self.names { try agent.signIn(name) }
    let asker = try agent.connect()
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "refresh", 1)
    let refused = try change(agent, "memory")
    #expect(refused["error"] == "temporarily_unavailable", "\(refused)")
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-new")
    #expect(try vault.refreshToken(of: "a") == "rt-new")
    #expect(try agent.agentStatus()["vault_state"] == "open")
  }

  @Test func aFileThatIsNotUsedIsNotOverwritten() throws {
    let vault = try TestVault()
    let first = try agent(vault: vault)
    try first.signIn("a")
    first.stop()
    let before = try vault.bytes()
    let agent = try agent(vault: vault, setting: "vault = memory\n")
    let status = try agent.agentStatus()
    #expect(status["vault_state"] == "memory")
    #expect(status["vault_error"]?.contains("is not used") == true)
    try agent.signIn("b")
    #expect(try change(agent, "credential")["error"] == "failed")
    #expect(try vault.bytes() == before)
    #expect(try change(agent, "memory")["former"] == "\(vault.path).former-1")
    #expect(try change(agent, "credential")["event"] == "done")
    #expect(try vault.summary() == ["session b"])
  }

  @Test func aDifferentConfigurationIsTold() throws {
    let vault = try TestVault()
    let first = try agent(vault: vault)
    try first.signIn("a")
    first.stop()
    let next = try agent(vault: vault, setting: "vault = credential\n")
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
    let told = try next.ask("action=vault")
    #expect(told["vault"] == "secret-service" && told["configured"] == "credential")
    #expect(told["vault_state"] == "open" && told.number("accounts") == 1)
    #expect(told.number("bytes").map { $0 > 0 } == true)
    #expect(told["vault_hint"] == "sallyport vault change credential")
  }
}
