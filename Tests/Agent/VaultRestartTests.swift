import CPlatform
import Glibc
import Platform
import Testing
import Vault

@testable import Agent

@Suite("An agent that starts with a vault")
struct VaultRestartTests {
  @Test func everythingIsThereAgain() throws {
    let vault = try TestVault()
    let configuration = TestAgent.configuration(["a", "b", "c"])
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n", refresh: "signed_in r$n"),
      configuration: configuration, vault: vault)
    for name in ["a", "b", "c"] { try agent.signIn(name) }
    _ = try agent.ask("action=refresh", "account=b")
    _ = try agent.ask("action=logout", "account=c", "local=yes")
    agent.stop()
    let next = try TestAgent(
      ScriptedCourier(refresh: "signed_in again"), configuration: configuration, vault: vault)
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try next.ask("action=token", "account=b")["access_token"] == "at-r1")
    #expect(try next.ask("action=token", "account=c")["error"] == "login_required")
    let status = try next.status("b")
    #expect(status["state"] == "signed-in")
    #expect(status["sub"] == "248" && status["username"] == "jane")
    #expect(status["issuer"] == "https://as.example")
    #expect(status["warning"] == nil)
    _ = try next.ask("action=refresh", "account=b")
    #expect(try next.order(of: "refresh", 2).contains("refresh_token=rt-r1"))
    #expect(try next.ask("action=vault")["vault_state"] == "open")
  }

  @Test func aRefreshThatWasInterruptedIsToldAndTheSessionGoesOn() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    try vault.appendStart(sending: "rt-1")
    let agent = try TestAgent(ScriptedCourier(refresh: "signed_in 2"), vault: vault)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    let warning = try agent.status()["warning"]
    #expect(warning?.hasPrefix("a refresh of work was interrupted") == true)
    _ = try agent.ask("action=refresh")
    #expect(try vault.refreshToken() == "rt-2")
  }

  @Test func aRefreshThatHadEndedIsNotTold() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    try vault.appendStart(sending: "rt-0")
    let agent = try TestAgent(vault: vault)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.status()["warning"] == nil)
  }

  @Test func whatACourierHasWrittenDownIsTaken() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    try vault.appendStart(sending: "rt-1")
    try vault.append(
      .answer,
      [
        "event=done", "access_token=at-2", "refresh_token=rt-2", "token_type=Bearer",
        "expires_in=3600", "answered_at=\(wallClockSeconds())",
      ])
    let agent = try TestAgent(vault: vault)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.status()["warning"] == nil)
    try agent.wait { try vault.records().last?.description == "session work" }
    #expect(try vault.refreshToken() == "rt-2")
  }

  @Test func whatACourierHasWrittenDownCanBeTheEnd() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    try vault.appendStart(sending: "rt-1")
    try vault.append(
      .answer,
      [
        "error=login_required", "error_description=it is over", "oauth_error=invalid_grant",
        "answered_at=\(wallClockSeconds())",
      ])
    let agent = try TestAgent(vault: vault)
    #expect(try agent.ask("action=token")["error_description"] == "it is over")
    #expect(try agent.status()["state"] == "signed-out")
    try agent.wait { try vault.records().last?.description == "removal work" }
  }

  /// As one of a later version could be.
  @Test func aRecordThatCannotBeUnderstoodCostsItsAccountOnly() throws {
    let vault = try TestVault()
    let configuration = TestAgent.configuration(["a", "b", "c"])
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n"), configuration: configuration, vault: vault)
    for name in ["a", "b", "c"] { try agent.signIn(name) }
    agent.stop()
    try vault.append(.session, of: "b", ["access_token=x", "obtained_at=never"])
    let next = try TestAgent(configuration: configuration, vault: vault)
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try next.ask("action=token", "account=c")["access_token"] == "at-3")
    #expect(try next.ask("action=token", "account=b")["error"] == "login_required")
    let status = try next.status("b")
    #expect(status["state"] == "signed-out")
    #expect(status["last_error"]?.hasPrefix("what the vault keeps of b ") == true)
    #expect(try next.agentStatus()["vault_state"] == "open")
    // It stays where it is, beside what is written.
    _ = try next.ask("action=refresh", "account=a")
    #expect(try vault.records().contains { $0.payload["obtained_at"] == "never" })
    try next.signIn("b")
    next.stop()
    let last = try TestAgent(configuration: configuration, vault: vault)
    #expect(try last.ask("action=token", "account=b")["error"] == nil)
  }

  @Test func aRegisteredClientOutlivesTheAgent() throws {
    let vault = try TestVault()
    let registering = ScriptedCourier(
      login: "say event=registered registration.client_id=dyn; refuse access_denied no"
        + " registration.client_id=dyn")
    let agent = try TestAgent(registering, vault: vault)
    #expect(try agent.ask("action=login")["event"] == "registered" || true)
    try agent.wait { try vault.summary() == ["session work"] }
    #expect(try vault.records()[0].payload["state"] == "registered")
    agent.stop()
    let next = try TestAgent(vault: vault)
    try next.signIn()
    #expect(try next.order(of: "login", 2).contains("registration.client_id=dyn"))
  }

  // MARK: Another process has the file

  @Test func aFileInUseIsWaitedForAndThenServed() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    var other = Optional(try vault.open())
    let agent = try TestAgent(vault: vault)
    #expect(try agent.agentStatus()["vault_state"] == "opening")
    let early = try agent.connect()
    try early.send("action=token\n\n")
    try agent.sync()
    #expect(early.isWaiting)
    try agent.advance(seconds: 6)
    let told = try early.reply()
    #expect(told["error"] == "temporarily_unavailable")
    #expect(told["error_description"] == "\(vault.path) is in use by another process")
    #expect(try agent.ask("action=token")["error"] == "temporarily_unavailable")
    #expect(try agent.ask("action=login")["error"] == "temporarily_unavailable")
    other = nil
    #expect(other == nil)
    try agent.wait {
      try agent.advance(seconds: 1)
      return try agent.agentStatus()["vault_state"] == "open"
    }
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.agentStatus()["vault_error"] == nil)
  }

  @Test func whoWaitsIsServedAsSoonAsTheFileIsFree() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    var other: VaultFile? = try vault.open()
    let agent = try TestAgent(vault: vault)
    let early = try agent.connect()
    try early.send("action=token\n\n")
    try agent.sync()
    #expect(early.isWaiting)
    other = nil
    #expect(other == nil)
    #expect(try early.reply()["access_token"] == "at-1")
  }

  // MARK: A key that nobody has to type

  @Test func requestsWaitWhileTheVaultIsBeingOpened() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    let go = try Gate(vault.scratch("gate.go"))
    let agent = try TestAgent(ScriptedCourier(unseal: "await go; unseal"), vault: vault)
    let askers = try (1...50).map { _ in try agent.connect() }
    for asker in askers { try asker.send("action=token\n\n") }
    try agent.sync()
    #expect(askers.allSatisfy { $0.isWaiting })
    #expect(try agent.status()["state"] == "locked")
    try go.open()
    for asker in askers { #expect(try asker.reply()["access_token"] == "at-1") }
    #expect(agent.starts(of: "unseal") == 1)
  }

  @Test func aKeyThatCannotBeHadIsToldAndTriedAgain() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    let agent = try TestAgent(
      ScriptedCourier(
        unseal: "[ $n = 1 ] && refuse locked 'the keyring is locked' vault_fault=source; unseal"),
      vault: vault)
    let first = try agent.ask("action=token")
    #expect(first["error"] == "locked")
    #expect(first["error_description"] == "the keyring is locked")
    #expect(first["hint"] == "sallyport unlock" && first["needs"] == nil)
    #expect(try agent.ask("action=token")["error"] == "locked")
    #expect(agent.starts(of: "unseal") == 1)
    #expect(try agent.agentStatus()["vault_error"] == "the keyring is locked")
    try agent.advance(seconds: 6)
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
    #expect(try agent.agentStatus()["vault_error"] == nil)
  }

  @Test func aPersonNeedNotWaitForTheNextAttempt() throws {
    let vault = try TestVault()
    try TestAgent(vault: vault).beginAndStop()
    let agent = try TestAgent(
      ScriptedCourier(
        unseal: "[ $n = 1 ] && refuse locked 'the keyring is locked' vault_fault=source; unseal"),
      vault: vault)
    #expect(try agent.ask("action=token")["error"] == "locked")
    #expect(try agent.ask("action=unlock").lines.prefix(2) == ["event=done", "accounts=1"])
    #expect(try agent.ask("action=token")["access_token"] == "at-1")
  }
}

extension TestAgent {
  /// Signs in and ends.
  fileprivate func beginAndStop() throws {
    try signIn()
    stop()
  }
}
