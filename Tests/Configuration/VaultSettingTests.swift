import Testing

@testable import Configuration

@Suite struct VaultSettingTests {
  @Test(
    arguments: [
      ("memory", .memory), ("secret-service", .secretService), ("passphrase", .passphrase),
      ("credential", .credential),
      ("command = pass show sallyport", .command("pass show sallyport")),
      ("command=x", .command("x")), ("\"command = a ; b\"", .command("a ; b")),
    ] as [(String, VaultSource)])
  func everySourceIsRead(_ value: String, _ source: VaultSource) throws {
    #expect(try read("vault = \(value)\n").vault == source)
    #expect(VaultSource(source.setting) == source)
  }

  @Test func withoutTheSettingTheFileLeavesItOpen() throws {
    #expect(try read("[work]\nclient_id = x\n").vault == nil)
  }

  @Test(arguments: [
    "disk", "plaintext", "command", "command =", "commandx = y", "Memory", "memory disk",
    "secret_service", "passphrase = hunter2",
  ])
  func whatIsNoSourceIsRefusedInWords(_ value: String) throws {
    let fault = try fault("vault = \(value)\n")
    #expect(fault.sentence.contains("is none of memory, secret-service, passphrase"))
    #expect(!fault.sentence.contains("hunter2"))
    #expect(fault.line == 1)
  }

  @Test func itIsGivenOnce() throws {
    #expect(
      try fault("vault = memory\nvault = passphrase\n").sentence == "vault is given twice")
  }
}

@Suite struct LengthOfTimeSettingTests {
  @Test(
    arguments: [
      ("45s", 45), ("30m", 1800), ("8h", 28_800), ("7d", 604_800), ("90", 90),
      ("3650d", 315_360_000),
    ] as [(String, Int64)])
  func itIsReadInSeconds(_ value: String, _ seconds: Int64) throws {
    let account = try account("lifetime = \(value)\nidle = 5m")
    #expect(account.seconds("lifetime") == seconds)
    #expect(account.seconds("idle") == 300)
    #expect(account.seconds("client_id") == nil)
  }

  @Test(
    arguments: [
      ("0", "no time at all"), ("0h", "no time at all"), ("3651d", "longer than 3650d"),
      ("8 h", "no length of time"), ("-1h", "no length of time"), ("1w", "no length of time"),
      ("1h30m", "no length of time"), ("never", "no length of time"),
      ("99999999999999999999", "no length of time"),
    ])
  func whatCannotBeMeantIsRefused(_ value: String, _ words: String) throws {
    #expect(try fault("[work]\nlifetime = \(value)\n").sentence.contains(words))
    #expect(try fault("[work]\nidle = \(value)\n").sentence.contains("idle"))
  }

  @Test func itBelongsToAnAccount() throws {
    #expect(try fault("idle = 5m\n").sentence.contains("belongs to an account"))
  }
}

@Suite struct VaultEditingTests {
  private func setting(_ source: VaultSource, in text: String) throws -> String {
    let bytes = try Array(text.utf8).withUnsafeBytes {
      try ConfigurationEditor.setting(vault: source, in: $0)
    }
    return String(decoding: bytes, as: UTF8.self)
  }

  @Test(
    arguments: [
      ("vault = memory\n", "vault = passphrase\n"),
      ("  vault=memory # for now\n\n[a]\n", "  vault=passphrase # for now\n\n[a]\n"),
      ("vault = \"command = x ; y\" ; z\n", "vault = passphrase ; z\n"),
      ("vault = memory", "vault = passphrase"),
      ("vault = memory\r\n[a]\r\n", "vault = passphrase\r\n[a]\r\n"),
    ])
  func theLineThatIsThereIsChangedInPlace(_ text: String, _ new: String) throws {
    #expect(try setting(.passphrase, in: text) == new)
  }

  @Test(
    arguments: [
      ("", "vault = passphrase\n"),
      ("[a]\n", "vault = passphrase\n\n[a]\n"),
      ("; about a\n[a]\n", "vault = passphrase\n\n; about a\n[a]\n"),
      ("; mine\n\n; about a\n[a]\n", "; mine\n\nvault = passphrase\n\n; about a\n[a]\n"),
      ("; mine\n\n[a]\n", "; mine\n\nvault = passphrase\n\n[a]\n"),
      ("\u{FEFF}[a]\n", "\u{FEFF}vault = passphrase\n\n[a]\n"),
      ("; only a comment", "; only a comment\nvault = passphrase\n"),
    ])
  func aNewLineGoesAboveTheFirstSection(_ text: String, _ new: String) throws {
    #expect(try setting(.passphrase, in: text) == new)
  }

  @Test(arguments: ["pass show sallyport", "a ; b", "a #b", "sh -c \"x\""])
  func aCommandIsReadBackAsItIs(_ command: String) throws {
    for text in ["", "vault = memory\n[a]\nscope = x\n", "[a]\nscope = x ; y\n"] {
      let new = try setting(.command(command), in: text)
      #expect(try read(new).vault == .command(command))
      #expect(try read(new).accounts.map(\.name) == read(text).accounts.map(\.name))
    }
  }

  @Test(arguments: ["a \"b\" ; c", "a\nclient_id = b", "a\n[b]", "a\u{0}"])
  func aCommandThatNoLineCanHoldIsRefused(_ command: String) {
    #expect(throws: ConfigurationFault.self) { try setting(.command(command), in: "") }
  }

  @Test func aFileThatIsNoConfigurationStaysAsItIs() {
    #expect(throws: ConfigurationFault.self) { try setting(.memory, in: "nonsense\n") }
    #expect(throws: ConfigurationFault.self) { try setting(.memory, in: "vault = disk\n") }
  }
}
