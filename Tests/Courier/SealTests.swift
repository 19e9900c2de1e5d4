import Platform
import Testing
import Vault

@testable import Courier

/// What goes into the vault: `job=seal`.
@Suite struct SealTests {
  @Test func whatIsSealedComesBack() throws {
    var vault = try SealedVault(
      session("work", "access_token=a", "scope[]=x", "scope[]=y") + session("home", "id_token=i"))
    #expect(vault.log.count == 2)
    let more = try vault.append(session("work", "access_token=b"))
    #expect(more.key == nil && more.sealed[0]["sequence"] == "3" && more.last["event"] == "done")
    let run = try vault.unsealed()
    #expect(run.status == 0 && run.last["accounts"] == "2", "\(run.last.text)")
    #expect(run.key?["vault.key"] == vault.key)
    #expect(run.records.map(\.name) == ["home", "work"])
    let sessions = run.records("session")
    #expect(sessions["work"]?["access_token"] == "b")
    #expect(sessions["home"]?.text == "id_token=i\nobtained_at=1")
  }

  @Test func recordsAreSealedAsTheyCome() throws {
    let vault = try SealedVault()
    let run = try CourierRun([
      "job=seal", "vault.header=\(vault.header)", "vault.key=\(vault.key)", "vault.sequence=9",
    ])
    for (index, name) in ["a", "b"].enumerated() {
      for block in session(name, "access_token=t") { run.send(block) }
      let block = try run.next("sealed")
      #expect(block["sequence"] == String(9 + index) && block["name"] == name)
      #expect(block["record"] == "session" && block["more"] == nil)
    }
    run.send("end=yes")
    #expect(try run.end().status == 0)
  }

  @Test func payloadsOfAnyLengthPass() throws {
    // Behind one line, behind one block, and as long as a block can be.
    for (lines, count) in [(1, 20_000), (1, 60_000), (3, 60_000), (8, 65_520)] {
      let payload = (0..<lines).map { "k\($0)=" + String(repeating: "x", count: count) }
      let vault = try SealedVault([["record=session", "name=work"], payload])
      let run = try vault.unsealed()
      #expect(run.status == 0, "\(run.last.text)")
      #expect(run.records("session")["work"]?.text == payload.joined(separator: "\n"))
    }
  }

  @Test func theBeginningOfARefreshGetsADigestAndAKeyOfItsOwn() throws {
    var vault = try SealedVault(session("work", "refresh_token=old"))
    let began = try vault.append([
      ["record=refresh-started", "name=work"], ["refresh_token=old"],
    ])
    let block = began.sealed[0]
    // SHA-256 of "old".
    #expect(
      block["refresh_token_sha256"]
        == "cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4")
    let key = try #require(block["answer_key"])
    #expect(key.utf8.count == 64)
    #expect(try #require(block["started_at"].flatMap { Int64($0) }) > 1_700_000_000)
    let opened = try vault.unsealed()
    let trace = try #require(opened.records.first { $0.kind == "refresh-started" })
    #expect(trace.heading["interrupted"] == "yes")
    #expect(trace.payload["answer_key"] == key && trace.payload["refresh_token"] == nil)

