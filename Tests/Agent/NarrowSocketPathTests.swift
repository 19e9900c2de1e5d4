import Attributes
import Glibc
import Platform
import Testing

@testable import Agent

@Suite("Where a narrow socket may be")
struct NarrowSocketPathTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  /// The place that is found fit, or why it is refused.
  private func prepare(_ path: String) -> String {
    do throws(Failure) { return try NarrowSocketPath.prepare(path) } catch {
      return error.description
    }
  }

  @Test func aNewPathIsFit() throws {
    #expect(prepare(scratch("n")) == scratch("n"))
    #expect(prepare(scratch("new/n")) == scratch("new/n"))
    #expect(scratch.mode(of: "new") == 0o700)
    #expect(prepare(scratch("no/such/n")).contains("no folder"))
  }

  @Test(arguments: ["n", "./n", "", "~/n"])
  func aPathThatIsNotAbsoluteIsRefused(_ path: String) {
    #expect(prepare(path).contains("not absolute"))
  }

  @Test func whatNamesAFolderIsRefused() {
    for name in ["", ".", ".."] { #expect(prepare(scratch(name)).contains("names a folder")) }
    #expect(prepare(scratch("a\u{1B}b")).contains("control characters"))
  }

  @Test func aLongPathIsRefusedInOneSentence() throws {
    let name = String(repeating: "n", count: UnixSocket.longestPath - scratch.path.utf8.count - 1)
    #expect(prepare(scratch(name)) == scratch(name))
    #expect(prepare(scratch(name + "n")).contains("longer than 107 bytes"))
  }

  @Test func linksAndFilesAreLeftAlone() throws {
    try #require(symlink("/nowhere", scratch("link")) == 0)
    #expect(prepare(scratch("link")).contains("symbolic link"))
    try scratch.write("file", "precious")
    #expect(prepare(scratch("file")).contains("no socket"))
    #expect(prepare(scratch("file/n")).contains("not a folder"))
    #expect(scratch.mode(of: "link") != nil && scratch.mode(of: "file") != nil)
  }

  @Test func aLinkOnTheWayIsResolved() throws {
    _ = try scratch.folder("real")
    try #require(symlink(scratch("real"), scratch("link")) == 0)
    #expect(prepare(scratch("link/n")) == scratch("real/n"))
    #expect(NarrowSocketRecord.resolved(scratch("link/n")) == scratch("real/n"))
  }

  @Test(arguments: [0o770, 0o702, 0o720] as [mode_t])
  func aFolderOthersCanWriteToIsRefused(_ mode: mode_t) throws {
    _ = try scratch.folder("open", mode: mode)
    #expect(prepare(scratch("open/n")).contains("others can write"))
  }

  @Test func aFolderOthersCanReadIsFit() throws {
    _ = try scratch.folder("read", mode: 0o755)
    #expect(prepare(scratch("read/n")) == scratch("read/n"))
  }

  @Test func aFolderAboveThatOthersCanWriteToIsRefused() throws {
    _ = try scratch.folder("open")
    _ = try scratch.folder("open/mine")
    try #require(chmod(scratch("open"), 0o777) == 0)
    #expect(prepare(scratch("open/mine/n")).contains("can rename"))
    try #require(chmod(scratch("open"), 0o1777) == 0)
    #expect(prepare(scratch("open/mine/n")) == scratch("open/mine/n"), "as /tmp is")
  }

  @Test func aLiveSocketStaysAndAStaleOneIsRemoved() throws {
    do {
      let live = try UnixSocket.listen(scratch("n"), backlog: 0)
      // Whether or not it has room for one more.
      let clients = (0..<3).map { _ in socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0) }
      #expect(prepare(scratch("n")).contains("already"))
      #expect(scratch.mode(of: "n") != nil)
      for client in clients { close(client) }
      _ = live.number
    }
    #expect(prepare(scratch("n")) == scratch("n"))
    #expect(scratch.mode(of: "n") == nil)
  }

  @Test func aSocketWhoseQueueIsFullIsAlive() throws {
    let live = try UnixSocket.listen(scratch("n"), backlog: 0)
    let first = try UnixSocket.connect(scratch("n"))
    #expect(!UnixSocket.isAbandoned(scratch("n")))
    #expect(prepare(scratch("n")).contains("already"))
    _ = (live.number, first.number)
  }

  @Test func theAgentsOwnSocketIsNotTaken() throws {
    let agent = try TestAgent()
    try agent.signIn()
    let reply = try agent.ask("action=expose", "account=work", "socket=\(agent.socketPath)")
    #expect(reply["error_description"]?.contains("already") == true)
    #expect(try agent.ask("action=version")["version"] != nil)
  }

  // MARK: What a killed agent has left

  @Test func theRecordTellsOfSocketsAndIsRemovedWithTheLast() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    let socket = try NarrowSocket(at: scratch("a b"), isForOthers: false)
    try record.write([socket.entry])
    #expect(scratch.mode(of: "s.exposed") == 0o600)
    #expect(record.entries() == [socket.entry])
    #expect(socket.entry.isInPlace && !socket.entry.isStale)
    try record.write([])
    #expect(scratch.mode(of: "s.exposed") == nil && record.entries().isEmpty)
  }

  @Test func aRecordOfNonsenseIsEmpty() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    try scratch.write("s.exposed", "x\n1 2\n1 x /p\n1 2 relative\n-1 2 /p\n\n1 2 /p q\n")
    #expect(record.entries().map(\.path) == ["/p q"])
    unlink(scratch("s.exposed"))
    try scratch.write("other", "1 2 /p\n")
    try #require(symlink(scratch("other"), scratch("s.exposed")) == 0)
    #expect(record.entries().isEmpty, "a link is not followed")
  }

  @Test func pathsThatHaveEndedAreRememberedUntilTheyAreExposedAnew() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    try record.noteEnded(["/a", "/b c"])
    try record.noteEnded(["/a", "/d\n/e"])
    #expect(scratch.mode(of: "s.ended") == 0o600)
    #expect(record.ended() == ["/b c", "/a"] && record.tells(of: "/a") && !record.tells(of: "/e"))
    try record.forgetEnded("/a")
    #expect(record.ended() == ["/b c"] && !record.tells(of: "/a"))
    try record.forgetEnded("/b c")
    #expect(scratch.mode(of: "s.ended") == nil)
  }

  @Test func theNewestEndedPathsAreKept() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    let long = String(repeating: "x", count: 90)
    let all = (0..<300).map { "/\(long)/\($0)" }
    try record.noteEnded(all)
    #expect(record.ended() == Array(all.suffix(NarrowSocketRecord.mostEnded)))
  }

  @Test func anEndedPathIsFoundBehindALink() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    try #require(mkdir(scratch("real"), 0o700) == 0)
    try #require(symlink(scratch("real"), scratch("link")) == 0)
    let place = NarrowSocketRecord.resolved(scratch("real/n"))
    try record.noteEnded([place])
    #expect(record.tells(of: scratch("link/n")) && record.tells(of: scratch("real/../real/n")))
    #expect(!record.tells(of: scratch("link/m")))
  }

  @Test func theNextAgentRemovesWhatIsStaleAndNothingElse() throws {
    let record = NarrowSocketRecord(besideSocket: scratch("s"))
    let live = try NarrowSocket(at: scratch("live"), isForOthers: false)
    var entries = [live.entry]
    for name in ["stale", "replaced"] {
      entries.append(try NarrowSocket(at: scratch(name), isForOthers: false).entry)
    }
    unlink(scratch("replaced"))
    try scratch.write("replaced", "precious")
    try record.write(entries)
    let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
    let server = try AgentServer(
      listener: listener, socketPath: scratch("s"), courierPath: "/x", configurationPath: nil)
    #expect(scratch.mode(of: "stale") == nil)
    #expect(scratch.mode(of: "live") != nil && scratch.mode(of: "replaced") != nil)
    #expect(scratch.mode(of: "s.exposed") == nil && server.exposures.isEmpty)
    #expect(live.entry.isInPlace)
    #expect(Set(record.ended()) == [scratch("stale"), scratch("replaced")])
  }
}
