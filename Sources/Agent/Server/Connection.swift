import Attributes
import CPlatform
import Glibc
import Platform
import Secrets

/// One client on the public socket: what it has sent and not yet been answered, what it has still
/// to read.
///
/// Both buffers lie in guarded pages: replies hold tokens, and a pasted redirect URL holds a code.
final class Connection {
  /// Bytes taken from the socket at once: most requests fit.
  private static let readSize = 1024
  /// Bytes that are thrown away behind a request that was refused for its length.
  private static let mostDrained = 16 * 1024 * 1024

  let id: UInt64
  let descriptor: Descriptor
  let peer: Peer
  /// The narrow socket it came by; nil for the agent's own, by which everything can be asked.
  let exposure: Exposure?
  private var input: SecretBuffer
  var output: SecretBuffer
  private var scanner = BlockScanner()
  /// Whether the client will send nothing more.
  private(set) var inputEnded = false
  /// Whether a request is being worked on; the next one waits until it is answered.
  var isBusy = false
  /// The account whose refresh or sign-in the request waits for.
  var awaits: Account?
  /// The question to a person that the request waits for.
  var question: UInt64?
  /// Who asks; nil as long as nobody wanted to know.
  var asker: Asker?
  /// Whether the connection ends once the output is sent.
  var closesAfterOutput = false
  /// Bytes that may still be thrown away; nil as long as requests are taken.
  private var drains: Int?
  /// What the poller waits for; nil as long as it does not know the connection.
  var watched: Int32?
  /// Bytes that were read and are still in the socket.
  private var peeked = 0
  /// When the state it is in now began: half a request, unread output.
  var stalledSince: BootInstant?
  /// Whether a deadline is set that looks at ``stalledSince``.
  var hasDeadline = false
  var lastActive: BootInstant

  init(
    id: UInt64, descriptor: consuming Descriptor, peer: Peer, now: BootInstant, pool: SecretPool,
    exposure: Exposure? = nil
  ) {
    self.exposure = exposure
    self.id = id
    self.descriptor = descriptor
    self.peer = peer
    input = SecretBuffer(in: pool)
    output = SecretBuffer(in: pool)
    lastActive = now
  }

  /// What has to be waited for. A client that does not read its replies is not read from.
  var events: Int32 {
    if !output.isEmpty { return POLLOUT }
    return !inputEnded && !isBusy && (isDraining || !closesAfterOutput) ? POLLIN : 0
  }

  /// Whether half a request or an unread reply is pending: states that have a deadline.
  var isStalled: Bool { !output.isEmpty || (!input.isEmpty && !isBusy) || isDraining }

  enum Reading { case more, nothing, gone }

  /// Reads what the socket has, at most one piece; ``takeOut(through:)`` has to follow.
  ///
  /// The kernel wakes whoever waits at the other end both when bytes are taken out of the socket and
  /// when there is an answer. Where the answer comes first, one wake-up does: it is most of what a
  /// request costs.
  func receive() -> Reading {
    var transfer = Transfer.wouldBlock
    var isTakenOut = false
    _ = input.fill(room: Self.readSize) { room in
      transfer = peekOnce(descriptor.number, into: room)
      // unix(7): a byte out of band wakes the loop and cannot be peeked at; a read takes it away.
      if case .wouldBlock = transfer {
        transfer = readOnce(descriptor.number, into: room)
        isTakenOut = true
      }
      if case .bytes(let count) = transfer { return count }
      return 0
    }
    switch transfer {
    case .bytes(let count):
      peeked = isTakenOut ? 0 : count
      return .more
    case .wouldBlock:
      if input.isEmpty { input.releaseSlot() }
      return .nothing
    case .closed:
      inputEnded = true
      if input.isEmpty { input.releaseSlot() }
      return .nothing
    case .failed: return .gone
    }
  }

  /// Takes what was read out of the socket; one that is closed with bytes in it is a broken one to
  /// its client.
  ///
  /// - Parameter scrap: empty, before and after; it may hold a part of a secret between.
  func takeOut(through scrap: inout SecretBuffer) {
    while peeked > 0 {
      let count = scrap.fill(room: peeked) { room in
        if case .bytes(let count) = readOnce(descriptor.number, into: room) { return count }
        return 0
      }
      scrap.removeAll()
      peeked = count > 0 ? peeked - count : 0
    }
  }

  // MARK: After a refusal

  var isDraining: Bool { drains != nil }

  /// Says that nothing more will be sent, and takes what the client still sends.
  ///
  /// A client that is in the middle of a request too long would get EPIPE and never read why.
  func beginDraining() {
    guard drains == nil else { return }
    drains = Self.mostDrained
    shutdown(descriptor.number, Int32(SHUT_WR))
  }

  enum Draining { case goesOn, over }

  /// Throws away what has come.
  func drain() -> Draining {
    withUnsafeTemporaryAllocation(byteCount: 16 * 1024, alignment: 1) { room in
      switch readOnce(descriptor.number, into: room) {
      case .wouldBlock: return .goesOn
      case .closed, .failed: return .over
      case .bytes(let count):
        // It may have been a part of a secret.
        sp_wipe(room.baseAddress, UInt(count))
        let rest = (drains ?? 0) - count
        drains = rest
        return rest > 0 ? .goesOn : .over
      }
    }
  }

  /// Shows the next whole request to `body` and forgets it.
  ///
  /// A client that closes its side after whole lines has ended its block too, as with git.
  /// - Returns: whether there was a request.
  func nextRequest(_ body: (Result<AttributeBlock, AttributeFault>) -> Void) -> Bool {
    guard !input.isEmpty else { return false }
    let scan = input.withUnsafeBytes { scanner.scan($0) }
    switch scan {
    case .incomplete where exposure != nil && input.count > Exposure.longestRequest:
      refuse(.blockTooLong, body)
    case .incomplete:
      guard inputEnded else { return false }
      // Half a line is not a request: a client that died while it wrote one meant something else.
      guard input.withUnsafeBytes({ $0.last == UInt8(ascii: "\n") }) else {
        body(.failure(.lineCutOff))
        input.releaseSlot()
        return true
      }
      take(input.count, body)
    case .complete(let length): take(length, body)
    case .refused(let fault): refuse(fault, body)
    }
    return true
  }

  private func refuse(
    _ fault: AttributeFault, _ body: (Result<AttributeBlock, AttributeFault>) -> Void
  ) {
    body(.failure(fault))
    input.releaseSlot()
    closesAfterOutput = true
  }

  private func take(_ length: Int, _ body: (Result<AttributeBlock, AttributeFault>) -> Void) {
    scanner = BlockScanner()
    input.withUnsafeBytes { bytes in
      let request = UnsafeRawBufferPointer(rebasing: bytes[..<length])
      do throws(AttributeFault) { body(.success(try AttributeBlock(request))) } catch {
        body(.failure(error))
        closesAfterOutput = true
      }
    }
    input.removeFirst(length)
    if input.isEmpty { input.releaseSlot() }
  }

  enum Sending { case done, pending, gone }

  /// Sends what can be sent now.
  func send() -> Sending {
    while !output.isEmpty {
      let transfer = output.withUnsafeBytes { sendOnce(descriptor.number, $0) }
      switch transfer {
      case .bytes(let count): output.removeFirst(count)
      case .wouldBlock: return .pending
      case .closed, .failed: return .gone
      }
    }
    output.releaseSlot()
    return .done
  }
}
