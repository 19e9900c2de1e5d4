import Configuration
import Glibc
import Platform

/// A person is asked whether a program may have something of an account.
final class Question {
  /// What it is about.
  struct Subject {
    let account: AccountName
    let asker: Asker
    let action: AuditEntry.Action

    /// Whether one answer is good for both: of a program that cannot be told there may be two.
    func isAnswered(with other: Subject) -> Bool {
      guard let rule = asker.rule else { return false }
      return account == other.account && rule == other.asker.rule
    }

    /// The question in one line.
    var sentence: String { "Allow \(asker.description) to use the account \(account)?" }
  }

  let id: UInt64
  let subject: Subject
  /// Whether a yes is kept.
  let isRemembered: Bool
  /// Ways to ask that are left to try.
  var ways: ArraySlice<QuestionWay>
  var child: QuestionChild?
  private(set) var waiting: [(connection: UInt64, proceed: AgentServer.Admitted)] = []

  init(id: UInt64, subject: Subject, isRemembered: Bool, ways: [QuestionWay]) {
    self.id = id
    self.subject = subject
    self.isRemembered = isRemembered
    self.ways = ways[...]
  }

  func add(_ connection: UInt64, _ proceed: @escaping AgentServer.Admitted) {
    waiting.append((connection, proceed))
  }

  func remove(_ connection: UInt64) { waiting.removeAll { $0.connection == connection } }
}

/// The program that shows a question: a child, seen to end by a descriptor of it.
final class QuestionChild {
  /// Bytes of an answer that are read: a word.
  private static let longestAnswer = 4096

  let way: QuestionWay
  let processID: pid_t
  /// Readable once the process has ended.
  let handle: Descriptor
  /// What the poller waits for; nil as long as it does not know it.
  var watched: Int32?
  private let output: Descriptor
  private var hasEnded = false

  init(_ way: QuestionWay, processID: pid_t, handle: Int32, output: Int32) {
    self.way = way
    self.processID = processID
    self.handle = Descriptor(owning: handle)
    self.output = Descriptor(owning: output)
  }

  /// Takes the answer of a program that has ended.
  func takeAnswer() -> QuestionWay.Answer {
    var status: Int32 = 0
    guard retryingInterrupts({ Int(waitpid(processID, &status, 0)) }) == Int(processID) else {
      return .none
    }
    hasEnded = true
    var bytes = [UInt8](repeating: 0, count: Self.longestAnswer)
    let transfer = bytes.withUnsafeMutableBytes { readOnce(output.number, into: $0) }
    var text = ""
    if case .bytes(let count) = transfer { text = String(decoding: bytes[..<count], as: UTF8.self) }
    return way.answer(status: status & 0x7F == 0 ? status >> 8 & 0xFF : nil, text)
  }

  /// Ends the program, and what it may have started, if it still runs.
  func end() {
    guard !hasEnded else { return }
    hasEnded = true
    kill(-processID, SIGKILL)
    while waitpid(processID, nil, 0) == -1, errno == EINTR {}
  }
}
