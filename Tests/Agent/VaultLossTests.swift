import Glibc
import Testing
import Vault

@testable import Agent

@Suite("What is lost when an agent is stopped that could not save everything")
struct VaultLossTests {
  private static let both = TestAgent.configuration(["a", "b"])

  /// Stops the agent and gives what is said of it.
  private func stop(_ agent: TestAgent) throws -> [String] {
    let reply = try agent.ask("action=stop")
    #expect(reply["event"] == "done")
    agent.waitForEnd()
    return reply.list("warning")
  }

  @Test func aSessionThatIsNotInTheFileAsItIsCounts() throws {
    let vault = try TestVault()
    let agent = try TestAgent(configuration: Self.both, vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    vault.faults.fail(.write, ENOSPC)
    _ = try agent.ask("action=refresh", "account=a")
    let warnings = try stop(agent)
    try #require(warnings.count == 1)
    #expect(warnings[0].hasPrefix("1 session could not be saved, and is lost with the agent (a): "))
    #expect(warnings[0].contains("no space left on device"))
    #expect(warnings[0].contains("sallyport vault status"))
    #expect(warnings[0].hasSuffix("sallyport login a"))
  }

  @Test func allOfAVaultThatCouldNotBeMadeCount() throws {
    let vault = try TestVault()
    vault.faults.fail(.create, EIO)
    let agent = try TestAgent(configuration: Self.both, vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    let warnings = try stop(agent)
    try #require(warnings.count == 1)
    #expect(
      warnings[0].hasPrefix("2 sessions could not be saved, and are lost with the agent (a, b): "))
    #expect(warnings[0].hasSuffix("sallyport login NAME"))
  }

  @Test func allOfAFileThatWasRemovedCount() throws {
    let vault = try TestVault()
    let agent = try TestAgent(configuration: Self.both, vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    try #require(unlink(vault.path) == 0)
    #expect(try stop(agent).first?.hasPrefix("2 sessions") == true)
  }

  @Test func aSentenceHasAnEnd() throws {
    let vault = try TestVault()
    vault.faults.fail(.create, EIO)
    let names = (10...19).map { "\($0)" + String(repeating: "n", count: 62) }
    let agent = try TestAgent(configuration: TestAgent.configuration(names), vault: vault)
    for name in names { try agent.signIn(name) }
    let warning = try #require(try stop(agent).first)
    #expect(warning.hasPrefix("10 sessions"))
    #expect(warning.contains(names[7] + " …)") && !warning.contains(names[8]))
    #expect(warning.hasSuffix("sallyport login NAME"), "however long the names are")
  }

  /// Nobody can see who is signed in, and it is lost all the same.
  @Test func whatIsSealedInMemoryBesideAFaultyFileCounts() throws {
    let vault = try TestVault()
    vault.faults.fail(.create, EIO)
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    #expect(try agent.ask("action=lock", "passphrase=word")["event"] == "done")
    #expect(try stop(agent).first?.contains("(work)") == true)
  }

  @Test func whatWasWrittenInTheEndDoesNotCount() throws {
    let vault = try TestVault()
    vault.faults.fail(.create, EIO)
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    vault.faults.mend()
    _ = try agent.ask("action=refresh")
    #expect(try agent.agentStatus()["vault_error"] == nil)
    vault.faults.fail(.write, ENOSPC)
    _ = try agent.ask("action=refresh")
    vault.faults.mend()
    _ = try agent.ask("action=refresh")
    #expect(try stop(agent) == [])
  }

  /// The write of another account has the whole file written anew.
  @Test func whatANewFileHasDoesNotCount() throws {
    let vault = try TestVault()
    let agent = try TestAgent(configuration: Self.both, vault: vault)
    for name in ["a", "b"] { try agent.signIn(name) }
    vault.faults.fail(.write, ENOSPC)
    _ = try agent.ask("action=refresh", "account=a")
    vault.faults.mend()
    _ = try agent.ask("action=refresh", "account=b")
    #expect(try stop(agent) == [])
    #expect(try vault.refreshToken(of: "a") == "rt-1")
  }

  @Test func whoHasLoggedOutLosesNothing() throws {
    let vault = try TestVault()
    vault.faults.fail(.create, EIO)
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    _ = try agent.ask("action=logout", "local=yes")
    #expect(try stop(agent) == [])
  }

  @Test func whatWasForgottenAtOnceIsNotLost() throws {
    let vault = try TestVault()
    let agent = try TestAgent(vault: vault)
    try agent.signIn()
    vault.faults.fail(.write, ENOSPC)
    _ = try agent.ask("action=refresh")
    agent.signal(SIGUSR1)
    try agent.sync()
    vault.faults.mend()
    #expect(try agent.ask("action=unlock")["event"] == "done")
    #expect(try stop(agent) == [])
  }

  @Test func whereMemoryWasChosenNothingIsSaid() throws {
    let chosen = try TestAgent(
      configuration: "vault = memory\n\n" + TestAgent.work, vault: TestVault())
    try chosen.signIn()
    #expect(try chosen.ask("action=lock", "passphrase=word")["event"] == "done")
    #expect(try stop(chosen) == [])
    let vault = try TestVault()
    vault.faults.noSecretService = "there is no session bus"
    let left = try TestAgent(vault: vault)
    try left.signIn()
    #expect(try stop(left) == [])
  }

  @Test func aVaultThatHasEverythingLosesNothing() throws {
    let agent = try TestAgent(vault: TestVault())
    try agent.signIn()
    #expect(try stop(agent) == [])
  }

  /// A session that was only in memory is written as soon as the file can be used, beside those in it.
  @Test func whatHadNoPlaceIsSavedWhenTheFileCanBeUsedAgain() throws {
    let vault = try TestVault()
    let agent = try TestAgent(configuration: Self.both, vault: vault)
    try agent.signIn("a")
    agent.stop()
    chmod(vault.path, 0o640)
    let next = try TestAgent(configuration: Self.both, vault: vault)
    #expect(try next.signIn("b").list("warning").count == 1)
    chmod(vault.path, 0o600)
    #expect(try next.ask("action=unlock")["event"] == "done")
    try next.wait { try vault.refreshToken(of: "b") != nil }
    #expect(try stop(next) == [])
    #expect(try vault.summary() == ["session a", "session b"])
  }
}
