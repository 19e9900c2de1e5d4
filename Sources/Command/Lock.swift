import Attributes
import Platform

/// `sallyport lock` and `sallyport unlock`.
enum Lock {
  static let verb = Verb(
    "lock", options: PassphrasePrompt.options,
    summary: "seals everything in memory; nobody gets a token until unlock",
    details: """
      The agent forgets all tokens but those it has sealed, and their key with them.
      Refreshes that are under way are finished first. Every request is then answered
      with status 6.

      A vault on the disk is opened again with what it was made with. Where sessions
      are in memory alone, a passphrase is asked for now, twice: without it they are
      lost.
      """
  ) { (invocation) throws(Failure) in try lock(PassphrasePrompt(invocation)) }

  static let unlockVerb = Verb(
    "unlock", options: PassphrasePrompt.options,
    summary: "opens the vault again, after a lock or a start of the agent",
    details: """
      Asks for the passphrase on the terminal, without a terminal by $SALLYPORT_ASKPASS
      or $SSH_ASKPASS, and in the end by systemd-ask-password. A vault whose key the
      keyring, a credential or a command has is opened without a question. After a
      wrong passphrase the agent waits before it tries the next one, each time longer.

      A vault = passphrase that is not there yet is made, under a passphrase that is
      asked for twice. Starts the agent where none is running.

        sallyport unlock
        sallyport unlock --passphrase-stdin < /run/secrets/passphrase
      """
  ) { (invocation) throws(Failure) in try unlock(PassphrasePrompt(invocation)) }

  private static func lock(_ prompt: PassphrasePrompt) throws(Failure) -> Int32 {
    do throws(Failure) {
      guard try ask(for: Request("lock")) else {
        Diagnostics.tell("no agent is running, so nothing is unlocked")
        return 0
      }
    } catch {
      guard error.needs == .newPassphrase else { throw error }
      if prompt.canAsk { Diagnostics.tell(error.description) }
      guard let passphrase = try prompt.ask(.newLock) else {
        // The same as where a passphrase is needed to unlock and nobody can be asked.
        throw Failure(.locked, error.description, hint: Self.withoutQuestion, needs: error.needs)
      }
      var request = Request("lock")
      try request.add(passphrase)
      _ = try ask(for: request)
    }
    Diagnostics.tell("locked; sallyport unlock opens it again")
    return 0
  }

  private static let withoutQuestion = "sallyport lock --passphrase-stdin < FILE"

  /// Sends a request to the agent; false where none is running.
  private static func ask(for request: consuming Request) throws(Failure) -> Bool {
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else { return false }
    try request.send(on: connection)
    for warning in try connection.next({ $0.warnings }) { Diagnostics.tell("warning: \(warning)") }
    return true
  }

  private static func unlock(_ prompt: PassphrasePrompt) throws(Failure) -> Int32 {
    let answer: Unlocking.Answer
    do throws(Failure) { answer = try Unlocking.unlock() } catch {
      guard error.code == .locked, let needs = error.needs,
        let given = try Unlocking.unlock(needs, asking: prompt, because: error)
      else { throw error }
      answer = given
    }
    for warning in answer.warnings { Diagnostics.tell("warning: \(warning)") }
    Diagnostics.tell("unlocked" + sentence(answer.accounts))
    return 0
  }

  private static func sentence(_ accounts: Int64?) -> String {
    switch accounts {
    case nil: ""
    case 0: "; nobody is signed in"
    case 1: "; one account is signed in"
    case .some(let count): "; \(count) accounts are signed in"
    }
  }
}
