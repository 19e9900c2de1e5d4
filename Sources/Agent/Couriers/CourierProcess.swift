import Attributes
import Glibc
import Platform
import Secrets

/// A running courier: a child that does one job, told and answering over one socket pair.
final class CourierProcess {
  private static let readSize = 8192

  let id: UInt64
  let processID: pid_t
  let descriptor: Descriptor
  let job: CourierJob
  let deadline: BootInstant
  /// From when on it takes no place of its lane any more; nil where it always does.
  let settled: BootInstant?
  private var input: SecretBuffer
  private var output: SecretBuffer
  private var scanner = BlockScanner()
  private var hasGreeted = false
  /// Whether the last block has come: what is left is the result page and the exit.
  private(set) var hasAnswered = false
  private(set) var inputEnded = false
  /// What is still to be told behind the order.
  private var feed: (any CourierFeed)?
  /// A record whose payload comes next.
  private var heading: RecordHeading?
  /// Whether it writes its answer down itself when this process has ended, or has let go of it.
  let keepsAnswer: Bool
  private(set) var isLeftAlone = false

  init(
    id: UInt64, processID: pid_t, descriptor: consuming Descriptor, job: CourierJob,
    order: consuming SecretBuffer, feed: (any CourierFeed)? = nil, deadline: BootInstant,
    settled: BootInstant? = nil, keepsAnswer: Bool = false, pool: SecretPool
  ) {
    self.feed = feed
    self.keepsAnswer = keepsAnswer
    self.id = id
    self.processID = processID
    self.descriptor = descriptor
    self.job = job
    self.deadline = deadline
    self.settled = settled
    input = SecretBuffer(in: pool)
    output = order
  }

  /// Whether it is one of the few that can run at one time in its lane.
  func takesPlace(at now: BootInstant) -> Bool { settled.map { now < $0 } ?? true }

  /// What the poller waits for; nil as long as it does not know the courier.
  var watched: Int32?

  /// What has to be waited for; nil once nothing more can come.
  var events: Int32? {
    if inputEnded { return nil }
    return output.isEmpty ? POLLIN : POLLIN | POLLOUT
  }

  /// Sends what is left of the order; a courier that has gone is noticed when reading.
  func send() {
    while !output.isEmpty || hasFed() {
      let transfer = output.withUnsafeBytes { sendOnce(descriptor.number, $0) }
      switch transfer {
      case .bytes(let count): output.removeFirst(count)
      case .wouldBlock: return
      case .closed, .failed:
        feed = nil
        output.releaseSlot()
      }
    }
    output.releaseSlot()
  }

  /// Whether there was more to say, which is in the output now.
  private func hasFed() -> Bool {
    guard let feed else { return false }
    do throws(AttributeFault) {
      if try feed.feed(&output), !output.isEmpty { return true }
    } catch {
      // Half of what was to be said would be taken for all of it.
      output.releaseSlot()
      Glibc.shutdown(descriptor.number, Int32(SHUT_WR))
    }
    self.feed = nil
    return false
  }

  /// Tells the courier that what it has answered is kept, so that it can end.
  func answerIsKept() {
    guard keepsAnswer, !isLeftAlone, !inputEnded else { return }
    output.append("kept", constant: "yes")
    output.endBlock()
    send()
  }

  /// Leaves it to the courier to write down what it is answered.
  func leaveAlone() {
    isLeftAlone = true
    // The end of the input alone could be a mistake: it would write beside this process then.
    output.append("kept", constant: "no")
    output.endBlock()
    send()
    if output.isEmpty { Glibc.shutdown(descriptor.number, Int32(SHUT_WR)) }
  }

  /// Hands the courier one more block, such as a pasted redirect URL.
  func tell(_ key: StaticString, _ value: UnsafeRawBufferPointer) throws(AttributeFault) {
    try output.append(key, value)
    output.endBlock()
    send()
  }

  /// What a courier has said.
  enum Message {
    /// `event=authorize`, `event=waiting` and the like.
    case event(AttributeBlock)
    /// A record of the vault, opened.
    case record(RecordHeading, AttributeBlock)
    /// The last block.
    case outcome(CourierOutcome)
  }

  /// Takes what has come, at most one piece, and shows each block to `body`.
  ///
  /// A courier that speaks another version, or no attribute blocks, has failed.
  func receive(_ body: (Message) -> Void) {
    var transfer = Transfer.wouldBlock
    _ = input.fill(room: Self.readSize) { room in
      transfer = readOnce(descriptor.number, into: room)
      if case .bytes(let count) = transfer { return count }
      return 0
    }
    takeBlocks(body)
    switch transfer {
    case .closed, .failed: inputEnded = true
    case .bytes, .wouldBlock: break
    }
    if inputEnded || input.isEmpty { input.releaseSlot() }
  }

  private func takeBlocks(_ body: (Message) -> Void) {
    while !input.isEmpty, !inputEnded {
      switch input.withUnsafeBytes({ scanner.scan($0) }) {
      case .incomplete: return
      case .refused(let fault):
        fail("the courier's answer is not understood: \(fault.sentence)", body)
      case .complete(let length):
        input.withUnsafeBytes { bytes in
          takeBlock(UnsafeRawBufferPointer(rebasing: bytes[..<length]), body)
        }
        input.removeFirst(length)
      }
    }
  }

  private func takeBlock(_ bytes: UnsafeRawBufferPointer, _ body: (Message) -> Void) {
    guard !hasAnswered else { return }
    do throws(AttributeFault) {
      let block = try AttributeBlock(bytes)
      guard hasGreeted else { return greet(block, body) }
      if let heading {
        self.heading = nil
        return body(.record(heading, block))
      }
      if let refusal = CourierRefusal(block) {
        hasAnswered = true
        body(.outcome(.refused(refusal)))
      } else if block.has("event", "done") {
        hasAnswered = true
        body(.outcome(.done(block)))
      } else if let heading = RecordHeading(block) {
        self.heading = heading
      } else {
        body(.event(block))
      }
    } catch {
      fail("the courier's answer is not understood: \(error.sentence)", body)
    }
  }

  private func greet(_ block: AttributeBlock, _ body: (Message) -> Void) {
    hasGreeted = true
    let version = block.string("version") ?? "unknown"
    guard version != sallyportVersion else { return }
    let sentence =
      "the courier has version \(version), the agent \(sallyportVersion): restart the agent"
    fail(sentence, hint: "sallyport stop", body)
  }

  private func fail(_ sentence: String, hint: String? = nil, _ body: (Message) -> Void) {
    // The input itself may be in use: what is failing is one of its blocks.
    inputEnded = true
    guard !hasAnswered else { return }
    hasAnswered = true
    body(.outcome(.refused(CourierRefusal(Failure(.failed, sentence, hint: hint)))))
  }
}
