/// What can follow an option or a verb, for help and completion.
enum Completion: Sendable {
  case nothing
  case account
  case file
  case verb
  case words([String])
}

/// One option of a verb: the parser, the help texts and the completions are made from it.
struct Option: Sendable {
  /// The name without its dashes.
  let name: String
  /// What the help text calls the value; nil for an option without one.
  let value: String?
  /// One line of help.
  let help: String
  let completion: Completion
  let isRepeatable: Bool
  /// The key of the configuration file the option stands for.
  let key: String?
  /// Whether help only names it: it is a key that few accounts need, explained in the manual.
  let isRare: Bool
  /// The letter that is the same with one dash.
  let short: Character?

  init(
    _ name: String, _ value: String?, completion: Completion = .nothing,
    isRepeatable: Bool = false, key: String? = nil, isRare: Bool = false, short: Character? = nil,
    _ help: String
  ) {
    self.short = short
    self.name = name
    self.value = value
    self.help = help
    self.completion = completion
    self.isRepeatable = isRepeatable
    self.key = key
    self.isRare = isRare
  }

  /// An option without a value; for a key it says `yes`.
  init(flag name: String, key: String? = nil, isRare: Bool = false, _ help: String) {
    self.init(name, nil, key: key, isRare: isRare, help)
  }

  /// `--name VALUE` or `-n, --name VALUE`, as help shows it.
  var usage: String {
    let names = (short.map { "-\($0), " } ?? "") + "--\(name)"
    return value.map { "\(names) \($0)" } ?? names
  }

  /// `--format`, in the words of the verb that has it.
  static func format(_ help: String) -> Option {
    Option(
      "format", "FORMAT", completion: .words(TokenFormat.allCases.map(\.rawValue)), help)
  }

  static let showHelp = Option(flag: "help", "show this text")
}
