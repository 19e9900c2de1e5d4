import Glibc
import Platform
import Testing
import Vault

@testable import Courier

/// Files for another machine: `job=export` and `job=import`.
@Suite struct VaultExportTests {
  private let folder: ScratchFolder
  private let path: String
  private let passphrase = "passphrase=correct horse"

  init() throws {
    folder = try ScratchFolder()
    path = try folder.place("export")
  }

  private func export(_ records: [[String]], isWhole: Bool = true) throws -> VaultRun {
    try VaultRun(["job=export", "vault.path=\(path)", passphrase], records, isWhole: isWhole)
  }

  private func read(_ path: String? = nil, _ passphrase: String? = nil) throws -> VaultRun {
    try VaultRun([
      "job=import", "vault.path=\(path ?? self.path)", passphrase ?? self.passphrase,
    ])
  }

  @Test func whatIsExportedIsImported() throws {
    let out = try export(
      session("work", "access_token=a") + session("home", "refresh_token=r", "x[]=1", "x[]=2"))
    #expect(out.status == 0 && out.last["accounts"] == "2" && out.key == nil, "\(out.last.text)")
    var facts = stat()
    #expect(lstat(path, &facts) == 0 && facts.st_mode & 0o7777 == 0o600)
    let text = String(decoding: try #require(folder.contents(of: "export")), as: UTF8.self)
    #expect(!text.contains("refresh_token"))
    let run = try read()
    #expect(run.status == 0 && run.last["accounts"] == "2" && run.key == nil)
    #expect(run.records.map(\.name) == ["work", "home"])
    #expect(run.records("session")["home"]?.all("x[]") == ["1", "2"])
    // Nothing is left beside it, and it has not been changed.
    #expect(access(path + ".lock", F_OK) != 0 && access(path + ".new", F_OK) != 0)
    let wrong = try read(nil, "passphrase=other")
    #expect(wrong.status == 6 && wrong.fault == "wrong_key")
  }

  @Test func aFileThatIsThereIsKept() throws {
    _ = try folder.file("export", "mine")
    let run = try export(session("work", "access_token=a"))
    #expect(run.status == 1 && run.description.contains("refusing to replace \(path)"))
    #expect(folder.contents(of: "export") == Array("mine".utf8))
  }

  @Test func whatDidNotBecomeWholeIsTakenBack() throws {
    for records in [
      session("work", "access_token=a"), [["record=removal", "name=work"], ["removed_at=1"]],
      [["record=session", "name=a b"], ["access_token=a"]],
    ] {
      #expect(try export(records, isWhole: false).status != 0)
      #expect(access(path, F_OK) != 0)
    }
    let run = try VaultRun(["job=export", "vault.path=\(path)"], session("work", "access_token=a"))
    #expect(run.status != 0 && access(path, F_OK) != 0)
  }

  @Test func aFileWithoutItsHeaderIsNone() throws {
    // What a crash leaves: the header comes last.
    let disk = try DiskFolder(folder.path)
    let vault = try SealedVault()
    let header = try VaultHeader.read(fromHexadecimal(vault.header) ?? []).0
    let file = try ExportFile("export", in: disk)
    try file.begin(header)
    for sequence in 1...40 {
      let frame = try #require(
        RecordFrame(
          sequence: UInt64(sequence), kind: .session, name: "work",
          sealed: [UInt8](repeating: 1, count: 60_000)))
      try file.append(frame)
    }
    #expect(try #require(folder.contents(of: "export")).count > 1 << 20)
    let run = try read()
    #expect(run.status == 1 && run.fault == "damaged")
  }

  @Test(
    "a path that is none is refused",
    arguments: [
      "", "vault.path=", "vault.path=file", "vault.path=/", "vault.path=/tmp/..",
      "vault.path=/nonexistent/file",
    ])
  func noPath(line: String) throws {
    for job in ["job=export", "job=import"] {
      let run = try VaultRun([job, passphrase] + (line.isEmpty ? [] : [line]))
      #expect(run.status != 0 && run.last["error"] != nil)
    }
  }

  @Test func aFileThatIsNotRightIsRefused() throws {
    _ = try export(session("work", "access_token=a") + session("home", "access_token=b"))
    let whole = try #require(folder.contents(of: "export"))
    func refusal(_ bytes: [UInt8], _ fault: String?, _ words: String) throws {
      let path = try folder.bytes("other", bytes)
      let run = try read(path)
      #expect(run.status == 1 && run.fault == fault && run.records.isEmpty, "\(run.last.text)")
      #expect(run.description.contains(words), "\(run.description)")
      #expect(folder.contents(of: "other") == bytes)
    }
    try refusal([], "damaged", "empty")
    try refusal(Array("something else\n\n".utf8), "damaged", "is no vault")
    try refusal(Array("sallyport-vault=2\n\n".utf8), "damaged", "format 2")
    try refusal(Array(whole.prefix(100)), "damaged", "header")
    try refusal(whole.dropLast(5), "damaged", "is damaged")
    var bytes = whole
    bytes[bytes.count - 200] ^= 1
    try refusal(bytes, "damaged", "is damaged")
    bytes = whole
    bytes[30] ^= 1
    try refusal(bytes, "damaged", "header")
    let other = try SealedVault(session("work", "access_token=a"))
    try refusal(other.file, nil, "has its key from command")
  }

  @Test func aRecordOfAnotherFileIsRefused() throws {
    _ = try export(session("work", "access_token=a"))
    let first = try #require(folder.contents(of: "export"))
    unlink(path)
    _ = try export(session("work", "access_token=b"))
    let second = try #require(folder.contents(of: "export"))
    let (_, length) = try VaultHeader.read(first)
    let run = try read(
      try folder.bytes("other", Array(first[..<length]) + Array(second[length...])))
    #expect(run.status == 1 && run.fault == "forged" && run.records.isEmpty)
  }

  @Test func aFileOfOthersIsRefused() throws {
    _ = try export(session("work", "access_token=a"))
    chmod(path, 0o640)
    let run = try read()
    #expect(run.status == 1 && run.last["hint"] == "chmod 600 \(path)")
    chmod(path, 0o600)
    let link = try folder.place("link")
    symlink(path, link)
    #expect(try read(link).description.contains("not a regular file"))
    #expect(try read("\(folder.path)/nothing").description.contains("there is no vault"))
    #expect(try read("/dev/null").status == 1)
  }
}
