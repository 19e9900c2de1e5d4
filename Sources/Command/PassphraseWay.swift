import Glibc
import Platform

/// A way to get a passphrase from a person.
enum PassphraseWay: Equatable {
  /// The terminal the command was started in, whatever its standard descriptors are.
  case terminal
  /// A program as ssh has it: the question is its argument, the passphrase its output.
  case askpass(program: String, name: String)
  /// The program of SALLYPORT_ASKPASS, which cannot be run.
  case missing(String, reason: String)
  /// systemd-ask-password(1), which asks by way of an agent of systemd.
  case systemd(program: String, isUser: Bool)
  /// Standard input, which holds the passphrase and nothing else.
  case standardInput

  /// What is done with a passphrase: who runs `unlock` waits for the question.
  enum Occasion {
    /// A verb that is about the lock or the vault.
    case verb
    /// Any other request that was answered `locked`.
    case request
  }

  /// The ways there are, in the order in which they are tried.
  ///
  /// SSH_ASKPASS counts as ssh(1) has it: where there is a display or SSH_ASKPASS_REQUIRE is `force`,
  /// and first where that is `force` or `prefer`. SALLYPORT_ASKPASS, which is for this program alone,
  /// counts always. systemd asks nobody who has not been told to look, and waits: it is for verbs.
  static func all(
    for occasion: Occasion, hasTerminal: Bool,
    variable: (String) -> String? = environmentVariable,
    exists: (String) -> Bool = { access($0, F_OK) == 0 },
    isWritable: (String) -> Bool = { access($0, W_OK) == 0 }
  ) -> [PassphraseWay] {
    let required = variable("SSH_ASKPASS_REQUIRE")?.lowercased()
    let hasDisplay = variable("DISPLAY") != nil || variable("WAYLAND_DISPLAY") != nil
    let askpass = askpass(
      isSSHAllowed: required == "force" || (hasDisplay && required != "never"), variable)
    let terminal: [PassphraseWay] = hasTerminal ? [.terminal] : []
    let comesFirst = required == "force" || (required == "prefer" && hasDisplay)
    var ways = comesFirst ? askpass + terminal : terminal + askpass
    if occasion == .verb { ways += systemd(variable, exists, isWritable) }
    return ways
  }

  private static func askpass(
    isSSHAllowed: Bool, _ variable: (String) -> String?
  ) -> [PassphraseWay] {
    let path = variable("PATH")
    let find = { (name: String) in ChildProcess.find(name, searchPath: path) }
    var ways: [PassphraseWay] = []
    if let name = variable("SALLYPORT_ASKPASS") {
      // Who has set it waits for its question.
      ways.append(
        find(name).map { .askpass(program: $0, name: name) }
          ?? .missing(name, reason: whyMissing(name)))
    }
    // A desktop sets this one for a program that need not be there.
    if isSSHAllowed, let name = variable("SSH_ASKPASS"), let program = find(name) {
      ways.append(.askpass(program: program, name: name))
    }
    return ways
  }

  private static func whyMissing(_ name: String) -> String {
    guard name.contains("/") else { return "it is not in PATH" }
    guard access(name, X_OK) == 0 else { return SystemError.last("access").reason }
    return "it is not a regular file"
  }

  /// Where this user may put a question for systemd's agents: root's, or the user's own.
  private static func systemd(
    _ variable: (String) -> String?, _ exists: (String) -> Bool,
    _ isWritable: (String) -> Bool
  ) -> [PassphraseWay] {
    let program = ChildProcess.find("systemd-ask-password", searchPath: variable("PATH"))
    // sd_booted(3): elsewhere nobody looks for questions.
    guard let program, exists("/run/systemd/system") else { return [] }
    if isWritable("/run/systemd/ask-password") {
      return [.systemd(program: program, isUser: false)]
    }
    guard let folder = variable("XDG_RUNTIME_DIR"), isWritable("\(folder)/systemd/ask-password")
    else { return [] }
    return [.systemd(program: program, isUser: true)]
  }
}
