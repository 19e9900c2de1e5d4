extension ShellCompletion {
  /// The script for fish.
  static func fish(_ verbs: [Verb]) -> String {
    var text = """
      # fish completion for sallyport(1)
      function __sallyport_accounts
        set -l folder $XDG_CONFIG_HOME
        test -n "$folder"; or set folder ~/.config
        \(fishAccounts)
      end
      complete -c sallyport -f

      """
    for verb in verbs {
      text += "complete -c sallyport -n __fish_use_subcommand -a \(verb.name)"
      text += " -d '\(quoted(verb.summary))'\n"
    }
    for verb in verbs {
      let start = "complete -c sallyport -n '__fish_seen_subcommand_from \(verb.name)'"
      for option in verb.options + [.showHelp] {
        text += "\(start) -l \(option.name)\(value(of: option)) -d '\(quoted(option.help))'\n"
      }
      if !verb.operand.actions.isEmpty {
        text += actions(of: verb, verbs)
      } else if let words = words(verb.operand.completion, verbs) {
        text += "\(start) -a '\(words)'\n"
      }
    }
    return text
  }

  private static let fishAccounts =
    #"string replace -rf '^\s*\[\s*([A-Za-z0-9][A-Za-z0-9._@-]*)\s*\].*' '$1'"#
    + #" < "$folder/sallyport/config" 2>/dev/null"#

  private static func value(of option: Option) -> String {
    guard option.value != nil else { return "" }
    switch option.completion {
    case .file: return " -r -F"
    case .words(let words): return " -x -a '\(words.joined(separator: " "))'"
    case .nothing, .account, .verb: return " -x"
    }
  }

  /// The words for what a verb does, and behind each what it takes.
  private static func actions(of verb: Verb, _ verbs: [Verb]) -> String {
    let names = verb.operand.actions.map(\.name).joined(separator: " ")
    let seen = "__fish_seen_subcommand_from"
    var text = "complete -c sallyport -n '\(seen) \(verb.name); and not \(seen) \(names)'"
    text += " -a '\(names)'\n"
    for action in verb.operand.actions where action.operand != nil {
      text += "complete -c sallyport -n '\(seen) \(verb.name); and \(seen) \(action.name)'"
      text += words(action.completion, verbs).map { " -a '\($0)'\n" } ?? " -F\n"
    }
    return text
  }

  private static func words(_ completion: Completion, _ verbs: [Verb]) -> String? {
    switch completion {
    case .nothing, .file: nil
    case .account: "(__sallyport_accounts)"
    case .verb: verbs.map(\.name).joined(separator: " ")
    case .words(let words): words.joined(separator: " ")
    }
  }

  private static func quoted(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      result += character == "'" || character == "\\" ? "\\\(character)" : String(character)
    }
  }
}
