import Attributes
import Glibc
import Platform

/// The reader of the blocks that come in on one descriptor.
struct JobReader {
  private let descriptor: Int32
  private var bytes: [UInt8] = []
  private var scanner = BlockScanner()
  /// Whether more can come.
  private(set) var isOpen = true

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Waits for the first block.
  ///
  /// The end of the input ends it too: a file written by hand may lack the blank line. An agent's order
  /// that breaks off is none: what is missing may be what keeps the job from doing harm.
  mutating func job() throws(CourierFailure) -> Job {
    while true {
      if let block = try nextBlock(orRest: !isOpen && !isSocket) {
        return try parse(block) { (block) throws(CourierFailure) in try Job(block) }
      }
      guard isOpen else { throw CourierFailure(.invalidRequest, "there is no job on the input") }
      if case .wouldBlock = receive() { _ = waitUntil(descriptor, readyFor: POLLIN) }
    }
  }

  private var isSocket: Bool {
    var facts = stat()
    return fstat(descriptor, &facts) == 0 && facts.st_mode & S_IFMT == S_IFSOCK
  }

  /// What came next.
  enum Next {
    /// A block with its blank line.
    case block([UInt8])
    /// Whoever wrote has ended.
    case end
    /// The deadline has passed.
    case late
  }

  /// Waits for the next whole block, until `deadline` where there is one.
  mutating func next(until deadline: BootInstant? = nil) throws(CourierFailure) -> Next {
    while true {
      if let block = try nextBlock(orRest: false) { return .block(block) }
      guard isOpen else { return .end }
      guard case .wouldBlock = receive(until: deadline) else { continue }
      guard let deadline else {
        _ = waitUntil(descriptor, readyFor: POLLIN)
        continue
      }
      guard wait(for: descriptor, POLLIN, until: deadline) else { return .late }
    }
  }

  /// Reads once, but does not begin to before something can be read when there is a deadline.
  private mutating func receive(until deadline: BootInstant?) -> Transfer {
    if deadline != nil, !waitUntil(descriptor, readyFor: POLLIN, milliseconds: 0) {
      return .wouldBlock
    }
    return receive()
  }

  /// Reads once and gives out the redirect URLs that have come; blocks of another kind are ignored.
  mutating func pastedURLs() throws(CourierFailure) -> [String] {
    _ = receive()
    return try waitingURLs()
  }

  /// The redirect URLs among what was read already.
  mutating func waitingURLs() throws(CourierFailure) -> [String] {
    var urls: [String] = []
    while let block = try nextBlock(orRest: !isOpen) {
      let url = try parse(block) { (block) throws(CourierFailure) in block.string("callback") }
      if let url { urls.append(url) }
    }
    return urls
  }

  private mutating func receive() -> Transfer {
    var chunk = [UInt8](repeating: 0, count: 16 * 1024)
    let transfer = chunk.withUnsafeMutableBytes { readOnce(descriptor, into: $0) }
    switch transfer {
    case .bytes(let count): bytes.append(contentsOf: chunk[..<count])
    case .closed, .failed: isOpen = false
    case .wouldBlock: break
    }
    return transfer
  }

  /// Takes the next whole block out of what was read; with `orRest` also one without its end.
  private mutating func nextBlock(orRest: Bool) throws(CourierFailure) -> [UInt8]? {
    let result = bytes.withUnsafeBytes { scanner.scan($0) }
    switch result {
    case .refused(let fault): throw CourierFailure(.invalidRequest, fault.sentence)
    case .complete(let length):
      defer { bytes.removeFirst(length) }
      return Array(bytes[..<length])
    case .incomplete:
      guard orRest, !bytes.isEmpty else { return nil }
      defer { bytes = [] }
      return bytes
    }
  }

  func parse<R>(
    _ block: [UInt8], _ body: (AttributeBlock) throws(CourierFailure) -> R
  ) throws(CourierFailure) -> R {
    try block.withBytes { (bytes) throws(CourierFailure) in
      let block: AttributeBlock
      do throws(AttributeFault) { block = try AttributeBlock(bytes) } catch {
        throw CourierFailure(.invalidRequest, error.sentence)
      }
      return try body(block)
    }
  }
}
