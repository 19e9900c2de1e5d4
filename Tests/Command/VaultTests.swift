import Attributes
import Glibc
import Testing

@testable import Command

private func report(_ lines: String) throws -> VaultReport {
  try withBlock(lines) { VaultReport($0) }
}

@Suite struct VaultReportTests {
  @Test func theBlockOfStatusAndTheOneOfVaultSayTheSame() throws {
    let lines = "vault=passphrase\nvault_state=open\nvault_path=/v\nvault_error=e\nvault_hint=h\n"
    #expect(try report(lines) == withBlock(lines) { VaultReport(ofStatus: $0) })
  }

  @Test func anotherCommandIsNoOtherSource() throws {
    #expect(try !report("vault=command\nconfigured=command = pass x\n").isOfAnotherSource)
    #expect(try report("vault=command\nconfigured=passphrase\n").isOfAnotherSource)
    #expect(try !report("vault=command\n").isOfAnotherSource)
    #expect(try !report("vault=command\nconfigured=nonsense\n").isOfAnotherSource)
  }

  @Test(
    arguments: [
      ("vault_state=open\n", []), ("vault_state=memory\n", []), ("vault_state=absent\n", []),
      ("vault_state=locked\n", ["the vault is locked: run sallyport unlock"]),
      ("vault_state=sealed\n", ["the vault is locked: run sallyport unlock"]),
      ("vault_state=open\nvault_error=full\nvault_hint=df\n", ["vault: full: try df"]),
      ("vault_state=open\nvault_error=full\n", ["vault: full"]),
    ] as [(String, [String])])
  func statusRemarksWhatAPersonHasToKnow(_ lines: String, _ remarks: [String]) throws {
    #expect(try report(lines).remarks == remarks)
  }

  @Test(arguments: [
    (9999, "9999 bytes"), (10_240, "10 KiB"), (20 << 20, "20 MiB"), (-1, "-1 bytes"),
  ])
  func sizesAreForPeople(_ bytes: Int64, _ words: String) {
    #expect(VaultReport.size(bytes) == words)
  }
}

@Suite struct VaultCheckTests {
  @Test(
    arguments: [
      ("vault_state=open\nvault=passphrase\naccounts=2\n", .fine, nil),
      ("vault_state=memory\nvault=memory\nconfigured=memory\n", .fine, nil),
      ("vault_state=memory\nvault=memory\n", .warning, "sallyport vault change passphrase"),
      ("vault_state=sealed\n", .warning, "sallyport unlock"),
      ("vault_state=locked\n", .warning, "sallyport unlock"),
      ("vault_state=faulty\nvault_error=x\nvault_hint=mv a b\n", .problem, "mv a b"),
      ("vault_state=open\nvault_error=x\n", .warning, nil),
      ("vault_state=absent\n", .fine, nil), ("version=1\n", .warning, nil),
    ] as [(String, Finding.Weight, String?)])
  func eachStateIsOneFinding(_ lines: String, _ weight: Finding.Weight, _ hint: String?) throws {
    let finding = VaultCheck.state(try report(lines))
    #expect(finding.weight == weight)
    #expect(finding.hint == hint)
  }

  /// A folder with a vault's file of this mode and content; removed by the caller.
  private func facts(_ content: String, mode: mode_t) throws -> (ProgramFolder, VaultFileFacts) {
    let folder = try ProgramFolder()
    try folder.write(content, to: "vault")
    try #require(chmod(folder.path + "/vault", mode) == 0)
    return (folder, try #require(VaultFileFacts(path: folder.path + "/vault")))
  }

  private let header = "sallyport-vault=1\nkey_source=credential\n\n"

  @Test func aFileThatIsAsItShouldBeIsFine() throws {
    let (folder, facts) = try facts(header, mode: 0o600)
    #expect(facts.source == "credential")
    let found = VaultCheck.place(facts, folder: folder.path, VaultReport())
    #expect(found.map(\.weight) == [.fine])
  }

  @Test(arguments: [0o640, 0o604, 0o620, 0o660] as [mode_t])
  func oneThatOthersCanReadIsAProblem(_ mode: mode_t) throws {
    let (folder, facts) = try facts(header, mode: mode)
    let found = VaultCheck.place(facts, folder: folder.path, VaultReport())
    #expect(found.map(\.weight) == [.problem])
    #expect(found[0].hint == "chmod 600 \(folder.path)/vault")
  }

  @Test func anotherUsersFileOrNoFileIsAProblem() throws {
    let (folder, facts) = try facts(header, mode: 0o600)
    let foreign = VaultCheck.place(facts, folder: folder.path, VaultReport(), user: 12345)
    #expect(foreign.map(\.weight) == [.problem])
    let link = folder.path + "/link"
    try #require(symlink("vault", link) == 0)
    let linked = try #require(VaultFileFacts(path: link))
    #expect(linked.source == nil)
    #expect(
      VaultCheck.place(linked, folder: folder.path, VaultReport())[0].sentence.contains(
        "not a regular file"))
  }

