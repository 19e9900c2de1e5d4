import Attributes
import Platform

/// Getting past `error=locked`, by asking the person there is.
enum Unlocking {
  /// Passphrases that are tried until the command gives up; the agent waits longer before each.
  private static let mostTries = 3

  /// What the agent says once it is unlocked.
  struct Answer {
    let accounts: Int64?
    let warnings: [String]
  }

  /// Runs `body`, and once more after the agent was unlocked, where that is what it lacks.
  ///
  /// Nothing is looked at before the agent has answered `locked`.
  ///
  /// - Parameter prompt: how the person can be asked.
  static func whenLocked<R>(
    asking prompt: @autoclosure () -> PassphrasePrompt = .ofRequest, _ body: () throws(Failure) -> R
  ) throws(Failure) -> R {
    do throws(Failure) { return try body() } catch {
      guard error.code == .locked, let needs = error.needs,
        try unlock(needs, asking: prompt(), because: error) != nil
      else { throw error }
    }
    return try body()
  }

  /// Asks for the passphrase and gives it to the agent; nil where nobody can be asked.
  ///
  /// - Parameter refusal: why it is needed.
  /// - Throws: what the agent says of the last passphrase.
  static func unlock(
    _ needs: Need, asking prompt: PassphrasePrompt, because refusal: Failure
  ) throws(Failure) -> Answer? {
    var needs = needs
    var triesLeft = prompt.canRepeat ? mostTries : 1
    // A first passphrase protects what the person may not know of yet.
    if needs == .newPassphrase, prompt.canAsk { Diagnostics.tell(refusal.description) }
    while true {
      guard let passphrase = try prompt.ask(PassphraseQuestion(needs)) else { return nil }
      do throws(Failure) { return try send(passphrase) } catch {
        triesLeft -= 1
        guard triesLeft > 0, error.code == .locked, let again = error.needs else { throw error }
        Diagnostics.tell(error.description)
        needs = again
      }
    }
  }

  /// `action=unlock` without a passphrase: for a vault whose key no person has to give.
  static func unlock() throws(Failure) -> Answer { try send(Request("unlock")) }

  private static func send(_ passphrase: borrowing Passphrase) throws(Failure) -> Answer {
    var request = Request("unlock")
    try request.add(passphrase)
    return try send(request)
  }

  private static func send(_ request: consuming Request) throws(Failure) -> Answer {
    var connection = try Agent.connect()
    try request.send(on: connection)
    return try connection.next { Answer(accounts: $0.integer("accounts"), warnings: $0.warnings) }
  }
}
