import Attributes
import Glibc
import Platform

/// Asks a person for a passphrase.
///
/// It is never taken from the command line or the environment, which other programs can see.
struct PassphrasePrompt {
  /// How often is asked until two are the same and none is empty.
  private static let mostTries = 3

  let ways: [PassphraseWay]

  /// What a verb that is about the lock or the vault asks with.
  init(_ invocation: Invocation) throws(Failure) {
    let isRead = invocation.has(Self.fromInput.name)
    if isRead, invocation.has(Self.noAsking.name) {
      throw invocation.mistake(
        "--\(Self.fromInput.name) and --\(Self.noAsking.name) do not go together")
    }
    if isRead {
      ways = [.standardInput]
    } else if invocation.has(Self.noAsking.name) {
      ways = []
    } else {
      ways = PassphraseWay.all(for: .verb, hasTerminal: PassphraseTerminal.isThere)
    }
  }

  init(_ ways: [PassphraseWay]) { self.ways = ways }

  /// What any other verb asks with when the agent is locked.
  static var ofRequest: PassphrasePrompt {
    PassphrasePrompt(PassphraseWay.all(for: .request, hasTerminal: PassphraseTerminal.isThere))
  }

  /// Asks nobody.
  static let nobody = PassphrasePrompt([])

  static let fromInput = Option(
    flag: "passphrase-stdin", "read the passphrase from standard input, where one is needed")
  static let noAsking = Option(flag: "no-ask", "fail where a passphrase would have to be asked for")
  static let options = [fromInput, noAsking]

  /// Whether there is a way that may get an answer.
  var canAsk: Bool {
    ways.contains { if case .missing = $0 { false } else { true } }
  }

  /// Whether a wrong passphrase can be followed by another.
  var canRepeat: Bool { ways != [.standardInput] }

  /// A passphrase; nil where nobody can be asked.
  ///
  /// A new one is asked for twice, and it is told where it is short.
  ///
  /// - Throws: when the person does not answer, or not with a passphrase.
  func ask(_ question: PassphraseQuestion) throws(Failure) -> Passphrase? {
    for way in ways {
      guard let passphrase = try Self.ask(question, by: way) else { continue }
      if question.isNew, passphrase.isShort { Self.warnOfShortness() }
      return passphrase
    }
    return nil
  }

  private static func ask(
    _ question: PassphraseQuestion, by way: PassphraseWay
  ) throws(Failure) -> Passphrase? {
    var triesLeft = way == .standardInput ? 1 : mostTries
    while true {
      switch try attempt(question, by: way) {
      case .given(let passphrase): return passphrase
      case .impossible: return nil
      case .mistaken(let sentence):
        triesLeft -= 1
        guard triesLeft > 0 else { throw Failure(.invalidRequest, sentence) }
        Diagnostics.tell("\(sentence); once more")
      }
    }
  }

  private enum Attempt: ~Copyable {
    case given(Passphrase)
    /// What was given is no passphrase.
    case mistaken(String)
    /// This way asks nobody here.
    case impossible
  }

  private static func attempt(
    _ question: PassphraseQuestion, by way: PassphraseWay
  ) throws(Failure) -> Attempt {
    guard let line = try read(question.text, by: way) else { return .impossible }
    let first: Passphrase
    do throws(Passphrase.Fault) { first = try Passphrase(line) } catch {
      return .mistaken(error.sentence)
    }
    // Who writes it to a pipe has not mistyped it.
    guard question.isNew, way != .standardInput else { return .given(first) }
    guard let line = try read(PassphraseQuestion.repetition, by: way) else { return .impossible }
    guard let second = try? Passphrase(line), first.isSame(as: second) else {
      return .mistaken("the two passphrases are not the same")
    }
    return .given(first)
  }

  private static func read(
    _ question: String, by way: PassphraseWay
  ) throws(Failure) -> WipedBuffer? {
    switch way {
    case .terminal:
      guard let terminal = PassphraseTerminal() else { return nil }
      return try terminal.ask(question)
    case .askpass(let program, let name):
      return try PassphraseProgram.ask(question, by: program, name: name)
    case .missing(let name, let reason):
      PassphraseProgram.tell("SALLYPORT_ASKPASS", name, reason)
      return nil
    case .systemd(let program, let isUser):
      return try PassphraseProgram.ask(question, bySystemd: program, isUser: isUser)
    case .standardInput: return try readInput()
    }
  }

  /// All of standard input, as far as a passphrase may be that long.
  private static func readInput() throws(Failure) -> WipedBuffer {
    var input = WipedBuffer()
    while input.count <= Passphrase.longest + 2 {
      switch readOnce(0, into: input.room(for: Passphrase.longest + 3)) {
      case .bytes(let count): input.extend(by: count)
      case .wouldBlock: _ = waitUntil(0, readyFor: POLLIN)
      case .closed: return input
      case .failed(let number):
        let reason = SystemError(number, in: "read").reason
        throw Failure(.failed, "cannot read standard input: \(reason)")
      }
    }
    return input
  }

  private static func warnOfShortness() {
    Diagnostics.tell(
      "warning: a passphrase of fewer than \(Passphrase.shortest) bytes can be found out by whoever"
        + " gets a copy of what it protects; some words are better")
  }
}
