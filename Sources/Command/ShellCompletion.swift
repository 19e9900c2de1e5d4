import Attributes

/// `sallyport completion bash|zsh|fish`.
enum ShellCompletion {
  static let shells = ["bash", "zsh", "fish"]

  static let verb = Verb(
    "completion", .required("SHELL", .words(shells)), summary: "prints a shell's completion script",
    details: """
      SHELL is bash, zsh or fish.

        sallyport completion bash > ~/.local/share/bash-completion/completions/sallyport
        sallyport completion zsh > ~/.zfunc/_sallyport
        sallyport completion fish > ~/.config/fish/completions/sallyport.fish
      """
  ) { (invocation) throws(Failure) in
    guard let shell = invocation.operand, let script = script(for: shell) else {
      throw invocation.mistake("completion knows \(shells.joined(separator: ", "))")
    }
    try Output.write(script)
    return 0
  }

  /// The script for a shell; nil for one that is not known.
  static func script(for shell: String) -> String? {
    switch shell {
    case "bash": bash(Verbs.all)
    case "zsh": zsh(Verbs.all)
    case "fish": fish(Verbs.all)
    default: nil
    }
  }

  /// A shell command that prints the configured accounts: the sections of the configuration file.
  static let listAccounts =
    #"sed -n 's/^[[:space:]]*\[[[:space:]]*\([A-Za-z0-9][A-Za-z0-9._@-]*\)[[:space:]]*\].*/\1/p'"#
    + #" "${XDG_CONFIG_HOME:-$HOME/.config}/sallyport/config" 2>/dev/null"#

  /// The words after which a shell completes something of its own.
  static func verbs(completing wanted: Completion) -> [String] {
    Verbs.all.filter { $0.operand.completion.isSame(as: wanted) }.map(\.name)
  }
}

extension Completion {
  fileprivate func isSame(as other: Completion) -> Bool {
    switch (self, other) {
    case (.account, .account), (.verb, .verb), (.file, .file), (.nothing, .nothing): true
    default: false
    }
  }
}