  @Test(arguments: [
    "", "x", "key_source=passphrase\n\n", "sallyport-vault=1\nkey_source=passphrase\n",
  ])
  func whatIsNoVaultHasNoSource(_ content: String) throws {
    let (folder, facts) = try facts(content, mode: 0o600)
    #expect(facts.source == nil)
    #expect(
      VaultCheck.place(facts, folder: folder.path, VaultReport()).map(\.weight) == [.problem])
  }

  @Test func memoryLeavesTheFileAlone() throws {
    let (folder, facts) = try facts(header, mode: 0o600)
    var report = VaultReport()
    report.state = "memory"
    let found = VaultCheck.place(facts, folder: folder.path, report)
    #expect(found.map(\.weight) == [.fine])
    #expect(found[0].sentence.contains("is not touched"))
  }

  @Test func aKeyringNeedsItsProgramAndABus() {
    #expect(VaultCheck.keyring { $0 == "PATH" ? "/nonexistent" : nil }.weight == .warning)
    let withoutBus = VaultCheck.keyring { $0 == "PATH" ? "/usr/bin" : nil }
    #expect(withoutBus.weight == .warning)
    guard access("/usr/bin/secret-tool", X_OK) == 0 else { return }
    #expect(withoutBus.sentence.contains("session bus"))
    let variables = ["PATH": "/usr/bin", "DBUS_SESSION_BUS_ADDRESS": "unix:path=/b"]
    #expect(VaultCheck.keyring { variables[$0] }.weight == .fine)
  }
}

@Suite struct VaultVerbTests {
  private func parse(_ words: String...) throws(Failure) -> Invocation {
    try Invocation(Vault.verb, words)
  }

  @Test func anActionTakesWhatItNeeds() throws {
    let change = try parse("change", "command = a b", "--no-ask")
    #expect(change.operand == "change" && change.object == "command = a b")
    let status = try parse("--json", "status")
    #expect(status.operand == "status" && status.object == nil)
    #expect(try parse("--help").object == nil)
  }

  @Test func theUsageNamesThemAll() {
    #expect(
      Help.usage(of: Vault.verb)
        == "sallyport vault [OPTION…] status | change SOURCE | export FILE | import FILE")
  }

  @Test(arguments: [
    ("bash", "*) words='secret-service passphrase credential memory'"),
    ("bash", "import) words='--replace --passphrase-stdin --no-ask --help' ;;"),
    ("bash", "'vault '*) words='status change export import'"),
    ("fish", "__fish_seen_subcommand_from export' -F"),
    (
      "fish", "__fish_seen_subcommand_from change' -a 'secret-service passphrase credential memory'"
    ),
    ("zsh", "change) compadd secret-service passphrase credential memory ;;"),
    ("zsh", "export|import) _files ;;"),
  ])
  func whatFollowsAnActionIsCompleted(_ shell: String, _ text: String) throws {
    let script = try #require(ShellCompletion.script(for: shell))
    #expect(script.contains(text))
  }
}

@Suite struct LockedAdviceTests {
  @Test func lockedAlwaysHasAWayOut() {
    let advice = FailureAdvice(accounts: [], path: nil)
    let bare = Failure(.locked, "the vault is locked")
    #expect(FailureAdvice.isWanted(for: bare))
    #expect(advice.applied(to: bare, of: "token").hint == "sallyport unlock")
    let told = Failure(.locked, "the keyring is locked", hint: "seahorse")
    #expect(!FailureAdvice.isWanted(for: told))
    #expect(advice.applied(to: told, of: "token").hint == "seahorse")
  }
}

@Suite struct VaultLockHolderTests {
  private let locks = """
    1: POSIX  ADVISORY  WRITE 7 fe:00:162 0 EOF
    2: FLOCK  ADVISORY  WRITE 0 fe:00:162 0 EOF
    3: -> FLOCK  ADVISORY  WRITE 8 fe:00:162 0 EOF
    4: FLOCK  ADVISORY  WRITE 9 fe:01:162 0 EOF
    5: FLOCK  ADVISORY  WRITE 3424 fe:00:162 0 EOF
    nonsense
    """

  @Test func theProcessIsFoundByDeviceAndInode() {
    #expect(VaultLockHolder.process(in: locks, inode: 162, device: 0xFE00) == 3424)
    #expect(VaultLockHolder.process(in: locks, inode: 162, device: 0xFE01) == 9)
    #expect(VaultLockHolder.process(in: locks, inode: 163, device: 0xFE00) == nil)
    #expect(VaultLockHolder.process(in: "", inode: 162, device: 0xFE00) == nil)
  }
}
