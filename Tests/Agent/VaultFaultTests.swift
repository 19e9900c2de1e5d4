import Glibc
import Testing
import Vault

@testable import Agent

@Suite("A vault that cannot be written or read")
struct VaultFaultTests {
  private static let chosen = "vault = secret-service\n\n" + TestAgent.work

  // MARK: Nothing can be sealed

  @Test(arguments: [
    ("refuse failed 'there is no cipher'", "there is no cipher"),
    ("exit 1", "the courier has ended without an answer"),
    ("printf 'nonsense\\n\\n'", "not understood"),
    ("begin_sealing; say event=sealed sequence=1 record=session name=work", "not understood"),
    ("say event=done", ""),
    ("begin_sealing; say event=done", ""),
    ("say event=key vault.header=00 vault.key=00; say event=done", "no vault"),
  ])
  func whoSignsInIsTold(seal: String, reason: String) throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 1 ] && { \(seal); leave 0; }; seal"),
      configuration: Self.chosen, vault: vault)
    let warnings = try agent.signIn().list("warning")
    #expect(warnings.count == 1)
    #expect(warnings[0].hasPrefix("the session is in memory only, since it could not be saved: "))
    #expect(warnings[0].contains(reason))
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    let status = try agent.agentStatus()
    #expect(status["vault_error"]?.contains(reason) == true)
    #expect(try vault.summary() == [])
    // It is tried again without anybody asking.
    try agent.waitUntilSaved()
    #expect(try vault.summary() == ["session work"])
    #expect(try agent.agentStatus()["vault_state"] == "open")
  }

  @Test func aCourierThatNeverAnswersIsEnded() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 1 ] && { alive s; await never; }; seal"),
      configuration: Self.chosen, vault: vault)
    let (life, never) = (try agent.life("s"), try agent.gate("never"))
    let person = try agent.connect()
    try person.send("action=login\n\n")
    try life.waitForBeginning()
    try agent.advance(seconds: 130)
    let told = try #require(try person.replies().last)
    #expect(told["event"] == "done")
    #expect(told.list("warning").count == 1)
    try life.waitForEnd()
    withExtendedLifetime(never) {}
  }

  @Test func withoutASecretServiceMemoryServesWithoutAsking() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "refuse locked 'no keyring answers' vault_fault=source"), vault: vault)
    let warnings = try agent.signIn().list("warning")
    #expect(warnings.count == 1)
    #expect(warnings[0].hasPrefix("the session is kept in memory only and ends with the agent"))
    #expect(warnings[0].contains("no keyring answers"))
    #expect(warnings[0].contains("sallyport vault change passphrase"))
    let status = try agent.agentStatus()
    #expect(status["vault_state"] == "memory" && status["vault_error"] == nil)
    #expect(vault.scratch.mode(of: "state/vault") == nil)
    #expect(vault.scratch.mode(of: "state/vault.new") == nil)
  }

  @Test func whereThereCanBeNoSecretServiceNoneIsAsked() throws {
    let vault = try TestVault()
    vault.faults.noSecretService = "there is no session bus"
    let agent = try TestAgent(vault: vault)
    #expect(try agent.signIn().list("warning").first?.contains("no session bus") == true)
    #expect(agent.starts(of: "seal") == 0)
    // One may come: the next thing to be written goes there, with all there is.
    vault.faults.noSecretService = nil
    _ = try agent.ask("action=refresh")
    #expect(try vault.refreshToken() == "rt-1")
  }

  @Test func memoryThatWasChosenIsNoWarning() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      configuration: "vault = memory\n\n" + TestAgent.work, vault: vault)
    #expect(try agent.signIn().list("warning") == [])
    #expect(agent.starts(of: "seal") == 0)
    #expect(try agent.agentStatus()["vault_state"] == "memory")
  }

  // MARK: The disk

  @Test(arguments: [
    (FolderFaults.Call.write, ENOSPC), (.synchronize, EIO),
  ])
  func aSessionThatCannotBeWrittenIsServedAndWrittenLater(
    call: FolderFaults.Call, number: Int32
  ) throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: #"signed_in 2; IFS= read -r word; say "$word" > "$dir/w""#,
        seal: "[ $n = 3 ] && await go; seal"), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "seal", 3)
    vault.faults.fail(call, number)
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-2")
    let status = try agent.agentStatus()
    #expect(status["vault_error"] != nil && status["vault_state"] == "open")
    // It fails as long as it fails, and nobody is kept waiting by that.
    try agent.advance(seconds: 31)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.agentStatus()["vault_error"] != nil)
    vault.faults.mend()
    try agent.waitUntilSaved()
    #expect(try vault.refreshToken() == "rt-2")
    #expect(try vault.summary() == ["session work"], "everything was written anew")
    agent.stop()
    #expect(try TestAgent(vault: vault).ask("action=token")["access_token"] == "at-2")
  }

  @Test(arguments: [FolderFaults.Call.create, .rename, .synchronizeFolder])
  func aVaultThatCannotBeMadeIsMadeLater(call: FolderFaults.Call) throws {
    let vault = try TestVault()
    vault.faults.fail(call, EIO)
    let agent = try TestAgent(configuration: Self.chosen, vault: vault)
    #expect(try agent.signIn().list("warning").count == 1)
    vault.faults.mend()
    try agent.waitUntilSaved()
    #expect(try vault.summary() == ["session work"])
    agent.stop()
    #expect(try TestAgent(vault: vault).ask("action=token")["access_token"] == "at-1")
  }

  @Test func whatWasLoggedOutInTheMeantimeIsNotWritten() throws {
    let vault = try TestVault()
    let agent = try TestAgent(configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    vault.faults.fail(.write, ENOSPC)
    let reply = try agent.ask("action=logout", "account=a", "local=yes")
    #expect(reply.list("account") == ["a"])
    #expect(reply.list("warning").count == 1)
    #expect(reply.list("warning")[0].contains("may still have the session"))
    vault.faults.mend()
    try agent.waitUntilSaved()
    #expect(try vault.summary() == ["session b"])
  }

  @Test func aFileThatIsRemovedIsMadeAgain() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    try #require(unlink(vault.path) == 0)
    _ = try agent.ask("action=refresh", "account=a")
    try agent.waitUntilSaved()
    #expect(try Set(vault.summary()).isSuperset(of: ["session a", "session b"]))
    agent.stop()
    let next = try TestAgent(configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    #expect(try next.ask("action=token", "account=b")["error"] == nil)
  }

  /// The passphrase is not there a second time.
  @Test func aFileUnderAPassphraseThatIsRemovedIsMadeAgainUnderTheSame() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      configuration: "vault = passphrase\n\n" + TestAgent.work, vault: vault)
    #expect(try agent.ask("action=unlock", "passphrase=right")["event"] == "done")
    try agent.signIn()
    try #require(unlink(vault.path) == 0)
    _ = try agent.ask("action=refresh")
    try agent.waitUntilSaved()
    #expect(try vault.refreshToken() == "rt-1")
    agent.stop()
    let next = try TestAgent(vault: vault)
    #expect(try next.ask("action=unlock", "passphrase=right")["accounts"] == "1")
  }

  /// A restored backup is not overwritten.
  @Test func aFileThatIsReplacedStaysAsItIs() throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    try #require(rename(vault.path, vault.path + ".mine") == 0)
    try vault.scratch.write("state/vault", "somebody else's")
    #expect(try agent.ask("action=refresh")["error"] == nil)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    let status = try agent.agentStatus()
    #expect(status["vault_error"]?.contains("no longer the file that was opened") == true)
    try agent.advance(seconds: 31)
    try agent.sync()
    #expect(try vault.bytes() == Array("somebody else's".utf8))
  }
}
