import Platform
import Testing
import Vault

@testable import Courier

/// What comes out of the vault, and what is refused: `job=unseal`.
@Suite struct UnsealTests {
  private let passphrase = ["vault.create=passphrase", "passphrase=correct horse"]

  @Test func aPassphraseOpensItsVault() throws {
    let vault = try SealedVault(session("work", "access_token=a"), source: passphrase)
    let run = try vault.unsealed(["passphrase=correct horse"])
    #expect(run.status == 0 && run.key?["vault.key"] == vault.key)
    #expect(run.records("session")["work"]?["access_token"] == "a")
    let wrong = try vault.unsealed(["passphrase=correct horsf"])
    #expect(wrong.status == 6 && wrong.fault == "wrong_key" && wrong.key == nil)
    #expect(wrong.description == "the passphrase does not open /v/vault")
    #expect(wrong.last["hint"] == nil)
    let inMemory = try VaultRun(
      ["job=unseal", "vault.header=\(vault.header)", "passphrase=correct horsf"])
    #expect(inMemory.description == "the passphrase does not unlock the sessions in memory")
    let none = try vault.unsealed([])
    #expect(none.status == 6 && none.fault == "source")
    let plan = try VaultHeader.read(fromHexadecimal(vault.header) ?? []).0.plan
    #expect(plan.scrypt?.cost == ScryptParameters.usualCost && plan.keySource == "passphrase")
  }

  @Test func aCommandOpensItsVault() throws {
    let vault = try SealedVault(session("work", "access_token=a"))
    #expect(try vault.unsealed([SealedVault.command]).status == 0)
    let other = try vault.unsealed(["vault.command=echo something else"])
    #expect(other.status == 6 && other.fault == "wrong_key")
    for command in ["vault.command=exit 3", "vault.command=true", "vault.command="] {
      let run = try vault.unsealed([command])
      #expect(run.status == 6 && run.fault == "source", "\(run.last.text)")
    }
    #expect(try vault.unsealed(["vault.command=exit 3"]).description.contains("status 3"))
  }

  @Test func aShortSecretIsMadeSlow() throws {
    for (secret, cost) in [
      (String(repeating: "x", count: 31), ScryptParameters.usualCost),
      (String(repeating: "x", count: 32), ScryptParameters.costs.lowerBound),
    ] {
      let vault = try SealedVault(source: ["vault.create=command", "vault.command=echo \(secret)"])
      let plan = try VaultHeader.read(fromHexadecimal(vault.header) ?? []).0.plan
      #expect(plan.scrypt?.cost == cost)
    }
  }

  @Test func anotherKeyIsTold() throws {
    let vault = try SealedVault(session("work", "access_token=a"))
    let run = try vault.unsealed(["vault.key=\(String(repeating: "0", count: 64))"])
    #expect(run.status == 6 && run.fault == "wrong_key" && run.records.isEmpty)
    for key in ["vault.key=00", "vault.key=zz"] {
      #expect(try vault.unsealed([key]).status != 0)
    }
  }

  @Test func aHeaderThatWasChangedIsTold() throws {
    let vault = try SealedVault(session("work", "access_token=a"))
    let header = try VaultHeader.read(fromHexadecimal(vault.header) ?? []).0
    // Another source, with a checksum that is right.
    let plan = try #require(
      VaultHeader.Plan(
        vault: header.plan.vault, file: header.plan.file, keySource: "passphrase",
        scrypt: header.plan.scrypt))
    let forged = try #require(
      VaultHeader(plan, keyCheck: header.keyCheck, authentication: header.authentication))
    func open(_ bytes: [UInt8]) throws -> VaultRun {
      try VaultRun(
        [
          "job=unseal", "vault.path=/v/vault", "vault.header=\(hexadecimal(bytes))",
          "vault.key=\(vault.key)",
        ], vault.log)
    }
    let run = try open(forged.bytes)
    #expect(run.status == 1 && run.fault == "forged" && run.last["hint"]?.contains("mv") == true)
    var damaged = header.bytes
    damaged[40] ^= 1
    #expect(try open(damaged).fault == "damaged")
    #expect(try open(Array("sallyport-vault=2\n\n".utf8)).fault == "damaged")
    #expect(try open([]).status == 2)
  }

  @Test func aRecordOutOfItsPlaceIsTold() throws {
    let records = session("a", "access_token=1") + session("b", "access_token=2")
    let vault = try SealedVault(records)
    let other = try SealedVault(records)
    func open(_ log: [[String]]) throws -> VaultRun {
      var changed = vault
      changed.log = log
      return try changed.unsealed()
    }
    func renamed(_ from: String, _ to: String) -> [[String]] {
      [vault.log[0].map { $0 == from ? to : $0 }, vault.log[1]]
    }
    for log in [
      [other.log[0], vault.log[1]], renamed("name=a", "name=c"),
      renamed("record=session", "record=removal"), renamed("sequence=1", "sequence=0"),
    ] {
      let run = try open(log)
      #expect(run.status == 1 && run.records.isEmpty, "\(run.last.text)")
    }
    // Not by the key, but by its number.
    #expect(try open([vault.log[1], vault.log[0]]).status == 1)
    #expect(try open([vault.log[0], vault.log[0]]).status == 1)
  }

  @Test func nobodyWithoutTheKeyEndsASession() throws {
    var vault = try SealedVault(session("work", "access_token=a"))
    let garbage = "sealed[]=" + String(repeating: "00", count: 40)
    vault.log.append(["sequence=2", "record=removal", "name=work", garbage])
    let run = try vault.unsealed()
    #expect(run.status == 1 && run.fault == "forged")
  }

  @Test(
    "what is no record is refused",
    arguments: [
      ["record=session", "name=a", "sealed[]=00"], ["sequence=1", "name=a"],
      ["sequence=1", "record=session", "sealed[]=00"],
      ["sequence=1", "record=session", "name=a", "sealed[]=00"],
      ["sequence=1", "record=session", "name=a", "sealed[]=zz"],
      ["sequence=1", "record=dance", "name=a", "sealed[]=00"],
      ["sequence=-1", "record=session", "name=a", "sealed[]=00"],
      ["sequence=1", "record=session", "name=a", "sealed[]=00", "more=yes"],
    ])
  func noRecord(lines: [String]) throws {
    var vault = try SealedVault()
    vault.log = [lines]
    #expect(try vault.unsealed().status == 2)
  }

  @Test func aRecordWithoutAnEndIsRefused() throws {
    var vault = try SealedVault()
    let piece = "sealed[]=" + String(repeating: "00", count: 30_000)
    vault.log = (0..<30).map { _ in
      ["sequence=1", "record=session", "name=a", piece, "more=yes"]
    }
    let run = try vault.unsealed()
    #expect(run.status == 2 && run.description.contains("too long"))
  }

  @Test func anInputThatEndsTooEarlyIsRefused() throws {
    let vault = try SealedVault(session("work", "access_token=a"))
    let run = try VaultRun(
      vault.opening + ["vault.key=\(vault.key)"], vault.log, isWhole: false)
    #expect(run.status == 2 && run.records.isEmpty)
  }

  @Test func manyRecordsPass() throws {
    let names = (0..<2000).map { "account\($0)" }
    let vault = try SealedVault(names.flatMap { session($0, "refresh_token=of-\($0)") })
    let run = try vault.unsealed()
    #expect(run.status == 0 && run.last["accounts"] == "2000")
    let sessions = run.records("session")
    #expect(names.allSatisfy { sessions[$0]?["refresh_token"] == "of-\($0)" })
  }
}
