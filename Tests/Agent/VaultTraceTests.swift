import Glibc
import Testing

@testable import Agent

@Suite("What the vault knows of a refresh before it begins")
struct VaultTraceTests {
  @Test func theTraceIsOnTheDiskBeforeTheCourierStarts() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: "alive r; await refresh; signed_in 2",
        seal: "[ $n = 2 ] && await trace; seal"),
      vault: vault)
    let (trace, refresh) = (try agent.gate("trace"), try agent.gate("refresh"))
    let life = try agent.life("r")
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "seal", 2)
    #expect(agent.starts(of: "refresh") == 0)
    try trace.open()
    try life.waitForBeginning()
    let started = try #require(try vault.records().last)
    #expect(started.description == "refresh-started work")
    let key = try #require(started.payload["answer_key"])
    let order = try agent.order(of: "refresh")
    #expect(order.contains("vault.folder=\(vault.folder)"))
    #expect(order.contains("vault.answer_key=\(key)"))
    #expect(order.allSatisfy { !$0.hasPrefix("vault.key") && !$0.hasPrefix("passphrase") })
    try refresh.open()
    #expect(try asker.reply()["access_token"] == "at-2")
    #expect(try vault.summary() == ["session work", "refresh-started work", "session work"])
  }

  /// Whoever talks to a network has no key of the vault; the lock goes to the refresh alone.
  @Test func theCourierHasTheLockAndOthersHaveNot() throws {
    let vault = try TestVault()
    let look = #"[ /proc/self/fd/3 -ef "$dir/state/vault.lock" ] && say x > "$dir/has.$job"; "#
    let agent = try TestAgent(
      ScriptedCourier(
        login: look + "signed_in 1 0", refresh: look + "signed_in 2",
        revoke: look + "say event=done revoked=yes", userinfo: look + "say event=done sub=248"),
      vault: vault)
    try agent.signIn()
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    _ = try agent.ask("action=userinfo")
    _ = try agent.ask("action=logout")
    #expect(vault.scratch.mode(of: "has.refresh") != nil)
    for job in ["login", "userinfo", "revoke"] {
      #expect(vault.scratch.mode(of: "has.\(job)") == nil)
      #expect(try agent.order(of: job).allSatisfy { !$0.hasPrefix("vault.") })
    }
  }

  @Test func theCourierIsToldOnceItsAnswerIsSafe() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: #"signed_in 2; IFS= read -r word; say "$word" > "$dir/word"; alive r"#,
        seal: "[ $n = 3 ] && await go; seal"), vault: vault)
    let (go, life) = (try agent.gate("go"), try agent.life("r"))
    try agent.signIn()
    let asker = try agent.connect()
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "seal", 3)
    #expect(vault.scratch.mode(of: "word") == nil)
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-2")
    try life.waitForBeginning()
    #expect(try agent.contents(of: "word") == "kept=yes\n\n")
    try life.waitForEnd()
  }

  @Test func aFailureIsNotedAsTheEnd() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "[ $n = 1 ] && refuse temporarily_unavailable busy; signed_in 2"), vault: vault)
    try agent.signIn()
    #expect(try agent.ask("action=token")["error_description"] == "busy")
    #expect(try vault.summary() == ["session work", "refresh-started work", "refresh-ended work"])
    #expect(try vault.records().last?.payload.number("ended_at") != nil)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try vault.refreshToken() == "rt-2")
  }

  @Test func invalidGrantIsARemoval() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0",
        refresh: "refuse login_required over oauth_error=invalid_grant"), vault: vault)
    try agent.signIn()
    #expect(try agent.ask("action=token")["error"] == "login_required")
    #expect(try vault.summary() == ["session work", "refresh-started work", "removal work"])
    #expect(try vault.records().last?.payload.number("removed_at") != nil)
  }

  @Test func theTokenOfARefusedAnswerIsSaved() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        refresh: "refuse failed no refresh_token=rt-9"), vault: vault)
    try agent.signIn()
    #expect(try agent.ask("action=refresh")["error_description"] == "no")
    #expect(try vault.refreshToken() == "rt-9")
    #expect(try vault.records().last?.payload["access_token"] == "at-1")
  }

  /// Better a refresh without a safety net than none.
  @Test func aRefreshGoesOnThoughItsBeginningCannotBeWritten() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in 1 0", refresh: "signed_in 2"), vault: vault)
    try agent.signIn()
    vault.faults.fail(.write, ENOSPC)
    #expect(try agent.ask("action=token")["access_token"] == "at-2")
    #expect(try agent.order(of: "refresh").allSatisfy { !$0.hasPrefix("vault.") })
  }

  /// A server that never rotates gives the same refresh token again and again.
  @Test func aRefreshThatHasEndedLeavesNoTraceInANewFile() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(
        login: "signed_in 1 0", refresh: "await refresh; signed_in 1",
        seal: "begin_sealing; seal_all; [ $n = 3 ] && await go; say event=done"), vault: vault)
    let (refresh, go) = (try agent.gate("refresh"), try agent.gate("go"))
    try agent.signIn()
    let (asker, person) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\n\n")
    try agent.waitForStart(of: "refresh", 1)
    // The file is written anew while the refresh is going on, and it ends meanwhile.
    try person.send("action=vault-change\nsource=credential\n\n")
    try agent.waitForStart(of: "seal", 3)
    try refresh.open()
    try agent.wait { try agent.status()["state"] == "refreshing" }
    try go.open()
    #expect(try person.reply()["event"] == "done")
    #expect(try asker.reply()["access_token"] == "at-1")
    #expect(
      try vault.summary() == ["session work", "refresh-started work", "session work"])
    #expect(try agent.ask("action=vault-change", "source=secret-service")["event"] == "done")
    #expect(try vault.summary() == ["session work"])
  }
}
