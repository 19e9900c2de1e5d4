import Attributes
import CPlatform
import Glibc
import Platform
import Testing

@testable import Agent

@Suite("The agent's claim to its socket")
struct AgentSocketTests {
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  /// What becomes of an agent that wants `path`: "ours", "another's", or why it is refused.
  private func take(_ path: String) -> String {
    do throws(Failure) {
      switch try AgentSocket.take(path, inherited: nil) {
      case .ours(let socket):
        socket.claim.release()
        return "ours"
      case .servedByAnother: return "another's"
      }
    } catch { return error.description }
  }

  @Test func aNewSocketIsPrivateInAPrivateFolder() throws {
    let path = scratch("sallyport/agent.sock")
    guard case .ours(let socket) = try AgentSocket.take(path, inherited: nil) else {
      Issue.record("it is not ours")
      return
    }
    #expect(scratch.mode(of: "sallyport") == 0o700)
    #expect(scratch.mode(of: "sallyport/agent.sock") == 0o600)
    #expect(scratch.mode(of: "sallyport/agent.sock.lock") == 0o600)
    socket.claim.release()
    #expect(scratch.mode(of: "sallyport/agent.sock") == nil)
  }

  @Test func aStaleSocketIsReplaced() throws {
    do { _ = try UnixSocket.listen(scratch("s"), backlog: 1) }
    #expect(scratch.mode(of: "s") != nil)
    #expect(take(scratch("s")) == "ours")
  }

  @Test func theSecondAgentLeavesTheFirstAlone() throws {
    guard case .ours(let first) = try AgentSocket.take(scratch("s"), inherited: nil) else {
      Issue.record("it is not ours")
      return
    }
    #expect(take(scratch("s")) == "another's")
    #expect(scratch.mode(of: "s") == 0o600)
    first.claim.release()
  }

  /// A service manager's listener has no lock beside it.
  @Test func aSocketThatIsServedWithoutALockIsLeftAloneToo() throws {
    let listener = try UnixSocket.listen(scratch("s"), backlog: 8)
    #expect(take(scratch("s")) == "another's")
    let client = try UnixSocket.connect(scratch("s"))
    #expect(listener.number != client.number)
  }

  /// `sallyport stop` and the next command may follow one another at once.
  @Test func anAgentThatIsAboutToEndIsWaitedFor() throws {
    let lock = try Descriptor.open(scratch("s.lock"), O_RDWR | O_CREAT, mode: 0o600)
    try #require(sp_lock_file(lock.number) == 0)
    let release = Release(lock.release())
    #expect(take(scratch("s")) == "ours")
    release.join()
  }

  @Test func whatIsNoSocketIsNeverRemoved() throws {
    try scratch.write("letter", "dear diary")
    #expect(take(scratch("letter")) == "cannot listen at \(scratch("letter")): file exists")
    #expect(scratch.mode(of: "letter") == 0o600)
    do { _ = try UnixSocket.listen(scratch("real"), backlog: 1) }
    try #require(symlink(scratch("real"), scratch("link")) == 0)
    #expect(take(scratch("link")) == "cannot listen at \(scratch("link")): file exists")
    try #require(symlink(scratch("letter"), scratch("other.lock")) == 0)
    #expect(take(scratch("other")).hasPrefix("cannot listen at"), "a link is no lock")
  }

  @Test func aFolderOthersCanEnterIsRefusedWithTheCommandThatMendsIt() throws {
    let folder = try scratch.folder("open", mode: 0o750)
    #expect(
      throws: Failure(
        .failed, "refusing \(folder): its mode 750 lets others in", hint: "chmod 700 \(folder)")
    ) {
      _ = try AgentSocket.take("\(folder)/s", inherited: nil)
    }
    _ = try scratch.folder("real")
    try #require(symlink(scratch("real"), scratch("link")) == 0)
    for path in ["link/s", "link//s"] {
      #expect(take(scratch(path)) == "refusing \(scratch("link")): it is a symbolic link")
    }
  }

  @Test func aPathThatCannotBeOneIsRefused() {
    #expect(take("agent.sock") == "the path of the socket is not absolute: agent.sock")
    #expect(take("") == "the path of the socket is not absolute: ")
    let long = scratch(String(repeating: "x", count: 100))
    #expect(take(long).hasPrefix("the path of the socket is longer than 107 bytes"))
  }

  @Test func anInheritedSocketIsTheServiceManagersAndStays() throws {
    let inherited = try UnixSocket.listen(scratch("s"), backlog: 1)
    guard case .ours(let socket) = try AgentSocket.take(scratch("s"), inherited: inherited) else {
      Issue.record("it is not ours")
      return
    }
    socket.claim.release()
    #expect(scratch.mode(of: "s") == 0o600)
  }
}

/// A thread that lets go of a lock while somebody else waits for it.
private final class Release {
  private var thread = pthread_t()

  private final class Box {
    let number: Int32
    init(_ number: Int32) { self.number = number }
  }

  init(_ lock: Int32) {
    let box = Unmanaged.passRetained(Box(lock)).toOpaque()
    pthread_create(
      &thread, nil,
      { box in
        guard let box else { return nil }
        // Long enough that the other has most likely found the lock taken; a shorter wait would
        // only make the test weaker, never wrong.
        poll(nil, 0, 30)
        close(Unmanaged<Box>.fromOpaque(box).takeRetainedValue().number)
        return nil
      }, box)
  }

  func join() { pthread_join(thread, nil) }
}
