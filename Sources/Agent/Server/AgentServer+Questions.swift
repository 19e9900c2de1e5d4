import Attributes
import CPlatform
import Configuration
import Glibc
import Platform

/// Asking a person: a child process that the loop waits for, while everybody else is served.
extension AgentServer {
  /// Questions at one time: more would only bury the person.
  private static let mostQuestions = 8

  /// Asks whether `subject` may be, and lets the request of `connection` in after a yes.
  func ask(
    _ subject: Question.Subject, _ policy: AccessPolicy, _ connection: Connection,
    now: BootInstant, _ proceed: @escaping Admitted
  ) {
    if let question = questions.values.first(where: { subject.isAnswered(with: $0.subject) }) {
      return join(question, connection, proceed)
    }
    guard questions.count < Self.mostQuestions else {
      return answer(
        connection,
        Failure(.temporarilyUnavailable, "too many questions wait for a person's answer already"))
    }
    let question = Question(
      id: newID(), subject: subject, isRemembered: policy.confirmation == .first,
      ways: waysToAsk(subject, limits.question))
    questions[question.id] = question
    deadlines.add(.question(question.id), at: now.adding(seconds: limits.question))
    join(question, connection, proceed)
    pose(question, now: now)
  }

  private func join(
    _ question: Question, _ connection: Connection, _ proceed: @escaping Admitted
  ) {
    hold(connection)
    connection.question = question.id
    question.add(connection.id, proceed)
  }

  /// Asks in the next way that there is.
  private func pose(_ question: Question, now: BootInstant) {
    while let way = question.ways.popFirst() {
      guard let child = start(way) else { continue }
      question.child = child
      return
    }
    settle(question, .unasked, now: now)
  }

  private func start(_ way: QuestionWay) -> QuestionChild? {
    guard let pair = try? DescriptorPair.pipe() else { return nil }
    let (reader, writer) = pair.take()
    // What has ended is read without waiting, and what it has left behind may hold the pipe open.
    _ = fcntl(reader, F_SETFL, O_NONBLOCK)
    let output = ChildProcess.Standard.descriptor(writer)
    var environment = Environment.current.entries
    // ssh-askpass(1): a question with a yes and a no, and no field to type in.
    if way.kind == .askpass {
      environment.removeAll { $0.hasPrefix("SSH_ASKPASS_PROMPT=") }
      environment.append("SSH_ASKPASS_PROMPT=confirm")
    }
    let process = try? ChildProcess.spawn(
      way.program, arguments: way.arguments, environment: environment, output: output,
      error: way.kind == .notification ? output : .null, newSession: true)
    Glibc.close(writer)
    if let process {
      let handle = sp_pidfd_open(process)
      if handle >= 0 {
        return QuestionChild(way, processID: process, handle: handle, output: reader)
      }
      kill(-process, SIGKILL)
      while waitpid(process, nil, 0) == -1, errno == EINTR {}
    }
    Glibc.close(reader)
    return nil
  }

  // MARK: The answer

  /// The program that asks has ended.
  func serve(_ question: Question, now: BootInstant) {
    guard let child = question.child else { return }
    question.child = nil
    switch child.takeAnswer() {
    case .yes: settle(question, .given, now: now)
    case .no: settle(question, .denied, now: now)
    case .none: pose(question, now: now)
    }
  }

  func endQuestion(_ id: UInt64, now: BootInstant) {
    guard let question = questions[id] else { return }
    question.child?.end()
    settle(question, .unanswered, now: now)
  }

  private func settle(_ question: Question, _ verdict: AuditEntry.Verdict, now: BootInstant) {
    questions[question.id] = nil
    let (subject, waiting) = (question.subject, question.waiting)
    // A logout may have let go of the account meanwhile.
    let account = made(subject.account)
    if verdict == .given, question.isRemembered, let rule = subject.asker.rule {
      account.confirmed.insert(rule)
    }
    for (id, proceed) in waiting {
      guard let connection = connections[id] else { continue }
      connection.question = nil
      guard verdict != .given else {
        proceed(account, connection, now)
        continue
      }
      noteRefused(verdict, subject.action, of: account, to: subject.asker, now: now)
      answer(connection, refusal(verdict, subject))
    }
    dropIfBlank(account)
  }

  private func refusal(_ verdict: AuditEntry.Verdict, _ subject: Question.Subject) -> Failure {
    let (account, asker) = (subject.account, subject.asker.description)
    switch verdict {
    case .denied, .given, .notAllowed:
      return Failure(
        .accessDenied, "\(account) was refused to \(asker) by the person who was asked")
    case .unanswered:
      return Failure(
        .accessDenied,
        "\(account) was refused to \(asker): nobody has said yes within \(limits.question) s")
    case .unasked:
      return Failure(
        .accessDenied,
        "\(account) was refused to \(asker): a person has to be asked, and can be neither by"
          + " notify-send nor by the program of SALLYPORT_ASKPASS or SSH_ASKPASS",
        hint: "sallyport doctor \(account)")
    }
  }

  // MARK: Leaving

  /// Takes back every question, and answers those who wait for one with `failure`.
  func endQuestions(_ failure: Failure) {
    let unanswered = questions.values
    questions = [:]
    for question in unanswered {
      question.child?.end()
      for (id, _) in question.waiting {
        connections[id]?.question = nil
        answer(id, failure)
      }
    }
  }

  /// A client that waited has gone; a question nobody waits for any more is taken back.
  func withdraw(_ connection: UInt64, fromQuestion id: UInt64) {
    guard let question = questions[id] else { return }
    question.remove(connection)
    guard question.waiting.isEmpty else { return }
    questions[id] = nil
    question.child?.end()
  }
}
