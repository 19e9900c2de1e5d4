import Attributes
import Configuration
import Glibc
import Platform

/// Who is asking: whether a program may be given something of an account.
extension AgentServer {
  /// What goes on once a request is let in: with the account of its name as it is then.
  typealias Admitted = (Account, Connection, BootInstant) -> Void

  /// The rules of an account; nil where every program of the user is welcome.
  func policy(of account: Account) -> AccessPolicy? {
    let name = account.name.text
    if configuration.account(name) != nil { return configuration.policy(of: name) }
    // A section that has vanished from the file keeps its session, and so its rules.
    return account.session?.settings.section.flatMap { AccessPolicy($0) }
  }

  /// Lets a request in that would be given something of `account`: now, once a person has said yes,
  /// or not at all, which is answered here.
  ///
  /// - Parameter mayLogin: whether it is given something even where nobody is signed in yet.
  func admit(
    _ connection: Connection, to account: Account, for action: AuditEntry.Action, mayLogin: Bool,
    now: BootInstant, _ proceed: @escaping Admitted
  ) {
    guard let policy = policy(of: account) else { return proceed(account, connection, now) }
    var asker = asker(on: connection)
    var isAllowed = policy.allows(asker, of: geteuid())
    // The way up to the first process costs more than all the rest: seldom does it have to be gone.
    if !isAllowed, policy.namesPrograms {
      asker = self.asker(on: connection, withStarters: true)
      isAllowed = policy.allows(asker, of: geteuid())
    }
    guard isAllowed else {
      noteRefused(.notAllowed, action, of: account, to: asker, now: now)
      dropIfBlank(account)
      return answer(connection, notAllowed(asker, account))
    }
    guard isToBeAsked(policy, asker, account, mayLogin: mayLogin) else {
      return proceed(account, connection, now)
    }
    ask(
      Question.Subject(account: account.name, asker: asker, action: action), policy, connection,
      now: now, proceed)
  }

  private func isToBeAsked(
    _ policy: AccessPolicy, _ asker: Asker, _ account: Account, mayLogin: Bool
  ) -> Bool {
    switch policy.confirmation {
    case .never: return false
    case .first: if let rule = asker.rule, account.confirmed.contains(rule) { return false }
    case .always: break
    }
    // Nobody is asked about what will not be given: the answer is a failure anyway.
    if mayLogin { return true }
    return account.session != nil && account.departure == nil && misfit(of: account) == nil
  }

  private func notAllowed(_ asker: Asker, _ account: Account) -> Failure {
    let sentence =
      "\(account.name) is not for \(asker.description): none of its allow lines is for that"
    let hint = asker.rule.map { rule in
      "add allow = \(rule) below [\(account.name)] in \(configuration.path ?? "the configuration")"
    }
    return Failure(.accessDenied, sentence, hint: hint)
  }
}
