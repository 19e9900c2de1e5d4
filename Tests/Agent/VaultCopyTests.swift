import Glibc
import Testing

@testable import Agent

@Suite("action=vault-export and action=vault-import")
struct VaultCopyTests {
  private static let names = ["a", "b", "c"]

  private func agent(
    _ login: String = "signed_in $n", vault: TestVault, rules: String = "",
    askedBy ways: [QuestionWay] = []
  ) throws -> TestAgent {
    try TestAgent(
      ScriptedCourier(login: login), configuration: TestAgent.configuration(Self.names) + rules,
      askedBy: ways, vault: vault)
  }

  /// The file of an export with the accounts a and b.
  private func exported(_ scratch: ScratchFolder) throws -> String {
    let agent = try agent(vault: TestVault())
    for name in ["a", "b"] { try agent.signIn(name) }
    let path = scratch("copy")
    let reply = try agent.ask("action=vault-export", "path=\(path)", "passphrase=pass phrase")
    #expect(reply.lines == ["event=done", "accounts=2", "path=\(path)"])
    #expect(try agent.log().filter { $0.contains("export") }.count == 2)
    return path
  }

  @Test func whatIsExportedIsTakenIn() throws {
    let scratch = try ScratchFolder()
    let path = try exported(scratch)
    let vault = try TestVault()
    let agent = try agent(vault: vault)
    let reply = try agent.ask("action=vault-import", "path=\(path)", "passphrase=pass phrase")
    #expect(reply["event"] == "done")
    #expect(reply.list("account") == ["a", "b"] && reply.list("skipped") == [])
    #expect(try agent.ask("action=token", "account=b")["access_token"] == "at-2")
    let saved = try Set(vault.summary())
    #expect(saved == ["session a", "session b"], "it was saved before it was told")
    agent.stop()
    let next = try self.agent(vault: vault)
    #expect(try next.ask("action=token", "account=a")["access_token"] == "at-1")
  }

  @Test func aSessionThereIsStaysUnlessThePersonSaysOtherwise() throws {
    let scratch = try ScratchFolder()
    let path = try exported(scratch)
    let agent = try agent("signed_in here$n", vault: TestVault())
    try agent.signIn("a")
    let reply = try agent.ask("action=vault-import", "path=\(path)", "passphrase=pass phrase")
    #expect(reply.list("account") == ["b"] && reply.list("skipped") == ["a"])
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-here1")
    let other = try agent.ask(
      "action=vault-import", "path=\(path)", "passphrase=pass phrase", "replace=yes")
    #expect(other.list("account") == ["a", "b"])
    #expect(try agent.ask("action=token", "account=a")["access_token"] == "at-1")
  }

  /// A use of the refresh token that is under way would bring its answer to another session.
  @Test func anAccountThatIsBusyIsSkipped() throws {
    let scratch = try ScratchFolder()
    let path = try exported(scratch)
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(login: "signed_in $n 0", refresh: "await go; signed_in new"),
      configuration: TestAgent.configuration(Self.names), vault: vault)
    let go = try agent.gate("go")
    try agent.signIn("a")
    let asker = try agent.connect()
    try asker.send("action=token\naccount=a\n\n")
    try agent.waitForStart(of: "refresh", 1)
    let reply = try agent.ask(
      "action=vault-import", "path=\(path)", "passphrase=pass phrase", "replace=yes")
    #expect(reply.list("account") == ["b"] && reply.list("skipped") == ["a"])
    try go.open()
    #expect(try asker.reply()["access_token"] == "at-new")
    #expect(try vault.refreshToken(of: "a") == "rt-new")
  }

  @Test func aFileThatIsNoGoodChangesNothing() throws {
    let scratch = try ScratchFolder()
    let path = try exported(scratch)
    let agent = try agent(vault: TestVault())
    func take(_ path: String, _ passphrase: String = "pass phrase") throws -> Reply {
      try agent.ask("action=vault-import", "path=\(path)", "passphrase=\(passphrase)")
    }
    #expect(try take(path, "wrong")["error"] == "locked")
    #expect(try take("/nowhere/at/all")["error"] == "failed")
    #expect(try take("relative")["error"] == "invalid_request")
    #expect(try take(path, "")["needs"] == "passphrase")
    try scratch.write(
      "damaged",
      "pass phrase\nevent=record\nrecord=session\nname=a\n\naccess_token=x\nobtained_at=no\n\n")
    let damaged = try take(scratch("damaged"))
    #expect(damaged["error"] == "failed")
    #expect(damaged["error_description"]?.hasPrefix("the session of a in ") == true)
    for name in Self.names { #expect(try agent.status(name)["state"] == "signed-out") }
  }

  @Test func nothingIsExportedWithoutASession() throws {
    let agent = try agent(vault: TestVault())
    let reply = try agent.ask("action=vault-export", "path=/tmp/x", "passphrase=x")
    #expect(reply["error_description"] == "there is no session to export")
  }

  @Test func whoMayNotHaveATokenMayNotTakeThemAll() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault, rules: "allow = /nobody\n")
    for name in ["a", "b"] { try agent.signIn(name) }
    // The rule is that of c, of which nothing is exported.
    let path = vault.scratch("copy")
    #expect(
      try agent.ask("action=vault-export", "path=\(path)", "passphrase=x")["event"] == "done")
    unlink(path)
    try agent.signIn("c")
    let refused = try agent.ask("action=vault-export", "path=\(path)", "passphrase=x")
    #expect(refused["error"] == "access_denied")
    #expect(vault.scratch.mode(of: "copy") == nil)
    #expect(agent.starts(of: "export") == 1)
  }

  @Test(arguments: [(0, "done"), (1, nil)])
  func aPersonIsAskedForEachAccountThatWantsIt(status: Int, event: String?) throws {
    let vault = try TestVault()
    let agent = try agent(
      vault: vault, rules: "confirm = always\n",
      askedBy: [
        QuestionWay(
          kind: .askpass, program: "/bin/sh",
          arguments: ["sh", "-c", "echo asked >> \(vault.scratch("asked")); exit \(status)"])
      ])
    for name in Self.names { try agent.signIn(name) }
    let reply = try agent.ask(
      "action=vault-export", "path=\(vault.scratch("copy"))", "passphrase=x")
    #expect(reply["event"] == event)
    #expect(try agent.contents(of: "asked") == "asked\n")
    #expect((vault.scratch.mode(of: "copy") != nil) == (event != nil))
  }

  @Test func aLockEndsAnExport() throws {
    let vault = try TestVault()
    let agent = try TestAgent(
      ScriptedCourier(export: "await never"), vault: vault)
    let never = try agent.gate("never")
    try agent.signIn()
    let person = try agent.connect()
    try person.send("action=vault-export\npath=\(vault.scratch("copy"))\npassphrase=x\n\n")
    try agent.waitForStart(of: "export", 1)
    #expect(try agent.ask("action=lock")["event"] == "done")
    #expect(try person.reply()["error"] == "locked")
    withExtendedLifetime(never) {}
  }
}
