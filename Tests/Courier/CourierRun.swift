import Attributes
import Glibc
import Platform

@testable import Courier

/// One job, run on a thread of the test's process, with its blocks read as they come.
final class CourierRun {
  /// One block of the output.
  struct Block {
    private let lines: [(key: String, value: String)]

    init(_ text: [UInt8]) {
      lines = text.split(separator: UInt8(ascii: "\n")).map { line in
        let halves = line.split(
          separator: UInt8(ascii: "="), maxSplits: 1, omittingEmptySubsequences: false)
        return (
          String(decoding: halves[0], as: UTF8.self), String(decoding: halves[1], as: UTF8.self)
        )
      }
    }

    subscript(_ key: String) -> String? { lines.first { $0.key == key }?.value }
    func all(_ key: String) -> [String] { lines.filter { $0.key == key }.map(\.value) }
    var keys: [String] { lines.map(\.key) }
    var text: String { lines.map { "\($0.key)=\($0.value)" }.joined(separator: "\n") }
  }

  private let socket: Descriptor
  private let background: Background<Int32>

  /// The thread of the job, which outlives this object.
  var thread: Background<Int32> { background }
  private var bytes: [UInt8] = []
  private var scanner = BlockScanner()

  /// Starts a job; `lines` are those of its block.
  ///
  /// - Parameter lock: what a courier inherits beside its socket.
  init(_ lines: [String], environment: [String: String] = [:], lock: Int32 = -1) throws {
    let (own, other) = try DescriptorPair.sockets().take()
    socket = Descriptor(owning: own)
    let block = lines.joined(separator: "\n") + "\n\n"
    Sockets.write(own, Array(block.utf8))
    background = try Background {
      defer { close(other) }
      return Courier.run(
        input: other, output: other, environment: Environment(environment), lock: lock)
    }
  }

  /// Sends another block.
  func send(_ lines: String...) {
    Sockets.write(socket.number, Array((lines.joined(separator: "\n") + "\n\n").utf8))
  }

  /// This side of the socket.
  var number: Int32 { socket.number }

  /// The next block.
  func next() throws -> Block {
    while true {
      if case .complete(let length) = bytes.withUnsafeBytes({ scanner.scan($0) }) {
        defer { bytes.removeFirst(length) }
        return Block(Array(bytes[..<length]))
      }
      let more = Sockets.read(socket.number)
      guard !more.isEmpty else { throw TestFault("the courier wrote no more blocks") }
      bytes += more
    }
  }

  /// The next block with this event; those before it are left out.
  func next(_ event: String) throws -> Block {
    while true {
      let block = try next()
      if block["event"] == event { return block }
      if let error = block["error"] {
        throw TestFault("\(error): \(block["error_description"] ?? "")")
      }
    }
  }

  /// The last block and the exit status.
  func end() throws -> (block: Block, status: Int32) {
    while true {
      let block = try next()
      if block["event"] == "done" || block["error"] != nil { return (block, try status()) }
    }
  }

  func status() throws -> Int32 {
    guard let status = background.value(by: BootInstant.now.adding(seconds: 20)) else {
      throw TestFault("the courier did not end")
    }
    return status
  }
}
