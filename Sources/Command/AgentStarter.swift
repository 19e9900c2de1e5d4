import Attributes
import Glibc
import Platform

/// Starts the agent and waits until it can be reached.
enum AgentStarter {
  /// Milliseconds an agent may take until it is ready; it opens a socket and reads one file.
  private static let patience: Int32 = 20_000

  /// Bytes of the agent's first words.
  private static let longestAnswer = 64 * 1024

  /// Starts `sallyport-agent --started-by-client` in a session of its own.
  ///
  /// The agent writes one block to its standard output, `ready=yes` or a failure, and closes it. It
  /// is ready as well when another agent, started at the same time, has won.
  static func start() throws(Failure) {
    guard let program = Programs.sibling("sallyport-agent") else {
      throw Failure(.failed, "cannot start the agent: sallyport-agent is not beside this program")
    }
    var answer: [UInt8]
    do {
      let (reader, writer) = try DescriptorPair.pipe().take()
      let output = Descriptor(owning: reader)
      let input = Descriptor(owning: writer)
      _ = try ChildProcess.spawn(
        program, arguments: [program, "--started-by-client"],
        output: .descriptor(input.number), error: .descriptor(2), newSession: true)
      _ = consume input
      answer = try readAnswer(output)
    } catch { throw Failure(.failed, "cannot start the agent: \(error.reason)") }
    try judge(answer)
  }

  private static func readAnswer(_ output: borrowing Descriptor) throws(SystemError) -> [UInt8] {
    var answer: [UInt8] = []
    var chunk = [UInt8](repeating: 0, count: 4096)
    while answer.count < longestAnswer {
      guard waitUntil(output.number, readyFor: POLLIN, milliseconds: patience) else {
        throw SystemError(ETIMEDOUT, in: "poll")
      }
      let transfer = chunk.withUnsafeMutableBytes { readOnce(output.number, into: $0) }
      switch transfer {
      case .bytes(let count): answer.append(contentsOf: chunk[..<count])
      case .closed: return answer
      case .wouldBlock: continue
      case .failed(let number): throw SystemError(number, in: "read")
      }
    }
    return answer
  }

  private static func judge(_ answer: [UInt8]) throws(Failure) {
    try answer.withBytes { (bytes) throws(Failure) in
      guard let block = try? AttributeBlock(bytes), !block.isEmpty else {
        throw Failure(
          .failed, "the agent has ended before it was ready", hint: "sallyport agent --foreground")
      }
      if let failure = Failure(block) { throw failure }
    }
  }
}
