import Attributes
import Glibc
import Platform

/// Runs a program that asks for a passphrase and prints it.
enum PassphraseProgram {
  /// Seconds systemd's agents have; then nobody is there.
  private static let systemdPatience = 120

  /// What a shell ends with that has not found the program, or may not run it.
  private static let cannotRun: Set<Int32> = [126, 127]

  /// What it has printed; nil where it cannot ask.
  ///
  /// - Throws: when the person does not answer.
  static func ask(
    _ question: String, by program: String, name: String
  ) throws(Failure) -> WipedBuffer? {
    switch try run(program, [name, "\(question): "]) {
    case .printed(let answer): return answer
    case .notRun(let reason):
      let isOwn = environmentVariable("SALLYPORT_ASKPASS") == name
      tell(isOwn ? "SALLYPORT_ASKPASS" : "SSH_ASKPASS", name, reason)
      return nil
    }
  }

  /// Says that the program of `variable` asks nobody.
  static func tell(_ variable: String, _ name: String, _ reason: String) {
    Diagnostics.tell(
      "the program of \(variable), \(printable(name, limit: 400)), cannot be run: \(reason)")
  }

  /// Asks by systemd-ask-password(1).
  static func ask(
    _ question: String, bySystemd program: String, isUser: Bool
  ) throws(Failure) -> WipedBuffer? {
    let arguments =
      ["systemd-ask-password", "--no-tty", "--icon=dialog-password", "--id=sallyport:vault"]
      + ["--timeout=\(systemdPatience)"] + (isUser ? ["--user"] : []) + ["--", question]
    switch try run(program, arguments) {
    case .printed(let answer): return answer
    case .notRun: return nil
    }
  }

  private enum Outcome: ~Copyable {
    case printed(WipedBuffer)
    case notRun(reason: String)
  }

  private static func run(
    _ program: String, _ arguments: [String]
  ) throws(Failure) -> Outcome {
    let run: Run
    do throws(SystemError) { run = try Run.start(program, arguments) } catch {
      return .notRun(reason: error.reason)
    }
    let process = run.process
    var answer = WipedBuffer()
    run.read(into: &answer)
    // Whoever goes on printing must not be waited for.
    _ = consume run
    var status: Int32 = 0
    guard retryingInterrupts({ Int(waitpid(process, &status, 0)) }) == Int(process) else {
      return .notRun(reason: SystemError.last("waitpid").reason)
    }
    if answer.count > Passphrase.longest + 2 { return .printed(answer) }
    let hasExited = status & 0x7F == 0
    let code = status >> 8 & 0xFF
    if hasExited, cannotRun.contains(code) {
      return .notRun(reason: "it ended with status \(code)")
    }
    guard hasExited, code == 0 else { throw .noPassphrase }
    return .printed(answer)
  }

  /// A program that was started, and what it prints.
  private struct Run: ~Copyable {
    let process: pid_t
    let output: Descriptor

    static func start(_ program: String, _ arguments: [String]) throws(SystemError) -> Run {
      let (reader, writer) = try DescriptorPair.pipe().take()
      let output = Descriptor(owning: reader)
      let input = Descriptor(owning: writer)
      let process = try ChildProcess.spawn(
        program, arguments: arguments, output: .descriptor(input.number), error: .descriptor(2))
      return Run(process: process, output: output)
    }

    /// Reads all it prints, as far as a passphrase may be that long.
    func read(into answer: inout WipedBuffer) {
      // One byte more than fits, and a line end: the judge sees that it is too long.
      while answer.count <= Passphrase.longest + 2 {
        switch readOnce(output.number, into: answer.room(for: Passphrase.longest + 3)) {
        case .bytes(let count): answer.extend(by: count)
        case .wouldBlock: _ = waitUntil(output.number, readyFor: POLLIN)
        case .closed, .failed: return
        }
      }
    }
  }
}

extension Failure {
  /// The person was asked and has said nothing.
  static let noPassphrase = Failure(.accessDenied, "no passphrase was given")
}
