import Attributes
import Glibc
import Platform

/// A connection to the agent: requests out, blocks in.
struct AgentConnection: ~Copyable {
  /// Seconds without a byte from the agent after which an answer is given up. Everything the agent
  /// does for one request has a shorter deadline, except a sign-in, which waits by itself.
  private static let patience = 180

  /// Bytes asked for at one time: a block with a token or two.
  private static let chunk = 16 * 1024

  let socket: Descriptor
  private var received = WipedBuffer()
  private var scanner = BlockScanner()

  /// Takes over a connected socket whose other end is this user's, or root's, or the one's that
  /// SALLYPORT_AGENT_UID names: in a container the person outside can have another number.
  ///
  /// The folder is private, but SALLYPORT_SOCK may lead anywhere, and whoever listens there would
  /// get pasted redirect URLs and could give us a token of its own.
  init(_ socket: consuming Descriptor) throws(Failure) {
    guard let peer = try? UnixSocket.peer(of: socket), Self.trusts(peer.userID) else {
      throw Failure(.failed, "refusing the agent's socket: another user listens there")
    }
    var timeout = timeval(tv_sec: Self.patience, tv_usec: 0)
    let size = socklen_t(MemoryLayout<timeval>.size)
    _ = setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &timeout, size)
    self.socket = socket
  }

  private static func trusts(_ user: uid_t) -> Bool {
    if user == geteuid() || user == 0 { return true }
    return environmentVariable("SALLYPORT_AGENT_UID").flatMap { uid_t($0) } == user
  }

  /// Sends bytes that hold whole requests.
  func send(_ request: borrowing WipedBuffer) throws(Failure) {
    var rest = request.bytes
    while !rest.isEmpty {
      switch sendOnce(socket.number, rest) {
      case .bytes(let count): rest = UnsafeRawBufferPointer(rebasing: rest[count...])
      case .wouldBlock: _ = waitUntil(socket.number, readyFor: POLLOUT)
      case .closed: throw Self.gone
      case .failed(let number):
        throw Failure(
          .failed, "cannot write to the agent: \(SystemError(number, in: "send").reason)")
      }
    }
  }

  /// Hands the next block to `body`, waiting for it; a failure block is thrown.
  mutating func next<R>(
    _ body: (AttributeBlock) throws(Failure) -> R
  ) throws(Failure) -> R {
    while true {
      if let result = try takeBlock(body) { return result }
      try receive()
    }
  }

  /// Hands the next block to `body` if all of it is here; a failure block is thrown.
  mutating func takeBlock<R>(
    _ body: (AttributeBlock) throws(Failure) -> R
  ) throws(Failure) -> R? {
    guard let length = try completeBlock() else { return nil }
    defer { received.dropFirst(length) }
    let block: AttributeBlock
    do {
      block = try AttributeBlock(UnsafeRawBufferPointer(rebasing: received.bytes[..<length]))
    } catch { throw Self.misunderstood }
    if let failure = Failure(block) { throw failure }
    return try body(block)
  }

  /// Hands the bytes of the next block to `body` as they are, without its blank line.
  mutating func nextBytes<R>(
    _ body: (UnsafeRawBufferPointer) throws(Failure) -> R
  ) throws(Failure) -> R {
    while true {
      if let length = try completeBlock() {
        // The block stays, and can be taken yet: the scanner starts over after a complete one.
        return try body(UnsafeRawBufferPointer(rebasing: received.bytes[..<(length - 1)]))
      }
      try receive()
    }
  }

  /// Reads once; waits when nothing is there.
  mutating func receive() throws(Failure) {
    switch readOnce(socket.number, into: received.room(for: Self.chunk)) {
    case .bytes(let count): received.extend(by: count)
    case .closed: throw Self.gone
    case .wouldBlock:
      throw Failure(
        .temporarilyUnavailable, "the agent has not answered for \(Self.patience) s",
        hint: "sallyport doctor")
    case .failed(let number):
      throw Failure(
        .failed, "cannot read from the agent: \(SystemError(number, in: "read").reason)")
    }
  }

  private mutating func completeBlock() throws(Failure) -> Int? {
    switch scanner.scan(received.bytes) {
    case .incomplete: return nil
    case .complete(let length): return length
    case .refused: throw Self.misunderstood
    }
  }

  private static var gone: Failure {
    Failure(
      .temporarilyUnavailable, "the agent has closed the connection without an answer",
      hint: "sallyport doctor")
  }

  private static var misunderstood: Failure {
    Failure(
      .failed, "the agent's answer is not understood: it is of another version",
      hint: "sallyport stop")
  }
}
