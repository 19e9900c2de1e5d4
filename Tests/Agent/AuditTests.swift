import Glibc
import Platform
import Testing

@testable import Agent

@Suite struct AuditEntryTests {
  private func fields(_ asker: Asker?, scope: String? = nil) -> String {
    AuditEntry(account: "work", action: .token, verdict: .given, scope: scope, asker: asker).fields
  }

  @Test func aProgram() {
    let unit = SystemdUnit(name: "a.service", manager: .system)
    #expect(
      fields(makeAsker(unit: unit), scope: "a b")
        == "account=work\taction=token\tverdict=given\tprogram=/usr/bin/git\tunit=a.service"
        + "\tscope=a b")
    #expect(fields(makeAsker(sandbox: .snap("x"))).hasSuffix("program=/usr/bin/git\tsnap=x"))
    #expect(
      fields(makeAsker(nil, sandbox: .flatpak("a.b.C"))).hasSuffix("verdict=given\tflatpak=a.b.C"))
    #expect(fields(.unknown(.gone)).hasSuffix("unknown=the program that asked has ended"))
    #expect(fields(nil).hasSuffix("verdict=given"))
  }

  @Test func noValueMakesAFieldOrALine() {
    let text = fields(makeAsker("/a\tverdict=denied\nb"), scope: "x\ty")
    #expect(text.hasSuffix("program=/a verdict=denied b\tscope=x y"))
  }
}

@Suite struct AuditWindowTests {
  @Test func whatComesAgainIsCounted() {
    var window = AuditWindow(began: start)
    #expect(window.ends == start.adding(seconds: 60))
    let isNew = ["b", "a", "a", "a", "b"].map { window.isNew($0, .given) }
    #expect(isNew == [true, true, false, false, false])
    #expect(window.counts(account: "w") == ["count=1\tb", "count=2\ta"])
  }

  @Test func namesWithoutNumberAreOnlyCounted() {
    var window = AuditWindow(began: start)
    for number in 0..<AuditWindow.mostKinds {
      let isNew = window.isNew("\(number)", .denied)
      #expect(isNew)
    }
    let verdicts: [AuditEntry.Verdict] = [.notAllowed, .notAllowed, .given]
    let isNew = verdicts.enumerated().map { window.isNew("x\($0.offset)", $0.element) }
    #expect(isNew == [false, false, false])
    window.addUnseen()
    #expect(
      window.counts(account: "w") == [
        "count=2\taccount=w\tverdict=given", "count=2\taccount=w\tverdict=not-allowed",
      ])
  }

  @Test func fewProgramsAreLookedAtForTheLogAlone() {
    var window = AuditWindow(began: start)
    let looks = (0...AuditWindow.mostLooks).map { _ in window.takeLook() }
    #expect(looks.dropLast().allSatisfy(\.self) && looks.last == false)
    window.addUnseen()
    window.addUnseen()
    #expect(window.counts(account: "w") == ["count=2\taccount=w\tverdict=given"])
  }
}

@Suite struct AuditLogTests {
  private let scratch: ScratchFolder
  init() throws { scratch = try ScratchFolder() }

  private func text(_ name: String) throws -> String {
    let file = try Descriptor.open(scratch(name), O_RDONLY)
    return String(decoding: try readAll(file.number, limit: 4 << 20), as: UTF8.self)
  }

  @Test func linesAreAddedInPrivate() throws {
    let log = AuditLog(folder: scratch("a/b/state"))
    #expect(log.path == scratch("a/b/state/log"))
    log.add("x=1")
    AuditLog(folder: scratch("a/b/state")).add("x=2")
    log.add("x=3")
    #expect(try text("a/b/state/log") == "x=1\nx=2\nx=3\n")
    #expect(scratch.mode(of: "a/b/state") == 0o700)
    #expect(scratch.mode(of: "a/b/state/log") == 0o600)
    #expect(log.fault == nil)
  }

  @Test func aLongFileMakesRoomAndNothingIsLost() throws {
    _ = try scratch.folder("state")
    let long = String(repeating: "x", count: Int(AuditLog.longest)) + "\n"
    try scratch.write("state/log", long)
    try scratch.write("state/log.1", "older\n")
    let log = AuditLog(folder: scratch("state"))
    log.add("x=1")
    #expect(try text("state/log") == "x=1\n")
    #expect(try text("state/log.1") == long)
  }

  @Test func aFileThatWasMovedAwayIsLeft() throws {
    let log = AuditLog(folder: scratch("state"))
    log.add("x=1")
    try #require(rename(scratch("state/log"), scratch("state/mine")) == 0)
    log.add("x=2")
    #expect(try text("state/mine") == "x=1\n")
    #expect(try text("state/log") == "x=2\n")
  }

  @Test func aFolderThatLetsOthersInIsRefusedUntilItDoesNot() throws {
    _ = try scratch.folder("state", mode: 0o755)
    let log = AuditLog(folder: scratch("state"))
    log.add("x=1")
    #expect(log.fault?.hint == "chmod 700 \(scratch("state"))")
    #expect(scratch.mode(of: "state/log") == nil)
    try #require(chmod(scratch("state"), 0o700) == 0)
    log.add("x=2")
    #expect(log.fault == nil)
    #expect(try text("state/log") == "x=2\n")
  }

  @Test func neitherLinkNorPipeIsWrittenTo() throws {
    _ = try scratch.folder("state")
    try #require(symlink(scratch("elsewhere"), scratch("state/log")) == 0)
    let log = AuditLog(folder: scratch("state"))
    log.add("x=1")
    #expect(log.fault?.sentence == "refusing \(scratch("state/log")): it is a symbolic link")
    #expect(scratch.mode(of: "elsewhere") == nil)
    unlink(scratch("state/log"))
    try #require(mkfifo(scratch("state/log"), 0o600) == 0)
    log.add("x=1")
    #expect(log.fault != nil)
  }
}
