import Attributes

/// What a verb takes besides its options.
enum Operand: Sendable {
  case none
  /// `[NAME]`: an account; without it the only one, or SALLYPORT_ACCOUNT.
  case account
  /// One word that must be there.
  case required(String, Completion)
  /// One word that may be there.
  case optional(String, Completion)
  /// A word that says what is to be done, and behind it what that takes.
  case action([Action])

  /// One of the things a verb does.
  struct Action: Sendable {
    let name: String
    /// What must follow the word; nil when nothing may.
    let operand: String?
    let completion: Completion
    /// Those of the verb's options that go with it, for completion.
    let options: [String]

    init(
      _ name: String, _ operand: String? = nil, _ completion: Completion = .nothing,
      options: [String]
    ) {
      self.options = options
      self.name = name
      self.operand = operand
      self.completion = completion
    }

    var usage: String { operand.map { "\(name) \($0)" } ?? name }
  }

  var usage: String? {
    switch self {
    case .none: nil
    case .account: "[NAME]"
    case .required(let name, _): name
    case .optional(let name, _): "[\(name)]"
    case .action(let actions): actions.map(\.usage).joined(separator: " | ")
    }
  }

  /// What can be done, where a word says it.
  var actions: [Action] {
    if case .action(let actions) = self { actions } else { [] }
  }

  var completion: Completion {
    switch self {
    case .none: .nothing
    case .account: .account
    case .required(_, let completion), .optional(_, let completion): completion
    case .action(let actions): .words(actions.map(\.name))
    }
  }
}

/// One command of `sallyport`.
struct Verb: Sendable {
  let name: String
  /// One line for the list of all verbs; starts with a verb in the third person.
  let summary: String
  let operand: Operand
  let options: [Option]
  /// Paragraphs for `help VERB`, wrapped as they are to be shown.
  let details: String
  let run: @Sendable (Invocation) throws(Failure) -> Int32

  init(
    _ name: String, _ operand: Operand = .none, options: [Option] = [], summary: String,
    details: String, run: @escaping @Sendable (Invocation) throws(Failure) -> Int32
  ) {
    self.name = name
    self.summary = summary
    self.operand = operand
    self.options = options
    self.details = details
    self.run = run
  }
}

/// A command line that has been understood.
struct Invocation: Sendable {
  let verb: Verb
  let options: [(option: Option, value: String)]
  let operand: String?
  /// What follows the word of an action.
  let object: String?

  /// The value of an option; nil when it is not given.
  subscript(_ name: String) -> String? { options.first { $0.option.name == name }?.value }

  func has(_ name: String) -> Bool { self[name] != nil }

  func all(_ name: String) -> [String] {
    options.filter { $0.option.name == name }.map(\.value)
  }

  /// The mistake `sentence`, with the help text that would have avoided it.
  func mistake(_ sentence: String) -> Failure { .usage(sentence, of: verb) }

  /// The number an option gives; nil when it is not given.
  func number(_ name: String, in range: ClosedRange<Int64>) throws(Failure) -> Int64? {
    guard let text = self[name] else { return nil }
    guard let number = Int64(text), range.contains(number) else {
      throw mistake(
        "--\(name) is not a number of seconds from \(range.lowerBound) to \(range.upperBound)")
    }
    return number
  }
}

extension Failure {
  /// A mistake on the command line: exit status 2, one line, and where to read.
  static func usage(_ sentence: String, of verb: Verb? = nil) -> Failure {
    Failure(.invalidRequest, sentence, hint: "sallyport help" + (verb.map { " \($0.name)" } ?? ""))
  }
}
