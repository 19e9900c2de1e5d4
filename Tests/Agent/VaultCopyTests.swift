import Glibc
import Platform
import Testing

@testable import Agent

@Suite("action=vault-export and action=vault-import")
struct VaultCopyTests {
  private static let names = ["a", "b", "c"]

  private func agent(_ login: String = "signed_in $n", vault: TestVault) throws -> TestAgent {
    try TestAgent(
      ScriptedCourier(login: login), configuration: TestAgent.configuration(Self.names),
      vault: vault)
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

  /// Whoever has made the file must not choose what runs here, nor which file is read and sent.
  @Test(arguments: [
    "client_secret_command = cat /secret", "client_secret_file = /secret",
    "client_key_file = /secret",
  ])
  func programsAndFilesComeOfTheConfigurationAlone(line: String) throws {
    let key = String(line.prefix { $0 != " " })
    let plain = TestAgent.configuration(["a"])
    let vault = try TestVault()
    let other = try TestAgent(configuration: plain + line + "\n", vault: vault)
    try other.signIn("a")
    let path = vault.scratch("copy")
    #expect(
      try other.ask("action=vault-export", "path=\(path)", "passphrase=x")["event"] == "done")
    for (here, isTaken) in [
      (plain, false), (plain + line + "/other\n", false), (plain + line, true),
    ] {
      let vault = try TestVault()
      let agent = try TestAgent(configuration: here + "\n", vault: vault)
      let reply = try agent.ask("action=vault-import", "path=\(path)", "passphrase=x")
      guard !isTaken else {
        #expect(reply.list("account") == ["a"])
        continue
      }
      #expect(reply["error"] == "failed")
      #expect(reply["error_description"]?.contains("has a \(key) for a,") == true)
      #expect(try agent.status("a")["state"] == "signed-out")
      #expect(try vault.summary() == [])
    }
  }

  /// What the command line of the sign-in said is in the file as well.
  @Test func aFileOfTheCommandLineIsRefusedToo() throws {
    let vault = try TestVault()
    let other = try agent(vault: vault)
    try other.signIn("a", "client_secret_file=/secret")
    let path = vault.scratch("copy")
    _ = try other.ask("action=vault-export", "path=\(path)", "passphrase=x")
    let agent = try agent(vault: TestVault())
    let reply = try agent.ask("action=vault-import", "path=\(path)", "passphrase=x")
    #expect(reply["error_description"]?.contains("has a client_secret_file for a,") == true)
    #expect(try agent.status("a")["state"] == "signed-out")
  }

  /// They come in and go out in portions; nothing may be as deep or as long as they are many.
  @Test func tenThousandAccountsAreTakenInAndOut() throws {
    let scratch = try ScratchFolder()
    let count = 10_000
    let records = (1...count).map { number in
      "event=record\nrecord=session\nname=a\(number)\n\naccess_token=at-\(number)\n"
        + "token_type=Bearer\nscope=\nobtained_at=1\nsigned_in_at=1\nissuer=https://as.example\n\n"
    }
    try scratch.write("copy", "x\n" + records.joined())
    let agent = try TestAgent(
      configuration: "vault = memory\n\n" + TestAgent.work, vault: TestVault())
    let taken = try agent.ask("action=vault-import", "path=\(scratch("copy"))", "passphrase=x")
    #expect(taken.number("accounts") == Int64(count))
    let reply = try agent.ask("action=vault-export", "path=\(scratch("out"))", "passphrase=y")
    #expect(reply.number("accounts") == Int64(count))
    let out = try contents(of: scratch("out"))
    for number in [1, 2, 9_999, count] { #expect(out.contains("\naccess_token=at-\(number)\n")) }
    #expect(out.split(separator: "\n").count { $0 == "event=record" } == count)
  }

  private func contents(of path: String) throws -> String {
    let file = try Descriptor.open(path, O_RDONLY)
    return String(decoding: try readAll(file.number, limit: 1 << 24), as: UTF8.self)
  }

  @Test func nothingIsExportedWithoutASession() throws {
    let agent = try agent(vault: TestVault())
    let reply = try agent.ask("action=vault-export", "path=/tmp/x", "passphrase=x")
    #expect(reply["error_description"] == "there is no session to export")
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
