import Glibc
import Testing

@testable import Agent

@Suite("Who may take all sessions with him")
struct VaultAdmissionTests {
  private static let names = ["a", "b", "c"]

  /// An agent whose last account has `rules`.
  private func agent(
    vault: TestVault, rules: String, askedBy ways: [QuestionWay] = []
  ) throws -> TestAgent {
    try TestAgent(
      ScriptedCourier(login: "signed_in $n"),
      configuration: TestAgent.configuration(Self.names) + rules, askedBy: ways, vault: vault)
  }

  /// A person who answers with an exit status, and leaves a line in the file `asked`.
  private func person(_ status: Int, _ vault: TestVault) -> QuestionWay {
    QuestionWay(
      kind: .askpass, program: "/bin/sh",
      arguments: ["sh", "-c", "echo asked >> \(vault.scratch("asked")); exit \(status)"])
  }

  private func signIn(_ agent: TestAgent, _ names: [String] = names) throws {
    for name in names { try agent.signIn(name) }
  }

  // MARK: An export

  private func export(_ agent: TestAgent, _ vault: TestVault) throws -> Reply {
    try agent.ask("action=vault-export", "path=\(vault.scratch("copy"))", "passphrase=x")
  }

  @Test func whoMayNotHaveATokenMayNotTakeThemAll() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault, rules: "allow = /nobody\n")
    try signIn(agent, ["a", "b"])
    // The rule is that of c, of which nothing is exported.
    #expect(try export(agent, vault)["event"] == "done")
    unlink(vault.scratch("copy"))
    try agent.signIn("c")
    #expect(try export(agent, vault)["error"] == "access_denied")
    #expect(vault.scratch.mode(of: "copy") == nil)
    #expect(agent.starts(of: "export") == 1)
  }

  @Test(arguments: [(0, "done"), (1, nil)])
  func aPersonIsAskedBeforeAnExport(status: Int, event: String?) throws {
    let vault = try TestVault()
    let agent = try agent(
      vault: vault, rules: "confirm = always\n", askedBy: [person(status, vault)])
    try signIn(agent)
    #expect(try export(agent, vault)["event"] == event)
    #expect(try agent.contents(of: "asked") == "asked\n")
    #expect((vault.scratch.mode(of: "copy") != nil) == (event != nil))
  }

  // MARK: Another key: whoever chooses it can read the file

  private func change(_ agent: TestAgent) throws -> Reply {
    try agent.ask("action=vault-change", "source=passphrase", "passphrase=right")
  }

  @Test func whoMayNotHaveATokenMayNotChooseTheKey() throws {
    let vault = try TestVault()
    let agent = try agent(vault: vault, rules: "allow = /nobody\n")
    try signIn(agent)
    let before = try vault.bytes()
    #expect(try change(agent)["error"] == "access_denied")
    #expect(try vault.bytes() == before)
    // Without a session of c its rule is no matter.
    _ = try agent.ask("action=logout", "account=c", "local=yes")
    #expect(try change(agent)["vault"] == "passphrase")
  }

  @Test(arguments: [(0, "passphrase", 2), (1, "secret-service", 1)])
  func aPersonIsAskedForEachAccountBeforeAnotherKey(
    status: Int, source: String, times: Int
  ) throws {
    let vault = try TestVault()
    let agent = try agent(
      vault: vault,
      rules: "confirm = always\n[d]\nissuer = https://as.example\nconfirm = always\n",
      askedBy: [person(status, vault)])
    try signIn(agent, Self.names + ["d"])
    #expect(try change(agent)["event"] == (status == 0 ? "done" : nil))
    #expect(try vault.source() == source)
    #expect(try agent.contents(of: "asked") == String(repeating: "asked\n", count: times))
  }
}
