import Attributes

/// An account on its way out: what the server has still to be told before all is forgotten.
///
/// Steps come one after the other, whatever becomes of each: ``next()`` names it, and
/// ``ended(_:_:)`` takes what came of it.
final class Departure {
  enum Step {
    /// RFC 7009.
    case revoke
    /// OpenID Connect RP-Initiated Logout 1.0.
    case endSession
    /// RFC 7592 §2.3.
    case unregister
  }

  let account: Account
  /// What the server is told of; nil where nobody is signed in, or once it was forgotten.
  private(set) var session: Session?
  /// Those who wait for it: the first has begun it, the others have come since.
  private(set) var logouts: [Logout] = []
  /// Where the browser ends the server's session, as long as a courier waits for it there.
  var endSessionURL: String?
  private(set) var warnings: [String] = []
  private(set) var isRevoked = false
  private(set) var isDeleted = false
  /// Whether the registration stays, so that its deletion can be tried again.
  private(set) var keepsRegistration = true
  private var done: Set<Step> = []

  init(_ account: Account) {
    self.account = account
    session = account.session
  }

  func add(_ logout: Logout) {
    logouts.append(logout)
    logout.remaining += 1
  }

  /// The step to be taken now; nil when everything has been said.
  func next() -> Step? {
    let steps: [(Step, isWanted: Bool)] = [
      (.revoke, session != nil),
      (.endSession, session != nil && logouts.contains(where: \.hasBrowser)),
      (.unregister, account.registration != nil && logouts.contains(where: \.endsRegistration)),
    ]
    guard let step = steps.first(where: { $0.isWanted && !done.contains($0.0) })?.0 else {
      return nil
    }
    done.insert(step)
    return step
  }

  /// Takes what came of a step.
  func ended(_ step: Step, _ outcome: CourierOutcome) {
    if step == .endSession { endSessionURL = nil }
    switch (step, outcome) {
    case (.revoke, .done(let answer)):
      isRevoked = answer.flag("revoked")
      warnings += answer.strings("warning")
    case (.endSession, .done(let answer)):
      warnings += answer.strings("warning")
    case (.unregister, .done(let answer)):
      isDeleted = answer.flag("deleted")
      keepsRegistration = false
      warnings += answer.strings("warning")
    case (.revoke, .refused(let refusal)):
      warnings.append("the server has not revoked the tokens: \(refusal.failure.description)")
    case (.endSession, .refused(let refusal)):
      warnings.append(
        "the server's session in the browser may go on: \(refusal.failure.description)")
    case (.unregister, .refused(let refusal)):
      // What a network has prevented can be done another time; what the server refuses cannot.
      keepsRegistration = refusal.failure.code == .temporarilyUnavailable
      let consequence =
        keepsRegistration ? "the same command tries again" : "it is forgotten here only"
      warnings.append(
        "the server has not deleted the client's registration: \(refusal.failure.description);"
          + " \(consequence)")
    }
  }

  func warn(_ warning: String) { warnings.append(warning) }

  /// The server has ended the session itself: of that there is nothing to tell any more.
  func sessionHasEnded() { session = nil }

  /// Forgets all there was to tell: the account was forgotten meanwhile.
  func cancel() {
    session = nil
    done = [.revoke, .endSession, .unregister]
  }
}
