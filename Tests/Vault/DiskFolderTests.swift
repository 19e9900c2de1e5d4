import Glibc
import Platform
import Testing

@testable import Vault

/// The real file system: what it refuses, and what stays on it.
@Suite struct DiskFolderTests {
  private let scratch: ScratchFolder
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws {
    scratch = try ScratchFolder()
    sealer = try makeSealer()
  }

  private func open(_ path: String? = nil) throws(VaultFault) -> (VaultFile, Replay) {
    let folder: DiskFolder
    do { folder = try DiskFolder(path ?? scratch.path) } catch {
      throw .system(subject: "", error)
    }
    var replay = Replay()
    let file = try VaultFile.open(names, in: folder, owner: geteuid()) { replay.take($0) }
    return (file, replay)
  }

  private func openingFault() -> VaultFault? { fault { () throws(VaultFault) in _ = try open() } }

  private func create(_ sessions: [String] = ["work"]) throws {
    let (file, _) = try open()
    let frames = try sessions.enumerated().map {
      try sealer.session($0.element, "token", at: UInt64($0.offset) + 1)
    }
    try file.rewrite(sealer.header, frames)
  }

  @Test func aLifeOnADisk() throws {
    let former = umask(0)
    defer { umask(former) }
    try create()
    #expect(scratch.mode(of: "vault") == 0o600)
    #expect(scratch.mode(of: "vault.lock") == 0o600)
    #expect(scratch.mode(of: "vault.new") == nil)
    do {
      let (file, replay) = try open()
      #expect(replay.sessions.keys.sorted() == ["work"])
      try file.append([sealer.session("home", "h", at: 2)])
      let newer = try makeSealer(of: sealer.header.plan.vault)
      try file.rewrite(
        newer.header, newer.reseal(replay.inForce, of: sealer))
      try file.append([newer.session("mail", "m", at: 2)])
    }
    let (file, replay) = try open()
    #expect(replay.sessions.keys.sorted() == ["mail", "work"])
    #expect(file.state == .writable)
  }

  @Test func twoOpenersExcludeEachOther() throws {
    try create()
    do {
      let first = try open()
      #expect(openingFault() == .inUse)
      _ = first
    }
    #expect(openingFault() == nil)
  }

  @Test func aLockIsInherited() throws {
    try create()
    let duplicate: Int32
    do {
      let (file, _) = try open()
      duplicate = dup(try #require(file.lockHandle))
    }
    // The first holder has gone, and its heir has not.
    #expect(openingFault() == .inUse)
    do {
      let folder = try DiskFolder(scratch.path)
      let heir = try VaultFile.open(
        names, in: folder, owner: geteuid(), lock: .inherited(duplicate)
      ) { _ in }
      try heir.append([sealer.session("work", "new", at: 2)])
    }
    #expect(openingFault() == nil)
  }

  @Test("a link, a folder, a pipe in the vault's place")
  func noFile() throws {
    try scratch.write("elsewhere", "text")
    try #require(symlink(scratch("elsewhere"), scratch("vault")) == 0)
    #expect(openingFault() == .notAFile)
    unlink(scratch("vault"))
    _ = try scratch.folder("vault")
    #expect(openingFault() == .notAFile)
    rmdir(scratch("vault"))
    try #require(mkfifo(scratch("vault"), 0o600) == 0)
    #expect(openingFault() == .notAFile)
  }

  @Test func aDraftThatIsALinkIsNotFollowed() throws {
    try create()
    let elsewhere = try scratch.write("elsewhere", "text")
    try #require(symlink(elsewhere, scratch("vault.new")) == 0)
    let (file, _) = try open()
    let newer = try makeSealer(of: sealer.header.plan.vault)
    try file.rewrite(newer.header, [])
    #expect(try contents("elsewhere") == Array("text".utf8))
  }

  @Test func aFileOthersCanReadIsRefusedWithTheCommandThatMendsIt() throws {
    try create()
    try #require(chmod(scratch("vault"), 0o644) == 0)
    let fault = try #require(openingFault())
    #expect(fault == .openToOthers(mode: 0o644))
    #expect(fault.hint(path: scratch("vault")) == "chmod 600 \(scratch("vault"))")
    try #require(chmod(scratch("vault"), 0o600) == 0)
    #expect(openingFault() == nil)
  }

  @Test func aMissingFolderIsTold() {
    let fault = fault { () throws(VaultFault) in _ = try open(scratch("nowhere")) }
    #expect(fault == .system(subject: "", SystemError(ENOENT, in: "open")))
  }

  @Test func aDamagedFileStaysByteForByte() throws {
    try create(["work", "home", "mail"])
    var bytes = try contents("vault")
    bytes[sealer.header.bytes.count + 30] ^= 1
    try write("vault", bytes)
    guard case .damaged = openingFault() else {
      Issue.record("the damage was not seen")
      return
    }
    #expect(try contents("vault") == bytes)
    let name = try VaultFile.setAside(names, in: try DiskFolder(scratch.path))
    #expect(name == "vault.former-1")
    #expect(try contents(name) == bytes)
    #expect(try open().0.state == .absent)
  }

  @Test(
    "a disk that is really full", .enabled(if: Mount.isAllowed, "mounting takes root"))
  func fullDisk() throws {
    let mount = try Mount(at: try scratch.folder("disk"), options: "size=64k,mode=700")
    let folder = try DiskFolder(mount.path)
    let file = try VaultFile.open(names, in: folder, owner: geteuid()) { _ in }
    try file.rewrite(sealer.header, [sealer.session("work", "0", at: 1)])
    let payload = String(repeating: "x", count: 10_000)
    var last: UInt64 = 1
    let full = fault { () throws(VaultFault) in
      while last < 100 {
        try file.append([sealer.session("work", payload, at: last + 1)])
        last += 1
      }
    }
    #expect(full == .system(subject: "vault", SystemError(ENOSPC, in: "write")))
    #expect(file.state == .writable)
    #expect(last > 2)
    let newer = try makeSealer(of: sealer.header.plan.vault)
    // What does not fit is not lost: the vault is still there, with its last record.
    let records = try (1...9).map { try newer.session("work-\($0)", payload, at: UInt64($0)) }
    #expect(
      fault { () throws(VaultFault) in
        try file.rewrite(newer.header, records)
      } == .system(subject: "vault.new", SystemError(ENOSPC, in: "write")))
    #expect(file.nextSequence == last + 1)
    #expect(try folder.facts(named: "vault.new") == nil)
  }

