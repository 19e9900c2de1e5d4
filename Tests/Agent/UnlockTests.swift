import Glibc
import Testing

@testable import Agent

@Suite("action=unlock")
struct UnlockTests {
  private static let configuration = "vault = passphrase\n\n" + TestAgent.work

  private func agent(
    _ courier: ScriptedCourier = ScriptedCourier(), vault: TestVault
  ) throws -> TestAgent {
    try TestAgent(courier, configuration: Self.configuration, vault: vault)
  }

  /// A vault under the passphrase "right" with a session, and no agent.
  private func vault() throws -> TestVault {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    try #require(try agent.ask("action=unlock", "passphrase=right")["event"] == "done")
    try agent.signIn()
    agent.stop()
    return vault
  }

  @Test func theFirstPassphraseMakesTheVault() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    for action in ["login", "token\nlogin=yes"] {
      let refused = try agent.ask("action=\(action)")
      #expect(refused["error"] == "locked" && refused["needs"] == "new-passphrase")
      #expect(refused["hint"] == "sallyport unlock")
    }
    #expect(try agent.ask("action=token")["error"] == "login_required")
    #expect(try agent.ask("action=unlock")["needs"] == "new-passphrase")
    #expect(vault.scratch.mode(of: "state/vault") == nil)
    let reply = try agent.ask("action=unlock", "passphrase=right")
    #expect(reply.lines == ["event=done", "accounts=0", "vault=passphrase"])
    #expect(try vault.source() == "passphrase")
    #expect(vault.scratch.mode(of: "state/vault") == 0o600)
    #expect(try agent.signIn().list("warning") == [])
    #expect(try vault.summary() == ["session work"])
    #expect(try agent.ask("action=unlock")["event"] == "done", "it is open")
  }

  @Test func aVaultThatIsConfiguredSinceIsMadeByUnlocking() throws {
    let vault = try TestVault()
    vault.faults.noSecretService = "there is no session bus"
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    try agent.configure(Self.configuration)
    #expect(try agent.ask("action=unlock")["needs"] == "new-passphrase")
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "1")
    #expect(try vault.summary() == ["session work"])
  }

  @Test func aTokenForOneUseNeedsNoVault() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    #expect(try agent.signIn("work", "once=yes")["access_token"] == "at-1")
  }

  @Test func itIsLockedUntilAPersonUnlocksIt() throws {
    let vault = try vault()
    let agent = try agent(vault: vault)
    let refused = try agent.ask("action=token")
    #expect(refused["error"] == "locked" && refused["needs"] == "passphrase")
    #expect(refused["hint"] == "sallyport unlock")
    #expect(try agent.status()["state"] == "locked")
    #expect(try agent.agentStatus()["vault_state"] == "sealed")
    #expect(agent.starts(of: "unseal") == 0)
    let reply = try agent.ask("action=unlock", "passphrase=right")
    #expect(reply.lines == ["event=done", "accounts=1", "vault=passphrase"])
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.order(of: "unseal").contains("passphrase=right"))
  }

  @Test func whoGuessesWaitsLongerAndLonger() throws {
    let vault = try vault()
    let agent = try agent(vault: vault)
    #expect(try agent.ask("action=unlock", "passphrase=wrong")["error"] == "locked")
    for (number, seconds) in [1, 2, 4, 8, 16, 32, 64, 64].enumerated() {
      let person = try agent.connect()
      try person.send("action=unlock\npassphrase=wrong\n\n")
      // Shorter ones may be over before the test has looked.
      if seconds >= 16 {
        try agent.advance(seconds: Int64(seconds) - 15)
        #expect(person.isWaiting)
        #expect(agent.starts(of: "unseal") == number + 1)
        #expect(
          try agent.ask("action=unlock", "passphrase=right")["error"]
            == "temporarily_unavailable", "one at a time")
      }
      try agent.advance(seconds: Int64(seconds))
      let reply = try person.reply()
      #expect(reply["error"] == "locked" && reply["needs"] == "passphrase")
      #expect(reply["error_description"] == "the key does not open the vault")
    }
    let person = try agent.connect()
    try person.send("action=unlock\npassphrase=right\n\n")
    try agent.advance(seconds: 64)
    #expect(try person.reply()["event"] == "done")
    // After a success it begins anew.
    _ = try agent.ask("action=lock")
    #expect(try agent.ask("action=unlock", "passphrase=wrong")["error"] == "locked")
    try agent.advance(seconds: 1)
    #expect(try agent.ask("action=unlock", "passphrase=right")["event"] == "done")
  }

  /// It is the vault that is at fault then, and nobody who guesses.
  @Test func afterAFailureOfAnotherKindNobodyWaits() throws {
    let vault = try vault()
    let agent = try agent(
      ScriptedCourier(unseal: "[ $n -lt 3 ] && refuse failed 'no memory for scrypt'; unseal"),
      vault: vault)
    for _ in 1...2 {
      #expect(
        try agent.ask("action=unlock", "passphrase=right")["error_description"]
          == "no memory for scrypt")
    }
    #expect(try agent.ask("action=unlock", "passphrase=right")["event"] == "done")
  }

  @Test(arguments: ["exit 1", "printf 'x\\n\\n'", "say event=done"])
  func aCourierThatFailsLeavesItLocked(unseal: String) throws {
    let vault = try vault()
    let agent = try agent(
      ScriptedCourier(unseal: "[ $n = 1 ] && { \(unseal); leave 0; }; unseal"), vault: vault)
    #expect(try agent.ask("action=unlock", "passphrase=right")["error"] == "locked")
    #expect(try agent.ask("action=token")["error"] == "locked")
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "1")
  }

  @Test func aCourierThatNeverAnswersIsEnded() throws {
    let vault = try vault()
    let agent = try agent(
      ScriptedCourier(unseal: "[ $n = 1 ] && await never; unseal"), vault: vault)
    let never = try agent.gate("never")
    let person = try agent.connect()
    try person.send("action=unlock\npassphrase=right\n\n")
    try agent.waitForStart(of: "unseal", 1)
    try agent.advance(seconds: 160)
    #expect(try person.reply()["error"] == "locked")
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "1")
    withExtendedLifetime(never) {}
  }

  @Test func aVaultThatCannotBeMadeIsTold() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(seal: "[ $n = 1 ] && refuse failed 'no memory'; seal"), vault: vault)
    #expect(try agent.ask("action=unlock", "passphrase=x")["error_description"] == "no memory")
    #expect(try agent.ask("action=login")["needs"] == "new-passphrase")
    #expect(try agent.ask("action=unlock", "passphrase=y")["event"] == "done")
    try agent.signIn()
    agent.stop()
    let next = try self.agent(vault: vault)
    #expect(try next.ask("action=unlock", "passphrase=y")["accounts"] == "1")
  }

  /// Whoever waits is answered, whatever has become of the file meanwhile.
  @Test(arguments: ["removed", "memory", "another source"])
  func whatHasChangedMeanwhileKeepsNobodyWaiting(change: String) throws {
    let vault = try TestVault()
    let first = try TestAgent(
      configuration: "vault = credential\n\n" + TestAgent.work, vault: vault)
    try first.signIn()
    #expect(try first.ask("action=lock")["event"] == "done")
    switch change {
    case "removed": unlink(vault.path)
    case "memory": try first.configure("vault = memory\n\n" + TestAgent.work)
    default:
      let other = try self.vault()
      try vault.write(try other.bytes())
    }
    let reply = try first.ask("action=unlock")
    #expect(reply["event"] == "done" || reply["needs"] == "passphrase", "\(reply)")
    #expect(try first.ask("action=unlock", "passphrase=wrong").lines.isEmpty == false)
  }

  /// A machine that is slow to write down what a courier has got.
  @Test func anAttemptWaitsForTheFileOfAnotherProcess() throws {
    let vault = try vault()
    var other = Optional(try vault.open())
    let agent = try agent(vault: vault)
    let person = try agent.connect()
    try person.send("action=unlock\npassphrase=right\n\n")
    try agent.sync()
    #expect(person.isWaiting)
    other = nil
    #expect(other == nil)
    #expect(try person.reply()["accounts"] == "1")
  }
}
