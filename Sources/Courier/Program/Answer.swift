import Attributes
import Platform
import Synchronization

/// The writer of the blocks that go out on one descriptor.
///
/// The last block is written once, by whichever comes first: the job or its watchdog.
final class Answer: Sendable {
  private let descriptor: Int32
  /// The last block, once it has been written or nobody reads any more.
  private let last = Mutex<[UInt8]?>(nil)

  init(descriptor: Int32) { self.descriptor = descriptor }

  /// Writes a block that is not the last.
  func send(_ build: (inout [UInt8]) throws(AttributeFault) -> Void) throws(CourierFailure) {
    let block = try Self.block(build)
    try last.withLock { (last) throws(CourierFailure) in
      guard last == nil else { return }
      try write(block)
    }
  }

  /// The lines of the last block, whether or not somebody has read them; nil while there is none.
  var lastLines: [UInt8]? { last.withLock { $0.map { Array($0.dropLast()) } } }

  /// Writes the last block of a job that was done.
  func finish(_ build: (inout [UInt8]) throws(AttributeFault) -> Void) throws(CourierFailure) {
    let block = try Self.block(build)
    try last.withLock { (last) throws(CourierFailure) in
      guard last == nil else { return }
      last = block
      try write(block)
    }
  }

  /// Writes the last block of a job that failed; does nothing when there was a last block already.
  func fail(_ failure: CourierFailure) {
    let block = Self.block(of: failure)
    last.withLock { last in
      guard last == nil else { return }
      last = block
      // Whoever asked has gone; there is nobody to tell.
      try? write(block)
    }
  }

  /// As `fail`, but gives up when another thread is in the middle of a block.
  func failIfFree(_ failure: CourierFailure) {
    let block = Self.block(of: failure)
    _ = last.withLockIfAvailable { last in
      guard last == nil else { return }
      last = block
      try? write(block)
    }
  }

  private static func block(of failure: CourierFailure) -> [UInt8] {
    var block: [UInt8] = []
    block.append(failure.failure)
    if let code = failure.oauthError { block.append("oauth_error", oneLine: code) }
    if let seconds = failure.retryAfter { block.append("retry_after", seconds) }
    if let status = failure.httpStatus { block.append("http_status", Int64(status)) }
    if let fault = failure.vaultFault { block.append("vault_fault", oneLine: fault.rawValue) }
    // A token that no line can hold was refused when it arrived.
    if let token = failure.rotatedRefreshToken { try? block.append("refresh_token", token) }
    block.endBlock()
    return block
  }

  private static func block(
    _ build: (inout [UInt8]) throws(AttributeFault) -> Void
  ) throws(CourierFailure) -> [UInt8] {
    var block: [UInt8] = []
    do throws(AttributeFault) { try build(&block) } catch {
      throw CourierFailure(.failed, error.sentence)
    }
    block.endBlock()
    return block
  }

  private func write(_ block: [UInt8]) throws(CourierFailure) {
    do throws(SystemError) {
      try block.withBytes { (bytes) throws(SystemError) in try writeAll(descriptor, bytes) }
    } catch { throw CourierFailure(.failed, "the answer cannot be written: \(error.reason)") }
  }
}
