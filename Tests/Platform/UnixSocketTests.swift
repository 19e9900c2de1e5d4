import Glibc
import Platform
import Testing

@Suite("Unix sockets")
struct UnixSocketTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  @Test func aSocketIsOpenToItsUserAlone() throws {
    let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
    #expect(scratch.mode(of: "s") == 0o600)
    #expect(listener.number >= 0)
  }

  @Test func theUmaskOfTheProcessStaysAsItIs() async {
    // In a process of its own: all tests share the umask.
    await #expect(processExitsWith: .success) {
      umask(0)
      let scratch = try ScratchFolder()
      let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
      let number = listener.number
      #expect(number >= 0)
      #expect(scratch.mode(of: "s") == 0o600)
      #expect(umask(0) == 0)
    }
  }

  @Test func aListenerNeverWaits() throws {
    let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
    let nobody = try UnixSocket.accept(listener)
    let isNobody = nobody == nil
    #expect(isNobody)
  }

  @Test func bothEndsTalkAndTheListenersEndDoesNotBlock() throws {
    let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
    let client = try UnixSocket.connect(scratch("s"))
    guard let served = try UnixSocket.accept(listener) else {
      Issue.record("nobody was accepted")
      return
    }
    var room = [UInt8](repeating: 0, count: 8)
    #expect(room.withUnsafeMutableBytes { readOnce(served.number, into: $0) } == .wouldBlock)
    try writeAll(client.number, "hello")
    #expect(room.withUnsafeMutableBytes { readOnce(served.number, into: $0) } == .bytes(5))
    for number in [listener.number, client.number, served.number] {
      #expect(fcntl(number, F_GETFD) & FD_CLOEXEC != 0)
    }
    #expect(fcntl(client.number, F_GETFL) & O_NONBLOCK == 0)
  }

  @Test func thePeerIsWhoeverConnected() throws {
    let listener = try UnixSocket.listen(scratch("s"), backlog: 1)
    let client = try UnixSocket.connect(scratch("s"))
    guard let served = try UnixSocket.accept(listener) else {
      Issue.record("nobody was accepted")
      return
    }
    let peer = try UnixSocket.peer(of: served)
    #expect(peer.userID == geteuid())
    #expect(peer.processID == getpid())
    #expect(client.number >= 0)
    let file = try Descriptor.open("/dev/null", O_RDONLY)
    #expect(throws: SystemError(ENOTSOCK, in: "getsockopt")) { _ = try UnixSocket.peer(of: file) }
  }

  @Test func aPathThatDoesNotFitIsRefusedAndNeverCut() throws {
    let room = UnixSocket.longestPath - scratch.path.utf8.count - 1
    let fits = scratch(String(repeating: "s", count: room))
    let listener = try UnixSocket.listen(fits, backlog: 1)
    let client = try UnixSocket.connect(fits)
    #expect(listener.number != client.number)
    #expect(throws: SystemError(ENAMETOOLONG, in: "connect")) {
      _ = try UnixSocket.listen(fits + "s", backlog: 1)
    }
    #expect(throws: SystemError(ENAMETOOLONG, in: "connect")) {
      _ = try UnixSocket.connect(fits + "s")
    }
  }

  @Test(arguments: ["", "a\u{0}b"]) func aPathThatWouldMeanAnotherIsRefused(path: String) {
    #expect(throws: SystemError.self) { _ = try UnixSocket.listen(path, backlog: 1) }
    #expect(throws: SystemError.self) { _ = try UnixSocket.connect(path) }
  }

  @Test func nobodyThereIsTold() throws {
    #expect(throws: SystemError(ENOENT, in: "connect")) {
      _ = try UnixSocket.connect(scratch("none"))
    }
    do { _ = try UnixSocket.listen(scratch("stale"), backlog: 1) }
    #expect(throws: SystemError(ECONNREFUSED, in: "connect")) {
      _ = try UnixSocket.connect(scratch("stale"))
    }
    #expect(throws: SystemError(EADDRINUSE, in: "bind")) {
      _ = try UnixSocket.listen(scratch("stale"), backlog: 1)
    }
  }
}
