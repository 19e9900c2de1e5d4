import Attributes
import Configuration
import Platform

extension Invocation {
  /// Words a command line may have; more are a mistake of the caller, not work to do.
  private static let mostWords = 1024

  /// Reads the words after the verb: `--name value`, `--name=value`, `--` ends the options.
  init(_ verb: Verb, _ words: [String]) throws(Failure) {
    guard words.count <= Self.mostWords else {
      throw .usage("there are more than \(Self.mostWords) words on the command line", of: verb)
    }
    var options: [(option: Option, value: String)] = []
    var operands: [String] = []
    var rest = words[...]
    var optionsHaveEnded = false
    while let word = rest.popFirst() {
      if optionsHaveEnded || word == "-" || !word.hasPrefix("-") {
        operands.append(word)
      } else if word == "--" {
        optionsHaveEnded = true
      } else {
        let (option, value) = try Self.option(word, &rest, of: verb)
        guard option.isRepeatable || !options.contains(where: { $0.option.name == option.name })
        else { throw .usage("--\(option.name) is given twice", of: verb) }
        options.append((option, value))
      }
    }
    self.verb = verb
    self.options = options
    let asksForHelp = options.contains { $0.option.name == Option.showHelp.name }
    self.operand = asksForHelp ? nil : try Self.operand(operands, of: verb)
    self.object = asksForHelp || verb.operand.actions.isEmpty ? nil : operands.dropFirst().first
  }

  private static func option(
    _ word: String, _ rest: inout ArraySlice<String>, of verb: Verb
  ) throws(Failure) -> (Option, String) {
    if word == "-h" { return (.showHelp, "") }
    let word = long(word, of: verb)
    let body = word.drop { $0 == "-" }
    let parts = body.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    let name = parts.first.map(String.init) ?? ""
    let known = verb.options + [.showHelp]
    guard word.hasPrefix("--"), let option = known.first(where: { $0.name == name }) else {
      let dashes = word.hasPrefix("--") ? "--" : "-"
      throw .usage(unknown(name, dashes, among: known.map(\.name)), of: verb)
    }
    guard let placeholder = option.value else {
      guard parts.count == 1 else { throw .usage("--\(name) takes no value", of: verb) }
      return (option, "")
    }
    if parts.count == 2 { return (option, String(parts[1])) }
    // `--issuer $EMPTY --client-id ID`: the next option is no value; `--issuer=--x` can give one.
    let isFollowedByOption = rest.first.map { isOption($0, among: known) } ?? false
    guard !isFollowedByOption, let value = rest.popFirst() else {
      throw .usage("--\(name) needs a value: --\(name) \(placeholder)", of: verb)
    }
    return (option, value)
  }

  /// `-n` as `--name`, and `-n5` as `--name=5`, where the verb has such an option.
  private static func long(_ word: String, of verb: Verb) -> String {
    let rest = word.dropFirst()
    guard word.hasPrefix("-"), let letter = rest.first, letter != "-",
      let option = verb.options.first(where: { $0.short == letter })
    else { return word }
    let value = rest.dropFirst()
    return "--\(option.name)" + (value.isEmpty ? "" : "=\(value)")
  }

  private static func isOption(_ word: String, among known: [Option]) -> Bool {
    guard word.hasPrefix("--") else { return false }
    let name = word.dropFirst(2).prefix { $0 != "=" }
    return known.contains { $0.name == name }
  }

  private static func unknown(_ name: String, _ dashes: String, among known: [String]) -> String {
    let nearest = nearestWord(to: name, in: known) ?? ""
    let isNear = editDistance(name, nearest) <= max(2, nearest.count / 3)
    let sentence = "there is no option \(shellQuoted(name.isEmpty ? "-" : dashes + name))"
    return isNear ? "\(sentence); did you mean --\(nearest)?" : sentence
  }

  private static func operand(_ words: [String], of verb: Verb) throws(Failure) -> String? {
    switch verb.operand {
    case .none:
      guard let word = words.first else { return nil }
      throw .usage("\(verb.name) takes no argument: \(shellQuoted(word))", of: verb)
    case .required(let name, _) where words.isEmpty:
      throw .usage("\(verb.name) needs an argument: \(name)", of: verb)
    case .action(let actions): return try action(words, among: actions, of: verb)
    case .account, .optional, .required:
      guard words.count < 2 else {
        let fault = Failure.usage(
          "\(verb.name) takes one argument, and \(shellQuoted(words[1])) is another", of: verb)
        guard let better = resourceLogin(words, of: verb) else { throw fault }
        throw Failure(fault.code, fault.description, hint: better)
      }
      return words.first
    }
  }

  /// The word of an action that is followed by as much as it takes.
  private static func action(
    _ words: [String], among actions: [Operand.Action], of verb: Verb
  ) throws(Failure) -> String {
    let names = actions.map(\.name)
    guard let word = words.first else {
      throw .usage("\(verb.name) needs one of \(names.joined(separator: ", "))", of: verb)
    }
    guard let action = actions.first(where: { $0.name == word }) else {
      let nearest = nearestWord(to: word, in: names) ?? ""
      let isNear = editDistance(word, nearest) <= 2
      throw .usage(
        "\(verb.name) has no \(shellQuoted(word))"
          + (isNear ? "; did you mean \(nearest)?" : ": it has \(names.joined(separator: ", "))"),
        of: verb)
    }
    let rest = words.dropFirst()
    switch action.operand {
    case .some(let operand) where rest.isEmpty:
      throw .usage("\(verb.name) \(word) needs an argument: \(operand)", of: verb)
    case .some where rest.count > 1:
      throw .usage(
        "\(verb.name) \(word) takes one argument, and \(shellQuoted(words[2])) is another; one with"
          + " spaces is put in quotes", of: verb)
    case nil where !rest.isEmpty:
      throw .usage("\(verb.name) \(word) takes no argument: \(shellQuoted(words[1]))", of: verb)
    default: return word
    }
  }

  /// What `login NAME URL` is written as.
  private static func resourceLogin(_ words: [String], of verb: Verb) -> String? {
    guard verb.name == "login", words.count == 2,
      ["https://", "http://"].contains(where: words[1].hasPrefix)
    else { return nil }
    return "sallyport login \(shellQuoted(words[0])) --resource \(shellQuoted(words[1]))"
  }
}
