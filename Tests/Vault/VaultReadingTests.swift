import Glibc
import Testing

@testable import Vault

/// Files that are only read, such as the export of another machine.
@Suite struct VaultReadingTests {
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws { sealer = try makeSealer() }

  private func records(of file: VaultFile) throws -> [String] {
    var names: [String] = []
    try file.visitRecords { names.append("\($0.sequence) \($0.name)") }
    return names
  }

  private func reading(_ folder: any VaultFolder) -> VaultFault? {
    fault { () throws(VaultFault) in _ = try VaultFile.read(names, in: folder, owner: user) }
  }

  @Test func nothingIsWrittenAndNothingLocked() throws {
    let scratch = try ScratchFolder()
    let disk = try DiskFolder(scratch.path)
    do {
      let own = try VaultFile.open(names, in: disk, owner: geteuid()) { _ in }
      try own.rewrite(
        sealer.header,
        [try sealer.session("work", "a", at: 1), try sealer.session("home", "b", at: 2)])
      // Somebody has it open, which hinders nobody who reads.
      let file = try VaultFile.read(names, in: disk, owner: geteuid())
      #expect(file.header == sealer.header && file.cutBytes == 0)
      #expect(try records(of: file) == ["1 work", "2 home"])
      #expect(try records(of: file) == ["1 work", "2 home"])
      #expect(throws: VaultFault.self) { try file.append([]) }
      #expect(throws: VaultFault.self) { try file.beginRewriting(sealer.header) }
    }
    unlink(scratch("vault.lock"))
    _ = try VaultFile.read(names, in: disk, owner: geteuid())
    #expect(scratch.mode(of: "vault.lock") == nil)
  }

  @Test func aTornEndIsToldAndLeft() throws {
    let folder = try makeFolder(sealer, [("work", "a")])
    let whole = try #require(folder.files["vault"]?.bytes)
    folder.put("vault", whole + [1, 2, 3])
    let file = try VaultFile.read(names, in: folder, owner: user)
    #expect(file.cutBytes == 3)
    #expect(try records(of: file) == ["1 work"])
    #expect(folder.files["vault"]?.bytes == whole + [1, 2, 3])
  }

  @Test func everyCheckOfOpeningIsMade() throws {
    let folder = try makeFolder(sealer, [("work", "a"), ("home", "b")])
    var bytes = try #require(folder.files["vault"]?.bytes)
    bytes[sealer.header.bytes.count + 20] ^= 1
    folder.put("vault", bytes)
    #expect(reading(folder) == .damaged(position: sealer.header.bytes.count, sequence: 1))
    #expect(reading(SimulatedFolder()) == .absent)
    folder.put("vault", Array("sallyport-vault=2\n\n".utf8))
    #expect(reading(folder) == .newerVersion(2))
  }

  @Test func filesThatOthersCouldHaveChangedAreRefused() throws {
    let scratch = try ScratchFolder()
    let disk = try DiskFolder(scratch.path)
    let bytes = String(decoding: sealer.header.bytes, as: UTF8.self)
    func reading(_ name: String, owner: UInt32 = geteuid()) -> VaultFault? {
      fault { () throws(VaultFault) in
        _ = try VaultFile.read(VaultFile.Names(name), in: disk, owner: owner)
      }
    }
    try scratch.write("good", bytes)
    #expect(reading("good") == nil)
    #expect(reading("good", owner: geteuid() + 1) == .foreign(owner: geteuid()))
    try scratch.write("open", bytes, mode: 0o600)
    chmod(scratch("open"), 0o640)
    #expect(reading("open") == .openToOthers(mode: 0o640))
    symlink(scratch("good"), scratch("link"))
    #expect(reading("link") == .notAFile)
    _ = try scratch.folder("folder")
    #expect(reading("folder") == .notAFile)
    mkfifo(scratch("pipe"), 0o600)
    #expect(reading("pipe") == .notAFile)
  }
}