  @Test(
    "a file system that is really read-only", .enabled(if: Mount.isAllowed, "mounting takes root"))
  func readOnly() throws {
    let mount = try Mount(at: try scratch.folder("disk"), options: "size=64k,mode=700")
    do {
      let file = try VaultFile.open(
        names, in: try DiskFolder(mount.path), owner: geteuid()
      ) { _ in }
      try file.rewrite(sealer.header, [sealer.session("work", "t", at: 1)])
    }
    try mount.makeReadOnly()
    let (file, replay) = try open(mount.path)
    #expect(file.state == .readOnly(SystemError(EROFS, in: "open")))
    #expect(replay.sessions.keys.sorted() == ["work"])
    let frame = try sealer.session("work", "t", at: 2)
    #expect(
      fault { () throws(VaultFault) in try file.append([frame]) }
        == .readOnly(SystemError(EROFS, in: "open")))
  }

  private func contents(_ name: String) throws -> [UInt8] {
    let file = try Descriptor.open(scratch(name), O_RDONLY)
    return try readAll(file.number, limit: 1 << 24)
  }

  private func write(_ name: String, _ bytes: [UInt8]) throws {
    let file = try Descriptor.open(scratch(name), O_WRONLY | O_TRUNC)
    try bytes.withBytes { (bytes) throws(SystemError) in try writeAll(file.number, bytes) }
  }
}

/// A file system in memory, mounted for a test.
final class Mount {
  let path: String
  private let options: String

  /// Whether this process may mount.
  static let isAllowed: Bool = {
    guard geteuid() == 0, let scratch = try? ScratchFolder(),
      let folder = try? scratch.folder("probe")
    else { return false }
    return (try? Mount(at: folder, options: "size=64k")) != nil
  }()

  init(at path: String, options: String) throws(SystemError) {
    self.path = path
    self.options = options
    guard mount("none", path, "tmpfs", 0, options) == 0 else { throw .last("mount") }
  }

  func makeReadOnly() throws(SystemError) {
    // MS_REMOUNT and MS_RDONLY.
    guard mount("none", path, "tmpfs", 32 | 1, options) == 0 else { throw .last("mount") }
  }

  // MNT_DETACH: a test that has failed may still have a file open.
  deinit { umount2(path, 2) }
}
