import Glibc
import Platform
import Testing

@Suite("Moving bytes")
struct TransferTests {
  private func read(_ descriptor: Int32, room: Int = 64) -> (Transfer, [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: room)
    let transfer = bytes.withUnsafeMutableBytes { readOnce(descriptor, into: $0) }
    if case .bytes(let count) = transfer { return (transfer, Array(bytes[..<count])) }
    return (transfer, [])
  }

  private func peek(_ socket: Int32) -> (Transfer, [UInt8]) {
    var bytes = [UInt8](repeating: 0, count: 64)
    let transfer = bytes.withUnsafeMutableBytes { peekOnce(socket, into: $0) }
    if case .bytes(let count) = transfer { return (transfer, Array(bytes[..<count])) }
    return (transfer, [])
  }

  private func send(_ descriptor: Int32, _ bytes: [UInt8]) -> Transfer {
    bytes.withUnsafeBytes { sendOnce(descriptor, $0) }
  }

  @Test func aReadSaysWhatItDid() throws {
    let (one, two) = try DescriptorPair.sockets().take()
    let mine = Descriptor(owning: one)
    let theirs = Descriptor(owning: two)
    try mine.setNonBlocking()
    #expect(read(mine.number).0 == .wouldBlock)
    #expect(send(theirs.number, [1, 2, 3]) == .bytes(3))
    #expect(read(mine.number, room: 2).1 == [1, 2])
    #expect(read(mine.number).0 == .bytes(1))
    _ = consume theirs
    #expect(read(mine.number).0 == .closed)
    #expect(read(-1).0 == .failed(EBADF))
  }

  @Test func whatWasOnlyLookedAtIsStillThere() throws {
    let (one, two) = try DescriptorPair.sockets().take()
    let mine = Descriptor(owning: one)
    let theirs = Descriptor(owning: two)
    try mine.setNonBlocking()
    #expect(peek(mine.number).0 == .wouldBlock)
    #expect(send(theirs.number, [1, 2]) == .bytes(2))
    #expect(send(theirs.number, [3]) == .bytes(1))
    for _ in 1...2 { #expect(peek(mine.number) == (.bytes(3), [1, 2, 3])) }
    #expect(read(mine.number).1 == [1, 2, 3])
    _ = consume theirs
    #expect(peek(mine.number).0 == .closed)
    #expect(peek(-1).0 == .failed(EBADF))
  }

  @Test func aReaderThatHasGoneIsNoSignal() async {
    // In a process of its own, with SIGPIPE deadly.
    await #expect(processExitsWith: .success) {
      signal(SIGPIPE, SIG_DFL)
      let (one, two) = try DescriptorPair.sockets().take()
      close(two)
      #expect([UInt8](repeating: 1, count: 3).withUnsafeBytes { sendOnce(one, $0) } == .closed)
      close(one)
    }
  }

  @Test func aFullSocketTakesAPartAndThenNothing() throws {
    let (one, two) = try DescriptorPair.sockets().take()
    let mine = Descriptor(owning: one)
    let theirs = Descriptor(owning: two)
    try mine.setNonBlocking()
    let much = [UInt8](repeating: 7, count: 4 << 20)
    guard case .bytes(let first) = send(mine.number, much) else {
      Issue.record("nothing was taken")
      return
    }
    #expect(first > 0 && first < much.count)
    var transfer = Transfer.bytes(1)
    while case .bytes = transfer { transfer = send(mine.number, much) }
    #expect(transfer == .wouldBlock)
    #expect(read(theirs.number).0 == .bytes(64))
  }

  @Test(arguments: [false, true]) func writeAllWritesAllHoweverSlowlyItIsRead(nonBlocking: Bool)
    throws
  {
    let (reader, writer) = try DescriptorPair.pipe().take()
    let input = Descriptor(owning: writer)
    if nonBlocking { try input.setNonBlocking() }
    let count = 300_000
    let reading = Reading(of: reader, pieces: 4096)
    let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0) }
    try bytes.withBytes { (bytes) throws(SystemError) in try writeAll(input.number, bytes) }
    _ = consume input
    #expect(reading.result() == bytes)
  }

  @Test func readAllHasALimit() throws {
    for (count, isTooMuch) in [(99, false), (100, false), (101, true)] {
      let (reader, writer) = try DescriptorPair.pipe().take()
      let output = Descriptor(owning: reader)
      do {
        let input = Descriptor(owning: writer)
        try writeAll(input.number, String(repeating: "x", count: count))
      }
      var found: Int?
      do throws(SystemError) { found = try readAll(output.number, limit: 100).count } catch {
        #expect(error == SystemError(EFBIG, in: "read"))
      }
      #expect(found == (isTooMuch ? nil : count))
    }
  }

  @Test func waitingEndsWhenThereIsSomethingToRead() throws {
    let (reader, writer) = try DescriptorPair.pipe().take()
    let output = Descriptor(owning: reader)
    let input = Descriptor(owning: writer)
    #expect(!waitUntil(output.number, readyFor: POLLIN, milliseconds: 0))
    try writeAll(input.number, "x")
    #expect(waitUntil(output.number, readyFor: POLLIN))
    #expect(waitUntil(input.number, readyFor: POLLOUT))
  }

  @Test func descriptorsAreClosedOnExec() throws {
    let descriptor = try Descriptor.open("/dev/null", O_RDONLY)
    #expect(fcntl(descriptor.number, F_GETFD) & FD_CLOEXEC != 0)
    let pair = try DescriptorPair.pipe().take()
    let one = Descriptor(owning: pair.first)
    let other = Descriptor(owning: pair.second)
    #expect(fcntl(one.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(fcntl(other.number, F_GETFD) & FD_CLOEXEC != 0)
    #expect(throws: SystemError(ENOENT, in: "open")) {
      _ = try Descriptor.open("/no/such/file", O_RDONLY)
    }
  }

  @Test func descriptorsAreClosedWithTheirValues() throws {
    for _ in 0..<50_000 { _ = try Descriptor.open("/dev/null", O_RDONLY) }
  }

  @Test func reasonsAreLowerCaseSentences() {
    #expect(SystemError(EACCES, in: "open").reason == "permission denied")
    #expect(SystemError(EIO, in: "read").reason.hasPrefix("input/output"))
    #expect(SystemError(9999, in: "read").reason == "unknown error")
    #expect(SystemError(EIO, in: "read") == SystemError(EIO, in: "write"))
    #expect(SystemError(EIO, in: "read") != SystemError(EACCES, in: "read"))
  }
}

/// A thread that reads a descriptor to its end.
private final class Reading: @unchecked Sendable {
  private var thread = pthread_t()
  private var bytes: [UInt8] = []
  private let descriptor: Int32
  private let pieces: Int

  init(of descriptor: Int32, pieces: Int) {
    self.descriptor = descriptor
    self.pieces = pieces
    let me = Unmanaged.passRetained(self).toOpaque()
    pthread_create(
      &thread, nil,
      { me in
        if let me { Unmanaged<Reading>.fromOpaque(me).takeRetainedValue().readToEnd() }
        return nil
      }, me)
  }

  private func readToEnd() {
    var piece = [UInt8](repeating: 0, count: pieces)
    while case let count = read(descriptor, &piece, pieces), count > 0 { bytes += piece[..<count] }
    close(descriptor)
  }

  func result() -> [UInt8] {
    pthread_join(thread, nil)
    return bytes
  }
}
