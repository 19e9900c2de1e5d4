extension ShellCompletion {
  /// The script for bash 4 and later.
  static func bash(_ verbs: [Verb]) -> String {
    let names = verbs.map(\.name).joined(separator: " ")
    var text = """
      # bash completion for sallyport(1)
      _sallyport() {
        local current=${COMP_WORDS[COMP_CWORD]} former=${COMP_WORDS[COMP_CWORD-1]}
        local verb=${COMP_WORDS[1]} words=
        COMPREPLY=()
        if [ "$COMP_CWORD" -eq 1 ]; then
          words='\(names)'
        else
          case "$verb $former" in

      """
    for verb in verbs {
      for option in verb.options where option.value != nil {
        text += "      '\(verb.name) --\(option.name)') \(action(option.completion, verbs)) ;;\n"
      }
    }
    for verb in verbs {
      for action in verb.operand.actions where action.operand != nil {
        // An option can come before what the action is done to.
        text += "      '\(verb.name) \(action.name)') case $current in\n"
        text += "          -*) words='\(options(of: action))' ;;\n"
        text += "          *) \(Self.action(action.completion, verbs)) ;;\n"
        text += "        esac ;;\n"
      }
    }
    text += """
            *)
              case "$verb $current" in

      """
    for verb in verbs {
      let options = (verb.options + [.showHelp]).map { "--\($0.name)" }.joined(separator: " ")
      let byAction = verb.operand.actions.map { "\($0.name)) words='\(self.options(of: $0))' ;; " }
      let all = "words='\(options)'"
      let choice =
        byAction.isEmpty
        ? all : "case ${COMP_WORDS[2]} in \(byAction.joined())*) \(all) ;; esac"
      text += "          '\(verb.name) -'*) \(choice) ;;\n"
      guard !isNothing(verb.operand.completion) else { continue }
      text += "          '\(verb.name) '*) \(action(verb.operand.completion, verbs)) ;;\n"
    }
    return text + """
              esac ;;
          esac
        fi
        COMPREPLY+=($(compgen -W "$words" -- "$current"))
      }
      complete -F _sallyport sallyport

      """
  }

  private static func options(of action: Operand.Action) -> String {
    (action.options + [Option.showHelp.name]).map { "--\($0)" }.joined(separator: " ")
  }

  private static func action(_ completion: Completion, _ verbs: [Verb]) -> String {
    switch completion {
    case .nothing: "return"
    case .account: "words=$(\(listAccounts))"
    case .file: #"compopt -o filenames; COMPREPLY=($(compgen -f -- "$current")); return"#
    case .verb: "words='\(verbs.map(\.name).joined(separator: " "))'"
    case .words(let words): "words='\(words.joined(separator: " "))'"
    }
  }

  static func isNothing(_ completion: Completion) -> Bool {
    if case .nothing = completion { true } else { false }
  }
}
