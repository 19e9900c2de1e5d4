import Glibc
import Testing

@testable import Agent

@Suite("action=lock")
struct LockTests {
  private static let names = ["a", "b"]
  private static let configuration = TestAgent.configuration(names)

  /// Accounts a and b are signed in.
  private func agent(
    _ courier: ScriptedCourier = ScriptedCourier(login: "signed_in $n"), vault: TestVault,
    setting: String = ""
  ) throws -> TestAgent {
    let agent = try TestAgent(
      courier, configuration: setting + Self.configuration, vault: vault)
    for name in Self.names { try agent.signIn(name) }
    return agent
  }

  @Test func aVaultInAFileIsLockedWithoutAPassphrase() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    let seals = agent.starts(of: "seal")
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    #expect(agent.starts(of: "seal") == seals, "it is all in the file")
    try expectLocked(agent, needs: nil)
    #expect(try agent.ask("action=lock").lines == ["event=done"], "twice is no failure")
    #expect(try agent.ask("action=unlock")["accounts"] == "2")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-2")
    #expect(try agent.status("a")["state"] == "signed-in")
  }

  private func expectLocked(_ agent: TestAgent, needs: String?) throws {
    for action in [
      "token", "login", "refresh", "userinfo", "logout", "expose", "token\nlogin=yes",
      "login\nonce=yes", "vault-export\npath=/x\npassphrase=x", "vault-import\npath=/x",
      "vault-change\nsource=memory", "logout\nlocal=yes",
    ] {
      let client = try agent.connect()
      try client.send("action=\(action)\naccount=a\n\n")
      let reply = try client.reply()
      #expect(reply["error"] == "locked", "\(action): \(reply)")
      #expect(reply["hint"] == "sallyport unlock")
      #expect(reply["needs"] == needs)
    }
    #expect(
      try agent.ask("action=get", "protocol=https", "host=git.example")["error"] == "locked")
    for name in Self.names {
      let status = try agent.status(name)
      #expect(status["state"] == "locked" && status["hint"] == "sallyport unlock")
      #expect(status["sub"] == nil && status["scope"] == nil, "nothing of it is in memory")
    }
    #expect(try agent.ask("action=vault").number("accounts") == 0)
  }

  @Test func sessionsInMemoryAreSealedUnderAPassphrase() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault, setting: "vault = memory\n")
    let refused = try agent.ask("action=lock")
    #expect(refused["error"] == "invalid_request" && refused["needs"] == "new-passphrase")
    #expect(try agent.ask("action=lock", "passphrase=")["needs"] == "new-passphrase")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try agent.ask("action=lock", "passphrase=right").lines == ["event=done"])
    try expectLocked(agent, needs: "passphrase")
    #expect(try agent.agentStatus()["vault_state"] == "locked")
    #expect(vault.scratch.mode(of: "state/vault") == nil, "nothing is on the disk")
    #expect(try agent.ask("action=unlock")["needs"] == "passphrase")
    let wrong = try agent.ask("action=unlock", "passphrase=wrong")
    #expect(wrong["error"] == "locked" && wrong["needs"] == "passphrase")
    try agent.advance(seconds: 2)
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "2")
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-2")
    #expect(try agent.agentStatus()["vault_state"] == "memory")
    // The same once more, under another one.
    #expect(try agent.ask("action=lock", "passphrase=other").lines == ["event=done"])
    #expect(try agent.ask("action=unlock", "passphrase=other")["accounts"] == "2")
  }

  @Test func aRefreshUnderWayIsWaitedForAndEverybodyElseIsToldAtOnce() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n 0", refresh: "await go; signed_in r$n"), vault: vault)
    let go = try agent.gate("go")
    let (asker, person) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "refresh", 1)
    try person.send("action=lock\n\n")
    let told = try asker.reply()
    #expect(told["error"] == "locked" && told["hint"] == "sallyport unlock")
    #expect(person.isWaiting)
    #expect(try agent.ask("action=token", "account=b")["error"] == "locked")
    #expect(try agent.ask("action=unlock")["error"] == "temporarily_unavailable")
    #expect(try agent.status("a")["state"] == "locked")
    #expect(try agent.agentStatus()["vault_state"] == "locking")
    let second = try agent.connect()
    try second.send("action=lock\n\n")
    try agent.sync()
    #expect(second.isWaiting)
    try go.open()
    #expect(try person.reply().lines == ["event=done"])
    #expect(try second.reply().lines == ["event=done"])
    #expect(try vault.refreshToken(of: "a") == "rt-r1", "it was saved before")
    #expect(try agent.ask("action=unlock")["accounts"] == "2")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-r1")
  }

  @Test func aRefreshUnderWayIsWaitedForInMemoryToo() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n 0", refresh: "await go; signed_in r$n"), vault: vault,
      setting: "vault = memory\n")
    let go = try agent.gate("go")
    let (asker, person) = (try agent.connect(), try agent.connect())
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "refresh", 1)
    try person.send("action=lock\npassphrase=right\n\n")
    #expect(try asker.reply()["error"] == "locked")
    #expect(person.isWaiting)
    try go.open()
    #expect(try person.reply().lines == ["event=done"])
    #expect(try agent.ask("action=unlock", "passphrase=right")["accounts"] == "2")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-r1")
  }

  @Test func aSignInUnderWayIsEndedAndItsClientIsKept() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(
        login: "[ $n -gt 2 ] || { signed_in $n; leave 0; };"
          + " say event=authorize url=https://as.example registration.client_id=dyn; await never"),
      vault: vault)
    let never = try agent.gate("never")
    let person = try agent.connect()
    #expect(try person.ask("action=login", "account=a")["event"] == "authorize")
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    let told = try person.reply()
    #expect(told["error"] == "locked" && told["error_description"] == "the vault has been locked")
    #expect(try agent.ask("action=unlock")["accounts"] == "2")
    #expect(try agent.status("a")["registered"] == "yes", "the server knows it, and nobody else")
    withExtendedLifetime(never) {}
  }

  @Test func questionsAndWhatAServerIsAskedAreEnded() throws {
    let vault = try TestVault()
    let never = try Gate(vault.scratch("gate.never"))
    let agent = try TestAgent(
      ScriptedCourier(exchange: "await never", userinfo: "await never"),
      configuration: Self.configuration + "confirm = always\n",
      askedBy: [
        QuestionWay(
          kind: .askpass, program: "/bin/sh",
          arguments: ["sh", "-c", "read -r _ < \(vault.scratch("gate.never"))"])
      ], vault: vault)
    for name in Self.names { try agent.signIn(name) }
    let clients = try (1...3).map { _ in try agent.connect() }
    try clients[0].send("action=token\naccount=b\n\n")
    try clients[1].send("action=userinfo\naccount=a\n\n")
    try clients[2].send("action=token\naccount=a\naudience[]=x\n\n")
    try agent.waitForStart(of: "userinfo", 1)
    try agent.waitForStart(of: "exchange", 1)
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    for client in clients { #expect(try client.reply()["error"] == "locked") }
    withExtendedLifetime(never) {}
  }

  @Test func aNarrowSocketSaysThatItIsLocked() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    let path = vault.scratch("narrow")
    #expect(try agent.ask("action=expose", "account=a", "socket=\(path)")["error"] == nil)
    #expect(try AgentClient(path).ask("action=token")["access_token"] == "at-1")
    _ = try agent.ask("action=lock")
    #expect(try AgentClient(path).ask("action=token")["error"] == "locked")
    _ = try agent.ask("action=unlock")
    #expect(try AgentClient(path).ask("action=token")["access_token"] == "at-1")
  }

  @Test(arguments: ["", "vault = memory\n"])
  func aLockThatFailsLeavesEverythingUsable(setting: String) throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(
        login: "signed_in $n", seal: "[ -e \"$dir/broken\" ] && refuse failed 'no cipher'; seal"),
      vault: vault, setting: setting)
    try vault.scratch.write("broken", "")
    // What cannot be written to the file has to be sealed in memory.
    _ = try agent.ask("action=refresh", "account=a")
    let failed = try agent.ask("action=lock", "passphrase=x")
    #expect(failed["error"] == "failed" && failed["error_description"] == "no cipher")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
    #expect(try agent.status("b")["state"] == "signed-in")
    unlink(vault.scratch("broken"))
    #expect(try agent.ask("action=lock", "passphrase=x").lines == ["event=done"])
    try agent.advance(seconds: 2)
    #expect(try agent.ask("action=unlock", "passphrase=x")["accounts"] == "2")
  }

  /// The file does not have what the memory has: it must not be dropped.
  @Test func whatCouldNotBeWrittenIsSealedInMemoryAndComesBack() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(
        login: "signed_in $n", refresh: "signed_in new",
        unseal: "[ -e \"$dir/broken\" ] && refuse locked 'no keyring' vault_fault=source; unseal"),
      vault: vault)
    vault.faults.fail(.write, ENOSPC)
    #expect(try agent.ask("action=refresh", "account=a")["error"] == nil)
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    #expect(try agent.agentStatus()["vault_state"] == "locked")
    #expect(try agent.ask("action=token", "account=a")["error"] == "locked")
    // A keyring that does not answer, and somebody who asks again later.
    try vault.scratch.write("broken", "")
    #expect(try agent.ask("action=unlock")["error_description"] == "no keyring")
    try agent.advance(seconds: 6)
    #expect(try agent.ask("action=token", "account=a")["error"] == "locked")
    unlink(vault.scratch("broken"))
    vault.faults.mend()
    try agent.advance(seconds: 6)
    #expect(try agent.ask("action=unlock")["accounts"] == "2")
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-new")
    try agent.wait { try vault.refreshToken(of: "a") == "rt-new" }
  }

  @Test func aVaultThatIsBeingOpenedCanBeLocked() throws {
    let vault = try TestVault()
    try agent(vault: vault).stop()
    // They are there before the courier, which an agent may start at once.
    let go = try Gate(vault.scratch("gate.go"))
    let life = try Life(vault.scratch("life.u"))
    let agent = try TestAgent(
      ScriptedCourier(unseal: "alive u; [ $n = 1 ] && await go; unseal"),
      configuration: Self.configuration, vault: vault)
    let asker = try agent.connect()
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "unseal", 1)
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    #expect(try asker.reply()["error"] == "locked")
    try go.open()
    try agent.advance(seconds: 10)
    #expect(try agent.ask("action=token", "account=a")["error"] == "locked", "nobody has asked")
    #expect(try agent.ask("action=unlock")["accounts"] == "2")
    withExtendedLifetime(life) {}
  }

  /// A logout that has begun is a promise.
  @Test func aLogoutUnderWayIsWaitedFor() throws {
    let vault = try TestVault()
    let agent = try agent(
      ScriptedCourier(login: "signed_in $n", revoke: "await go; say event=done revoked=yes"),
      vault: vault)
    let go = try agent.gate("go")
    let (leaver, person) = (try agent.connect(), try agent.connect())
    try leaver.send("action=logout\naccount=a\n\n")
    try agent.waitForStart(of: "revoke", 1)
    try person.send("action=lock\n\n")
    try agent.sync()
    #expect(person.isWaiting)
    try go.open()
    #expect(try leaver.reply().list("revoked") == ["a"])
    #expect(try person.reply().lines == ["event=done"])
    #expect(try agent.ask("action=unlock")["accounts"] == "1")
  }

  /// A lock must not be opened by an attempt from before it.
  @Test func anAttemptThatWaitsIsEndedByALock() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault, setting: "vault = memory\n")
    _ = try agent.ask("action=lock", "passphrase=right")
    _ = try agent.ask("action=unlock", "passphrase=wrong")
    let person = try agent.connect()
    try person.send("action=unlock\npassphrase=right\n\n")
    try agent.sync()
    #expect(person.isWaiting, "one second is not over")
    #expect(try agent.ask("action=lock").lines == ["event=done"])
    #expect(try person.reply()["error"] == "locked")
    try agent.advance(seconds: 5)
    #expect(try agent.ask("action=token", "account=a")["error"] == "locked")
  }
}
