import Attributes
import Configuration
import Platform

/// All verbs: the dispatcher, the help texts and the completions are made from this list.
enum Verbs {
  static let all: [Verb] = [
    Login.verb, Token.verb, Status.verb, Refresh.verb, Logout.verb, Expose.verb, Log.verb,
    Lock.verb,
    Lock.unlockVerb, Vault.verb,
    Callback.verb, Credential.getVerb, Credential.storeVerb, Credential.eraseVerb,
    AgentCommand.verb,
    AgentCommand.stopVerb, Doctor.verb, ShellCompletion.verb, Help.verb, Help.versionVerb,
  ]

  /// The verb of that name.
  static func named(_ name: String) throws(Failure) -> Verb {
    if let verb = all.first(where: { $0.name == name }) { return verb }
    let nearest = nearestWord(to: name, in: all.map(\.name)) ?? ""
    let isNear = editDistance(name, nearest) <= 2
    throw .usage(
      "there is no verb \(shellQuoted(name))" + (isNear ? "; did you mean \(nearest)?" : ""))
  }
}