    // Another one has another key; written anew it keeps its own.
    let lines = trace.payload.text.split(separator: "\n").map(String.init)
    let again = try vault.append([
      ["record=refresh-started", "name=work"], ["refresh_token=old"],
      ["record=refresh-started", "name=work"], lines,
    ])
    #expect(again.sealed[0]["answer_key"] != key)
    #expect(again.sealed[1]["answer_key"] == key)
    #expect(again.sealed[1]["started_at"] == trace.payload["started_at"])
  }

  @Test func aNewSessionEndsTheRefreshThatBroughtIt() throws {
    let began = [["record=refresh-started", "name=work"], ["refresh_token=old"]]
    let ends = [
      session("work", "refresh_token=new"),
      [["record=refresh-ended", "name=work"], ["ended_at=5"]],
      [["record=removal", "name=work"], ["removed_at=5"]],
    ]
    for end in ends {
      let run = try SealedVault(session("work", "refresh_token=old") + began + end).unsealed()
      #expect(run.status == 0)
      #expect(run.records("refresh-started").isEmpty)
      #expect(run.records("session").count == (end[0][0] == "record=removal" ? 0 : 1))
    }
  }

  @Test func aTraceOfATokenThatIsGoneMeansNothing() throws {
    let vault = try SealedVault(
      session("work", "refresh_token=new")
        + [["record=refresh-started", "name=work"], ["refresh_token=old"]])
    let run = try vault.unsealed()
    #expect(run.records.last?.heading["interrupted"] == "no")
  }

  @Test func aFileIsWrittenAnewUnderTheSameKey() throws {
    let vault = try SealedVault(session("work", "access_token=a"))
    let run = try VaultRun(
      [
        "job=seal", "vault.header=\(vault.header)", "vault.key=\(vault.key)", "vault.sequence=7",
        "vault.rewrite=yes",
      ], session("work", "access_token=a"))
    #expect(run.key?["vault.key"] == vault.key)
    let header = try #require(run.key?["vault.header"])
    #expect(header != vault.header)
    #expect(run.sealed[0]["sequence"] == "1")
    let old = try VaultHeader.read(fromHexadecimal(vault.header) ?? []).0.plan
    let new = try VaultHeader.read(fromHexadecimal(header) ?? []).0.plan
    #expect(new.vault == old.vault && new.scrypt == old.scrypt && new.keySource == old.keySource)
    #expect(new.file != old.file)
    // The records of the one open in the other nowhere.
    var mixed = vault
    mixed.log = SealedVault.log(run)
    #expect(try mixed.unsealed().fault == "forged")
  }

  @Test(
    "what is no order for sealing is refused",
    arguments: [
      [], ["vault.create=memory"], ["vault.header=zz"], ["vault.header=00"],
      ["vault.create=command"], ["vault.create=passphrase"],
      ["vault.create=command", "vault.command=false"],
      ["vault.create=command", "vault.command=true"],
    ])
  func noOrder(lines: [String]) throws {
    let run = try VaultRun(["job=seal"] + lines, session("work", "access_token=a"))
    #expect(run.status != 0 && run.key == nil && run.sealed.isEmpty)
  }

  @Test(
    "what is no record is refused",
    arguments: [
      [["name=work"], ["a=b"]], [["record=session"], ["a=b"]],
      [["record=dance", "name=work"], ["a=b"]], [["record=answer", "name=work"], ["event=done"]],
      [["record=session", "name="], ["a=b"]], [["record=session", "name=a b"], ["a=b"]],
      [["record=session", "name=\(String(repeating: "x", count: 65))"], ["a=b"]],
      [["record=refresh-started", "name=work"], ["a=b"]],
      [["record=refresh-started", "name=work"], ["refresh_token="]],
      [["record=session", "name=work"], ["no line of a block"]],
      [["record=session", "name=work"], ["a=1", "a=2"]],
    ])
  func noRecord(blocks: [[String]]) throws {
    let run = try VaultRun(
      ["job=seal", "vault.create=command", SealedVault.command], blocks)
    #expect(run.last["error"] != nil && run.sealed.isEmpty && run.status != 0)
  }

  @Test(
    "a number that is none is refused", arguments: ["", "0", "-1", "x", "18446744073709551615"])
  func noSequence(text: String) throws {
    let vault = try SealedVault()
    let run = try VaultRun([
      "job=seal", "vault.header=\(vault.header)", "vault.key=\(vault.key)",
      "vault.sequence=\(text)",
    ])
    #expect(run.status == 2)
  }

  @Test func anInputThatEndsTooEarlyIsRefused() throws {
    for blocks in [[], [["record=session", "name=work"]], session("work", "a=b")] {
      let run = try VaultRun(
        ["job=seal", "vault.create=command", SealedVault.command], blocks, isWhole: false)
      #expect(run.status == 2 && run.description.contains("end=yes"))
    }
  }

  @Test func noFailureSaysWhatIsSecret() throws {
    for lines in [["vault.create=passphrase", "passphrase=S3CRET"], ["vault.key=S3CRET"]] {
      let run = try VaultRun(
        ["job=seal"] + lines, [["record=x", "name=S3CRET"], ["token=S3CRET"]])
      #expect(run.status != 0 && !run.last.text.contains("S3CRET"))
    }
  }
}
