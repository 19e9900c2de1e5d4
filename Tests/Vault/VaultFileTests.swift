import Glibc
import Platform
import Testing

@testable import Vault

/// Opening and writing, and what stands in the way.
@Suite struct VaultFileTests {
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws { sealer = try makeSealer() }

  private func folder() throws -> SimulatedFolder {
    try makeFolder(sealer, [("work", "one"), ("home", "two")])
  }

  private func openingFault(_ folder: SimulatedFolder) -> VaultFault? {
    fault { () throws(VaultFault) in _ = try Contents(folder) }
  }

  @Test func aNewVaultIsCreatedWithItsFirstRecords() throws {
    let folder = SimulatedFolder()
    let contents = try Contents(folder)
    #expect(contents.file.state == .absent)
    let frame = try sealer.session("work", "one", at: 1)
    #expect(
      fault { () throws(VaultFault) in try contents.file.append([frame]) } == .absent)
    try contents.file.rewrite(sealer.header, [frame])
    #expect(contents.file.state == .writable)
    try contents.file.append([sealer.session("work", "two", at: 2)])
    let after = try Contents(folder.afterCrash(.everything, namesSurvive: false))
    #expect(try after.sessions() == ["work": "two"])
    #expect(folder.files["vault"]?.mode == 0o600)
    #expect(folder.files["vault.new"] == nil)
  }

  @Test func oneRotationWritesOneRecord() throws {
    let folder = try makeFolder(sealer, (1...1000).map { ("account-\($0)", "payload") })
    let contents = try Contents(folder)
    let frame = try sealer.session("account-7", "new", at: 1001)
    try contents.file.append([frame])
    #expect(folder.bytesWritten == frame.length)
    #expect(folder.changes <= 3)  // the lock file, the write, fdatasync
  }

  @Test func shortWritesAreCompleted() throws {
    let folder = try folder()
    folder.mostWritten = 7
    let contents = try Contents(folder)
    try contents.file.append([sealer.session("work", "three", at: 3)])
    let after = try Contents(folder.afterCrash(.everything, namesSurvive: false))
    #expect(try after.sessions() == ["work": "three", "home": "two"])
  }

  @Test func anotherProcessFindsItInUse() throws {
    let folder = try folder()
    let first = try Contents(folder)
    #expect(openingFault(folder) == .inUse)
    #expect(
      fault { () throws(VaultFault) in _ = try VaultFile.setAside(names, in: folder) } == .inUse)
    withExtendedLifetime(first) {}
  }

  @Test func letGoOfItCanBeOpenedAgain() throws {
    let folder = try folder()
    do { _ = try Contents(folder) }
    #expect(folder.openFiles == 0)
    #expect(openingFault(folder) == nil)
  }

  @Test("those who inherit the lock write one at a time")
  func heirs() throws {
    let folder = try folder()
    let lock = try folder.open("vault.lock", for: .locking)
    let other = try folder.open("vault.lock", for: .locking)
    try folder.lock(lock)
    let heir = try Contents(folder, lock: .inherited(lock))
    #expect(
      fault { () throws(VaultFault) in _ = try Contents(folder, lock: .inherited(other)) }
        == .inUse)
    try heir.file.append([sealer.session("work", "three", at: 3)])
    #expect(openingFault(folder) == .inUse)
  }

  @Test func recordsForAnotherPlaceAreNotWritten() throws {
    let folder = try folder()
    let contents = try Contents(folder)
    let before = folder.files["vault"]?.bytes
    for sequence: UInt64 in [0, 1, 2, 4, .max] {
      let frame = try sealer.session("work", "x", at: sequence)
      #expect(
        fault { () throws(VaultFault) in try contents.file.append([frame]) }
          == .outOfTurn(expected: 3))
    }
    #expect(folder.files["vault"]?.bytes == before)
  }

  @Test("a file that has taken the vault's place is neither written nor replaced")
  func replacedMeanwhile() throws {
    let folder = try folder()
    let contents = try Contents(folder)
    folder.put("vault", Array("restored from a backup".utf8))
    let frame = try sealer.session("work", "three", at: 3)
    #expect(fault { () throws(VaultFault) in try contents.file.append([frame]) } == .replaced)
    #expect(
      fault { () throws(VaultFault) in
        try contents.file.rewrite(sealer.header, [])
      } == .replaced)
    #expect(folder.files["vault"]?.bytes == Array("restored from a backup".utf8))
    folder.files["vault"] = nil
    #expect(fault { () throws(VaultFault) in try contents.file.append([frame]) } == .replaced)
  }

  @Test func aVaultThatHasComeIntoBeingIsNotReplaced() throws {
    let folder = SimulatedFolder()
    let contents = try Contents(folder)
    folder.put("vault", Array("another".utf8))
    #expect(
      fault { () throws(VaultFault) in
        try contents.file.rewrite(sealer.header, [])
      } == .exists)
    #expect(folder.files["vault"]?.bytes == Array("another".utf8))
  }

  @Test func afterAFullDiskTheFileIsAsItWas() throws {
    let folder = try folder()
    let contents = try Contents(folder)
    let before = try #require(folder.files["vault"]?.bytes)
    let frame = try sealer.session("work", "three", at: 3)
    folder.capacity = before.count + frame.length / 2
    for _ in 1...2 {
      #expect(
        fault { () throws(VaultFault) in try contents.file.append([frame]) }
          == .system(subject: "vault", SystemError(ENOSPC, in: "write")))
      #expect(folder.files["vault"]?.bytes == before)
      #expect(contents.file.state == .writable)
    }
    #expect(
      fault { () throws(VaultFault) in
        try contents.file.rewrite(sealer.header, [])
      } == .system(subject: "vault.new", SystemError(ENOSPC, in: "write")))
    #expect(folder.files["vault.new"] == nil)
    folder.capacity = .max
    try contents.file.append([frame])
    #expect(
      try Contents(folder.afterCrash(.everything, namesSurvive: false)).sessions()["work"]
        == "three")
  }

  @Test("after a failed fdatasync nothing is believed before the file is written anew")
  func failedSynchronisation() throws {
    let folder = try folder()
    let contents = try Contents(folder)
    folder.failing = (folder.changes + 1, EIO)
    let frame = try sealer.session("work", "three", at: 3)
    let error = SystemError(EIO, in: "fdatasync")
    #expect(
      fault { () throws(VaultFault) in try contents.file.append([frame]) }
        == .system(subject: "vault", error))
    #expect(contents.file.state == .unreliable(error))
    #expect(
      fault { () throws(VaultFault) in try contents.file.append([frame]) } == .unreliable(error))
    let newer = try makeSealer(of: sealer.header.plan.vault)
    try contents.file.rewrite(newer.header, [newer.session("work", "new", at: 1)])
    #expect(contents.file.state == .writable)
    try contents.file.append([newer.session("home", "new", at: 2)])
    #expect(
      try Contents(folder.afterCrash(.everything, namesSurvive: false)).sessions()
        == ["work": "new", "home": "new"])
  }

  @Test(arguments: [EROFS, EACCES])
  func aFolderThatCannotBeWrittenCanBeRead(_ number: Int32) throws {
    let folder = try folder()
    folder.refusingWrites = number
    let contents = try Contents(folder)
    let error = SystemError(number, in: "open")
    #expect(contents.file.state == .readOnly(error))
    #expect(try contents.sessions() == ["work": "one", "home": "two"])
    let frame = try sealer.session("work", "three", at: 3)
    #expect(
      fault { () throws(VaultFault) in try contents.file.append([frame]) } == .readOnly(error))
    #expect(
      fault { () throws(VaultFault) in
        try contents.file.rewrite(sealer.header, [])
      } == .readOnly(error))
    #expect(folder.changes == 0)
  }

  @Test func aTornTailOfAFileThatCannotBeWrittenStays() throws {
    let folder = try folder()
    folder.files["vault"]?.bytes += [1, 2, 3]
    folder.refusingWrites = EROFS
    let contents = try Contents(folder)
    #expect(contents.file.cutBytes == 3)
    #expect(try contents.sessions() == ["work": "one", "home": "two"])
    #expect(folder.changes == 0)
  }

  @Test func aFileOthersCanReadOrThatIsSomebodysIsRefused() throws {
    let folder = try folder()
    for mode: UInt32 in [0o640, 0o604, 0o620, 0o666, 0o601] {
      folder.files["vault"]?.mode = mode
      #expect(openingFault(folder) == .openToOthers(mode: mode))
    }
    folder.files["vault"]?.mode = 0o600
    folder.files["vault"]?.owner = 0
    #expect(openingFault(folder) == .foreign(owner: 0))
    folder.files["vault"]?.owner = user
    folder.files["vault"]?.isRegular = false
    #expect(openingFault(folder) == .notAFile)
  }

  @Test func aDamagedFileIsSetAsideOnlyOnRequest() throws {
    let folder = SimulatedFolder()
    let bytes = Array("sallyport-vault=1\ndamaged\n\n".utf8)
    folder.put("vault", bytes)
    folder.put("vault.former-1", Array("an earlier one".utf8))
    #expect(openingFault(folder) == .headerDamaged)
    #expect(try VaultFile.setAside(names, in: folder) == "vault.former-2")
    #expect(folder.files["vault.former-2"]?.bytes == bytes)
    #expect(folder.files["vault.former-1"]?.bytes == Array("an earlier one".utf8))
    #expect(try Contents(folder).file.state == .absent)
    #expect(
      fault { () throws(VaultFault) in _ = try VaultFile.setAside(names, in: folder) } == .absent)
  }

  @Test func everyFaultHasItsSentence() {
    let error = SystemError(ENOSPC, in: "write")
    let faults: [VaultFault] = [
      .empty, .notAVault, .newerVersion(2), .headerDamaged, .damaged(position: 1, sequence: 2),
      .unknownKind(9), .recordRefused(sequence: 1, name: "work"), .wrongKey, .headerForged,
      .cryptography(reason: "r"), .system(subject: "vault", error), .system(subject: "", error),
      .notAFile, .foreign(owner: 0), .openToOthers(mode: 0o644), .inUse, .replaced, .absent,
      .exists, .tooLong, .outOfTurn(expected: 1), .unreliable(error), .readOnly(error),
    ]
    let sentences = faults.map { $0.sentence(path: "/home/a b/vault") }
    #expect(Set(sentences).count == faults.count)
    for sentence in sentences {
      #expect(sentence.contains("/home/a b/") && !sentence.hasSuffix("."))
    }
    #expect(
      VaultFault.openToOthers(mode: 0o644).hint(path: "/home/a b/vault")
        == "chmod 600 '/home/a b/vault'")
    #expect(
      VaultFault.headerDamaged.hint(path: "/v/vault") == "mv -n /v/vault /v/vault.damaged")
  }
}
