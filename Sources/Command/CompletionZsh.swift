extension ShellCompletion {
  /// The script for zsh, to be found in a folder of `fpath` as `_sallyport`.
  static func zsh(_ verbs: [Verb]) -> String {
    var text = """
      #compdef sallyport
      # zsh completion for sallyport(1)
      _sallyport_accounts() {
        local -a accounts
        accounts=(${(f)"$(\(listAccounts))"})
        compadd -a accounts
      }
      _sallyport() {
        local -a verbs
        verbs=(

      """
    for verb in verbs { text += "    '\(verb.name):\(quoted(verb.summary))'\n" }
    text += """
        )
        if (( CURRENT == 2 )); then
          _describe verb verbs
          return
        fi
        shift words
        (( CURRENT-- ))
        case $words[1] in

      """
    for verb in verbs { text += arguments(of: verb, verbs) }
    return text + """
        esac
      }
      _sallyport "$@"

      """
  }

  private static func arguments(of verb: Verb, _ verbs: [Verb]) -> String {
    var text = "    \(verb.name))\n      _arguments"
    for option in verb.options + [.showHelp] {
      let repeats = option.isRepeatable ? "*" : ""
      let value = option.value.map { ":\(quoted($0)):\(action(option.completion, verbs))" } ?? ""
      let equals = option.value == nil ? "" : "="
      text += " \\\n        '\(repeats)--\(option.name)\(equals)[\(quoted(option.help))]\(value)'"
    }
    if !verb.operand.actions.isEmpty {
      text += " \\\n        '1:ACTION:\(action(verb.operand.completion, verbs))'"
      text += " \\\n        '2:ARGUMENT:\(objects(of: verb))'"
    } else if let operand = verb.operand.usage {
      let name = operand.filter { $0 != "[" && $0 != "]" }
      text += " \\\n        '1:\(name):\(action(verb.operand.completion, verbs))'"
    }
    return text + " ;;\n"
  }

  private static func action(_ completion: Completion, _ verbs: [Verb]) -> String {
    switch completion {
    case .nothing: ""
    case .account: "_sallyport_accounts"
    case .file: "_files"
    case .verb: "(\(verbs.map(\.name).joined(separator: " ")))"
    case .words(let words): "(\(words.joined(separator: " ")))"
    }
  }

  /// What follows the word of an action, which stands in `words` behind the verb.
  private static func objects(of verb: Verb) -> String {
    let files = verb.operand.actions.filter { action in
      if case .file = action.completion { true } else { false }
    }
    var text = "{ case $words[2] in "
    if !files.isEmpty { text += "\(files.map(\.name).joined(separator: "|"))) _files ;; " }
    for action in verb.operand.actions {
      guard case .words(let words) = action.completion else { continue }
      text += "\(action.name)) compadd \(words.joined(separator: " ")) ;; "
    }
    return text + "esac }"
  }

  /// Text inside a specification that stands between single quotes.
  private static func quoted(_ text: String) -> String {
    text.reduce(into: "") { result, character in
      switch character {
      case "'": result += "'\\''"
      case ":", "[", "]", "\\": result += "\\\(character)"
      default: result.append(character)
      }
    }
  }
}
