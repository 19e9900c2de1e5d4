import Glibc
import Platform
import Testing

/// A block of a reply, line by line.
struct Reply: Equatable, CustomStringConvertible {
  let lines: [String]

  /// The value of a key; nil when it is absent.
  subscript(_ key: String) -> String? { all(key).first }

  /// The value of a number; nil when it is absent.
  func number(_ key: String) -> Int64? { self[key].flatMap { Int64($0) } }

  /// The items of a list, `key[]=`.
  func list(_ key: String) -> [String] { all(key + "[]") }

  private func all(_ key: String) -> [String] {
    lines.filter { $0.hasPrefix(key + "=") }.map { String($0.dropFirst(key.utf8.count + 1)) }
  }

  var description: String { lines.joined(separator: " | ") }
}

/// Why a client of a test has got no reply.
enum ClientError: Error, Equatable {
  case ended
  case silent
}

/// A client on the agent's socket, as anybody could write it.
final class AgentClient {
  /// Seconds without a byte after which a test has failed.
  private static let patience = 20

  private let socket: Int32
  private let agent: TestAgent?
  private var received: [UInt8] = []

  /// - Parameter agent: what has to live as long as its client.
  init(_ path: String, of agent: TestAgent? = nil) throws {
    self.agent = agent
    socket = try UnixSocket.connect(path).release()
    var limit = timeval(tv_sec: Self.patience, tv_usec: 0)
    setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
  }

  deinit { close(socket) }

  /// Sends bytes as they are.
  func send(_ text: String) throws { try send(Array(text.utf8)) }

  func send(_ bytes: [UInt8]) throws {
    var sent = 0
    while sent < bytes.count {
      guard case .bytes(let count) = bytes[sent...].withUnsafeBytes({ sendOnce(socket, $0) }) else {
        throw ClientError.ended
      }
      sent += count
    }
  }

  /// Sends one request and reads one block.
  @discardableResult
  func ask(_ lines: String...) throws -> Reply {
    try send(lines.map { $0 + "\n" }.joined() + "\n")
    return try reply()
  }

  /// Reads one block.
  func reply() throws -> Reply {
    var lines: [String] = []
    while true {
      let line = try line()
      if line.isEmpty { return Reply(lines: lines) }
      lines.append(line)
    }
  }

  /// Reads blocks up to the one with `event=done` or a failure.
  func replies() throws -> [Reply] {
    var replies: [Reply] = []
    repeat {
      replies.append(try reply())
    } while replies.last?["event"] != "done" && replies.last?["error"] == nil
    return replies
  }

  /// Says that nothing more will be sent.
  func finishSending() { shutdown(socket, Int32(SHUT_WR)) }

  /// Whether the agent has closed the connection, once all it sent is read.
  func isClosed() throws -> Bool {
    do {
      while true { _ = try line() }
    } catch ClientError.ended { return true }
  }

  /// Whether nothing has come that is not read yet.
  var isWaiting: Bool { received.isEmpty && !waitUntil(socket, readyFor: POLLIN, milliseconds: 0) }

  /// The size of what was sent and the agent has not taken yet, as the kernel counts it.
  var unreadByAgent: Int {
    var count: CInt = 0
    return ioctl(socket, UInt(TIOCOUTQ), &count) == 0 ? Int(count) : 0
  }

  private func line() throws -> String {
    while true {
      if let end = received.firstIndex(of: UInt8(ascii: "\n")) {
        defer { received.removeSubrange(...end) }
        return String(decoding: received[..<end], as: UTF8.self)
      }
      var chunk = [UInt8](repeating: 0, count: 64 * 1024)
      switch chunk.withUnsafeMutableBytes({ readOnce(socket, into: $0) }) {
      case .bytes(let count): received += chunk[..<count]
      case .closed: throw ClientError.ended
      case .wouldBlock, .failed: throw ClientError.silent
      }
    }
  }
}
