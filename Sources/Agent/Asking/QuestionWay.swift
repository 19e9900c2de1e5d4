import Platform

/// A program by which a person can be asked for a yes or a no.
struct QuestionWay: Equatable, Sendable {
  enum Kind: Sendable {
    /// notify-send(1): a notification with two buttons; prints the name of the one that was pressed.
    case notification
    /// A program as ssh-agent has it for `ssh-add -c`: a yes is status 0, and nothing or "yes" printed.
    case askpass
  }

  enum Answer {
    case yes, no
    /// It could not ask.
    case none
  }

  let kind: Kind
  let program: String
  let arguments: [String]

  /// What there is on this machine, in the order in which it is tried.
  ///
  /// - Parameter seconds: how long the person has.
  static func all(
    for subject: Question.Subject, seconds: Int64,
    variable: (String) -> String? = environmentVariable
  ) -> [QuestionWay] {
    var ways: [QuestionWay] = []
    let searchPath = variable("PATH")
    if let program = ChildProcess.find("notify-send", searchPath: searchPath) {
      let arguments = [
        "notify-send", "--app-name=sallyport", "--urgency=critical", "--icon=dialog-password",
        "--expire-time=\(seconds * 1000)", "--action=allow=Allow", "--action=deny=Deny", "--wait",
        "--", "May a program use \(subject.account)?", escaped(subject.sentence),
      ]
      ways.append(QuestionWay(kind: .notification, program: program, arguments: arguments))
    }
    if let name = variable("SALLYPORT_ASKPASS") ?? variable("SSH_ASKPASS"),
      let program = ChildProcess.find(name, searchPath: searchPath)
    {
      ways.append(
        QuestionWay(kind: .askpass, program: program, arguments: [name, subject.sentence]))
    }
    return ways
  }

  /// What the program has answered.
  ///
  /// - Parameter status: its exit status; nil where a signal has ended it.
  func answer(status: Int32?, _ output: String) -> Answer {
    let lines = output.split(whereSeparator: \.isNewline)
    switch kind {
    case .notification:
      guard status == 0 else { return .none }
      if lines.contains("allow") { return .yes }
      // Closed without a button, or run out. Words of any other kind are a complaint: a desktop
      // whose notifications have no buttons.
      return lines.isEmpty || lines.contains("deny") ? .no : .none
    case .askpass:
      guard let status else { return .none }
      // 126 and 127: what a shell script ends with that cannot run its program.
      if status == 126 || status == 127 { return .none }
      return status == 0 && (output.first?.isNewline ?? true || lines.first?.lowercased() == "yes")
        ? .yes : .no
    }
  }

  /// The text of a notification may be read as markup (Desktop Notifications Specification).
  private static func escaped(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "&": result += "&amp;"
      case "<": result += "&lt;"
      case ">": result += "&gt;"
      default: result.append(character)
      }
    }
  }
}
