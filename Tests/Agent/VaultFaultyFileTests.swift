import Glibc
import Testing
import Vault

@testable import Agent

@Suite("A vault that is no good at the start")
struct VaultFaultyFileTests {
  @Test(arguments: [
    ("empty", "it is empty"), ("foreign form", "does not begin like one"),
    ("newer", "format 2"), ("damaged header", "its header is not as it was written"),
    ("open to others", "lets others in"), ("damaged record", "is damaged"),
    ("a link", "not a regular file"),
  ])
  func aFileThatCannotBeUsedIsLeftAsItIs(kind: String, reason: String) throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    for _ in 1...3 { try agent.signIn() }
    agent.stop()
    let good = try vault.bytes()
    try spoil(vault, kind)
    let bad = try vault.bytes()
    let next = try TestAgent(ScriptedCourier(login: "signed_in 9"), vault: vault)
    // It may be in there: nobody is to sign in because of that.
    #expect(try next.ask("action=token")["error"] == "locked")
    let status = try next.agentStatus()
    #expect(status["vault_state"] == "faulty")
    #expect(status["vault_error"]?.contains(reason) == true)
    let warnings = try next.signIn().list("warning")
    #expect(warnings.count == 1 && warnings[0].contains(reason))
    #expect(try next.ask("action=token")["access_token"] == "at-9")
    #expect(try next.ask("action=unlock")["error"] == "failed")
    #expect(try vault.bytes() == bad, "nothing of it is destroyed")
    // Once it is mended, the next write finds it, and what is newer wins.
    unlink(vault.path)
    try vault.scratch.write("state/vault", "")
    chmod(vault.path, 0o600)
    try vault.write(good)
    _ = try next.ask("action=login")
    try next.wait { try next.agentStatus()["vault_state"] == "open" }
    try next.wait { try next.agentStatus()["vault_error"] == nil }
    #expect(try vault.refreshToken() == "rt-9")
  }

  private func spoil(_ vault: TestVault, _ kind: String) throws {
    var bytes = try vault.bytes()
    switch kind {
    case "empty": bytes = []
    case "foreign form": bytes = Array("git\n\n".utf8)
    case "newer": bytes = Array("sallyport-vault=2\nx=y\n\n".utf8)
    case "damaged header": bytes[40] ^= 1
    case "damaged record": bytes[bytes.count / 2] ^= 1
    case "open to others": chmod(vault.path, 0o640)
    default:
      try #require(rename(vault.path, vault.path + ".there") == 0)
      try #require(symlink("vault.there", vault.path) == 0)
      return
    }
    try vault.write(bytes)
  }

  @Test func aVaultOfAnotherUserIsRefused() throws {
    guard geteuid() == 0 else { return }
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    agent.stop()
    try #require(chown(vault.path, 12_345, 12_345) == 0)
    let next = try TestAgent(vault: vault)
    let status = try next.agentStatus()
    #expect(status["vault_state"] == "faulty")
    #expect(status["vault_error"]?.contains("belongs to user 12345") == true)
  }

  @Test(arguments: ["forged", "damaged"])
  func aVaultThatWasTamperedWithIsNotUsed(fault: String) throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    agent.stop()
    let before = try vault.bytes()
    let next = try TestAgent(
      ScriptedCourier(unseal: "refuse failed 'it was tampered with' vault_fault=\(fault)"),
      vault: vault)
    #expect(try next.ask("action=token")["error"] == "locked")
    #expect(try next.agentStatus()["vault_state"] == "faulty")
    #expect(try next.signIn().list("warning").count == 1)
    #expect(try vault.bytes() == before)
  }

  /// What is being saved when a mended file is opened must not wait for ever when that fails.
  @Test func whoIsBeingSavedWhileTheFileIsOpenedIsAnsweredWhateverComesOfIt() throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    agent.stop()
    chmod(vault.path, 0o640)
    let next = try TestAgent(
      ScriptedCourier(
        login: "signed_in 9", unseal: "await go; refuse locked 'no keyring' vault_fault=source"),
      configuration: TestAgent.configuration(["a", "b"]), vault: vault)
    let go = try next.gate("go")
    try next.signIn("a")
    chmod(vault.path, 0o600)
    let person = try next.connect()
    try person.send("action=login\naccount=b\n\n")
    try next.waitForStart(of: "unseal", 1)
    #expect(person.isWaiting)
    try go.open(9)
    #expect(try person.replies().last?["event"] == "done")
  }
}
