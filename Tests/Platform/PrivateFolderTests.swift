import Glibc
import Platform
import Testing

@Suite("A folder nobody else can enter")
struct PrivateFolderTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  private func fault(_ path: String) -> FolderFault? {
    do throws(FolderFault) {
      try preparePrivateFolder(path)
      return nil
    } catch { return error }
  }

  @Test func isCreatedWithMode0700() {
    #expect(fault(scratch("sallyport")) == nil)
    #expect(scratch.mode(of: "sallyport") == 0o700)
    #expect(fault(scratch("sallyport")) == nil, "it may exist already")
  }

  @Test func twoFoldersAboveAreMadeWhereThatIsAskedFor() throws {
    let scratch = try ScratchFolder()
    try preparePrivateFolder(scratch("a/b/c"), missing: .twoParents)
    #expect(scratch.mode(of: "a/b/c") == 0o700)
    #expect(throws: FolderFault.self) {
      try preparePrivateFolder(scratch("x/y/z/c"), missing: .twoParents)
    }
    #expect(scratch.mode(of: "x") == nil)
  }

  @Test func isCreatedWithItsParentButNoDeeper() {
    #expect(fault(scratch("cache/sallyport")) == nil)
    #expect(scratch.mode(of: "cache") == 0o700)
    #expect(
      fault(scratch("a/b/c")) == .system(path: scratch("a/b/c"), SystemError(ENOENT, in: "mkdir")))
    #expect(scratch.mode(of: "a") == nil)
  }

  @Test(arguments: [0o770, 0o750, 0o701, 0o720, 0o704, 0o777, 0o1777] as [mode_t])
  func isRefusedWhenOthersCanDoAnythingInIt(mode: mode_t) throws {
    let path = try scratch.folder("open", mode: mode)
    let found = try #require(fault(path))
    guard case .openToOthers(path, let actual) = found else {
      Issue.record("\(found)")
      return
    }
    #expect(actual & 0o7777 == mode)
    #expect(found.hint == "chmod 700 \(path)")
    #expect(found.sentence.contains(String(mode, radix: 8)))
    #expect(scratch.mode(of: "open") == mode, "it is not mended behind the person's back")
  }

  @Test(arguments: ["", "/", "//"]) func aSymbolicLinkIsRefusedHoweverItIsSpelled(end: String)
    throws
  {
    _ = try scratch.folder("real")
    try #require(symlink(scratch("real"), scratch("link")) == 0)
    #expect(fault(scratch("link") + end) == .symbolicLink(path: scratch("link")))
    try #require(symlink(scratch("nowhere"), scratch("dangling")) == 0)
    #expect(fault(scratch("dangling") + end) == .symbolicLink(path: scratch("dangling")))
    #expect(scratch.mode(of: "nowhere") == nil)
  }

  @Test func aFileIsRefused() throws {
    let path = try scratch.write("file", "")
    #expect(fault(path) == .notAFolder(path: path))
    #expect(fault(path)?.hint == "rm \(path)")
  }

  @Test func aFolderOfAnotherUserIsRefused() throws {
    // Only root can give a folder away; everybody else finds root's.
    var path = "/usr"
    var owner: uid_t = 0
    if geteuid() == 0 {
      (path, owner) = (try scratch.folder("theirs"), 65_534)
      try #require(chown(path, owner, gid_t.max) == 0)
    }
    #expect(fault(path) == .foreign(path: path, owner: owner))
    #expect(fault(path)?.sentence == "refusing \(path): it belongs to user \(owner)")
  }

  @Test func aCheckCreatesNothing() {
    #expect(throws: FolderFault.system(path: scratch("x"), SystemError(ENOENT, in: "lstat"))) {
      try checkPrivateFolder(scratch("x"))
    }
    #expect(scratch.mode(of: "x") == nil)
  }

  @Test(arguments: [
    ("/run/user/1000/sallyport", "/run/user/1000/sallyport"), ("a b", "'a b'"), ("", "''"),
    ("it's", "'it'\\''s'"), ("$(reboot)", "'$(reboot)'"), ("a;b", "'a;b'"), ("~", "'~'"),
    ("a\nb", "'a\nb'"), ("*", "'*'"), ("ü", "'ü'"),
  ])
  func aWordIsQuotedForTheShellOnlyWhereItMustBe(word: String, quoted: String) {
    #expect(shellQuoted(word) == quoted)
  }

  @Test func theShellReadsAQuotedWordAsItWas() throws {
    let word = "a'b\"c $HOME `id` \\ ! * ~ \t é\n;"
    let output = try run("/bin/sh", ["sh", "-c", "printf %s \(shellQuoted(word))"])
    #expect(output == word)
  }
}
