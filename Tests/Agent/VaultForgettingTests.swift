import Glibc
import Testing

@testable import Agent

@Suite("SIGUSR1 with a vault")
struct VaultForgettingTests {
  @Test func theFileStaysAndAPersonOpensIt() throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    let before = try vault.bytes()
    agent.signal(SIGUSR1)
    try agent.sync()
    let refused = try agent.ask("action=token")
    #expect(refused["error"] == "locked" && refused["hint"] == "sallyport unlock")
    try agent.advance(seconds: 60)
    #expect(try agent.ask("action=token")["error"] == "locked", "not by itself")
    #expect(try vault.bytes() == before)
    #expect(try agent.ask("action=unlock")["accounts"] == "1")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }

  /// The server's answer would be lost with its courier.
  @Test func aRefreshUnderWayIsLeftToItsCourier() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "alive r; await go; signed_in 2; read -r word; say \"$word\" > \"$dir/word\""),
      vault: vault)
    let (life, go) = (try agent.life("r"), try agent.gate("go"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try life.waitForBeginning()
    agent.signal(SIGUSR1)
    #expect(try asker.reply()["error"] != nil)
    #expect(try agent.ask("action=token")["error"] == "locked")
    try go.open()
    try life.waitForEnd()
    #expect(try agent.contents(of: "word") == "kept=no\n\n")
    #expect(try vault.summary() == ["session work", "refresh-started work"])
    #expect(try agent.ask("action=unlock")["accounts"] == "1")
  }

  @Test(arguments: ["login", "logout\nlocal=yes", "vault-change\nsource=credential"])
  func whoWaitsForTheDiskIsAnswered(action: String) throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(seal: "[ $n = 2 ] && await never; seal"), vault: vault)
    let never = try agent.gate("never")
    try agent.signIn()
    let person = try agent.connect()
    try person.send("action=\(action)\n\n")
    try agent.waitForStart(of: "seal", 2)
    agent.signal(SIGUSR1)
    let replies = try person.replies()
    #expect(replies.last?["error"] != nil || replies.last?.list("account") == ["work"])
    #expect(try agent.ask("action=unlock")["accounts"] == "1")
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    withExtendedLifetime(never) {}
  }

  @Test func whoWaitsForALockIsAnswered() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "await never"), vault: vault)
    let never = try agent.gate("never")
    try agent.signIn()
    let (asker, person) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "refresh", 1)
    try person.send("action=lock\n\n")
    #expect(try asker.reply()["error"] == "locked")
    agent.signal(SIGUSR1)
    #expect(try person.reply().lines == ["event=done"])
    withExtendedLifetime(never) {}
  }

  /// What is being opened are sessions of this process, which are in no file.
  @Test func aLockInMemoryThatIsBeingOpenedIsForgottenToo() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(unseal: "[ $n = 1 ] && { alive u; await go; }; unseal"),
      configuration: "vault = memory\n\n" + TestAgent.work, vault: vault)
    let (life, go) = (try agent.life("u"), try agent.gate("go"))
    try agent.signIn()
    _ = try agent.ask("action=lock", "passphrase=right")
    let (person, asker) = (try agent.connect(), try agent.connect())
    try person.send("action=unlock\npassphrase=right\n\n")
    try life.waitForBeginning()
    try asker.send("action=token\n\n")
    try agent.sync()
    agent.signal(SIGUSR1)
    #expect(try person.reply()["error"] != nil)
    #expect(try asker.reply()["error"] != nil)
    try life.waitForEnd()
    #expect(try agent.agentStatus()["vault_state"] == "memory")
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "0")
    #expect(try agent.status()["state"] == "signed-out")
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    withExtendedLifetime(go) {}
  }

  @Test func anAttemptThatWaitsIsAnswered() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      configuration: "vault = memory\n\n" + TestAgent.work, vault: vault)
    try agent.signIn()
    _ = try agent.ask("action=lock", "passphrase=right")
    _ = try agent.ask("action=unlock", "passphrase=wrong")
    let person = try agent.connect()
    try person.send("action=unlock\npassphrase=right\n\n")
    try agent.sync()
    agent.signal(SIGUSR1)
    #expect(try person.reply().lines.isEmpty == false)
    #expect(try agent.ask("action=token")["error"] == "login_required", "it is forgotten")
  }
}
