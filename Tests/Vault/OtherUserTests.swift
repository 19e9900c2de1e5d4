import Glibc
import Platform
import Testing

@testable import Vault

/// The permissions of the real file system, tried as a user who is not root.
///
/// They hold for a thread: setfsuid(2) takes from it, and from it alone, what root may do to files.
@Suite(.enabled(if: geteuid() == 0, "changing users takes root"))
struct OtherUserTests {
  private let nobody: UInt32 = 65534
  private let scratch: ScratchFolder
  private let sealer: VaultSealer<OpenSSLVault>

  init() throws {
    scratch = try ScratchFolder()
    sealer = try makeSealer()
    let file = try VaultFile.open(
      names, in: try DiskFolder(scratch.path), owner: geteuid()
    ) { _ in }
    try file.rewrite(sealer.header, [sealer.session("work", "t", at: 1)])
    for path in [scratch.path, scratch("vault")] {
      try #require(chown(path, nobody, nobody) == 0)
    }
    unlink(scratch("vault.lock"))
  }

  /// What nobody finds, with these modes of the folder and the vault.
  private func asNobody<R>(
    folder: mode_t, vault: mode_t, _ body: (VaultFile) throws -> R
  ) throws -> R {
    try #require(chmod(scratch.path, folder) == 0 && chmod(scratch("vault"), vault) == 0)
    let symbol = try #require(dlsym(nil, "setfsuid"))
    let setUser = unsafeBitCast(symbol, to: (@convention(c) (UInt32) -> Int32).self)
    _ = setUser(nobody)
    defer { _ = setUser(0) }
    // A number that is no user changes nothing and tells who one is.
    try #require(setUser(.max) == Int32(nobody))
    let file = try VaultFile.open(names, in: try DiskFolder(scratch.path), owner: nobody) { _ in }
    return try body(file)
  }

  @Test("a folder or a file one may only read", arguments: [(0o500, 0o600), (0o700, 0o400)])
  func readOnly(_ modes: (folder: mode_t, vault: mode_t)) throws {
    let error = SystemError(EACCES, in: "open")
    let frame = try sealer.session("work", "t", at: 2)
    try asNobody(folder: modes.folder, vault: modes.vault) { file in
      #expect(file.state == .readOnly(error))
      #expect(file.nextSequence == 2)
      #expect(fault { () throws(VaultFault) in try file.append([frame]) } == .readOnly(error))
      #expect(
        fault { () throws(VaultFault) in
          try file.rewrite(sealer.header, [])
        } == .readOnly(error))
    }
    #expect(scratch.mode(of: "vault.new") == nil)
  }

  @Test func aFileOneMayNotRead() throws {
    #expect(throws: VaultFault.system(subject: "vault", SystemError(EACCES, in: "open"))) {
      try asNobody(folder: 0o700, vault: 0o000) { _ in }
    }
  }

  @Test func aFolderOneMayNotEnter() throws {
    try #require(chown(scratch.path, 0, 0) == 0)
    #expect(throws: SystemError(EACCES, in: "open")) {
      try asNobody(folder: 0o700, vault: 0o600) { _ in }
    }
  }

  @Test func ownFilesAreWritten() throws {
    let frame = try sealer.session("work", "t", at: 2)
    try asNobody(folder: 0o700, vault: 0o600) { try $0.append([frame]) }
  }
}
