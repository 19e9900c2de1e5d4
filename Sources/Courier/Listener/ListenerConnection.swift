import Glibc
import HTTP1
import Platform

/// One connection to the listener: a stream that may be slow, broken or hostile.
final class ListenerConnection {
  /// Seconds for a request's head; a browser sends it at once, a slow-loris never (RFC 9112 §9.5).
  static let headLimit: Int64 = 10
  /// Seconds for the peer to take an answer.
  static let answerLimit: Int64 = 10
  /// Seconds and bytes that are read and thrown away after an answer, so that the peer gets it:
  /// closing with unread bytes resets the connection (RFC 9112 §9.6).
  static let drainLimit: Int64 = 2
  static let drainLength = 4 << 20

  /// What becomes of the connection after an answer.
  enum Next {
    case close, anotherRequest
  }

  private enum Phase {
    case reading
    /// The answer of this sign-in has come here; what is said depends on the token endpoint.
    case held
    case writing([UInt8], sent: Int, Next)
    /// The answer is out; `length` bytes have been thrown away since.
    case draining(length: Int)
    case closed
  }

  /// What the bytes that have come amount to.
  enum Progress {
    case nothing
    case request(Request)
    case rejected(RequestParser.Rejection)
  }

  /// Bytes of a posted answer; a signed one has some 8 KiB.
  static let maximumBodyLength = 64 * 1024

  private let transport: ListenerTransport
  private var parser: RequestParser
  private var phase = Phase.reading
  private(set) var deadline: BootInstant
  /// Who is at the other end, as far as that is known.
  var peer = PeerRule.Verdict.unknown
  /// Whether the browser was told here where the result is, and has not asked for it yet.
  var isRedirected = false
  /// Whether the request that is held allows another one after it.
  private(set) var isKeptAlive = false

  /// - Parameter postPath: where posted answers come to; content is read of nothing else.
  init(_ transport: ListenerTransport, postPath: String? = nil) {
    self.transport = transport
    parser = RequestParser(
      body: postPath.map { .readPosts(path: $0, limit: Self.maximumBodyLength) } ?? .unread)
    deadline = BootInstant.now.adding(seconds: Self.headLimit)
  }

  var descriptor: Int32 { transport.descriptor }

  var isClosed: Bool { if case .closed = phase { true } else { false } }
  var isHeld: Bool { if case .held = phase { true } else { false } }
  var isReading: Bool { if case .reading = phase { true } else { false } }
  var isWriting: Bool { if case .writing = phase { true } else { false } }

  /// What poll is to wait for; a hang-up is always told.
  var events: Int32 {
    switch phase {
    case .reading, .writing, .draining: transport.awaited
    case .held, .closed: 0
    }
  }

  /// Acts on what poll has told.
  func handle(_ events: Int32) -> Progress {
    switch phase {
    case .reading: return read()
    case .writing:
      write()
      return isReading ? lookAgain() : .nothing
    case .draining: drain()
    case .held: if events & (POLLHUP | POLLERR) != 0 { close() }
    case .closed: break
    }
    return .nothing
  }

  /// The deadline has passed: a request that has begun is told so, anything else just ends.
  func expire() -> Progress {
    guard isReading, !parser.isIdle else {
      close()
      return .nothing
    }
    return .rejected(RequestParser.Rejection(status: 408, reason: "the request took too long"))
  }

  /// Keeps the connection open until there is an answer.
  func hold(keepsAlive: Bool) {
    phase = .held
    isKeptAlive = keepsAlive
    deadline = BootInstant(nanoseconds: .max)
  }

  /// Sends an answer.
  func answer(_ response: Response, method: String = "GET", then next: Next = .close) {
    let connection: Response.Connection = next == .close ? .close : .keepAlive
    guard let bytes = try? response.serialized(answering: method, connection: connection) else {
      return close()
    }
    phase = .writing(bytes, sent: 0, next)
    deadline = BootInstant.now.adding(seconds: Self.answerLimit)
    write()
  }

  /// Sends what the peer takes at once, reads what it has sent, so that no reset takes the answer
  /// away again, and closes; over TLS there is nothing to be said before the handshake.
  func turnAway(_ response: Response) {
    if !transport.isSecured { answer(response) }
    if case .draining = phase { drain() }
    close()
  }

  /// Looks at what came along with the former request.
  func lookAgain() -> Progress { progress(of: parser.feed([])) }

  func close() {
    guard !isClosed else { return }
    phase = .closed
    transport.close()
  }

  private func read() -> Progress {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    switch chunk.withUnsafeMutableBytes(transport.read) {
    case .bytes(let count): return progress(of: parser.feed(chunk[..<count]))
    case .wouldBlock: return .nothing
    case .closed, .failed:
      close()
      return .nothing
    }
  }

  private func progress(of progress: RequestParser.Progress) -> Progress {
    switch progress {
    case .needMore: .nothing
    case .request(let request): .request(request)
    case .reject(let rejection): .rejected(rejection)
    }
  }

  private func write() {
    guard case .writing(let bytes, var sent, let next) = phase else { return }
    while sent < bytes.count {
      let transfer = bytes.withUnsafeBytes { bytes in
        transport.write(UnsafeRawBufferPointer(rebasing: bytes[sent...]))
      }
      switch transfer {
      case .bytes(let count): sent += count
      case .wouldBlock:
        phase = .writing(bytes, sent: sent, next)
        return
      case .closed, .failed: return close()
      }
    }
    finishAnswer(next)
  }

  private func finishAnswer(_ next: Next) {
    switch next {
    case .anotherRequest:
      phase = .reading
      deadline = BootInstant.now.adding(seconds: Self.headLimit)
    case .close:
      transport.endWriting()
      phase = .draining(length: 0)
      deadline = BootInstant.now.adding(seconds: Self.drainLimit)
    }
  }

  private func drain() {
    guard case .draining(let length) = phase else { return }
    guard case .bytes(let count) = transport.discard(), length < Self.drainLength else {
      return close()
    }
    phase = .draining(length: length + count)
  }
}
