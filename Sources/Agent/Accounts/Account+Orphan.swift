import Attributes
import Platform
import Secrets
import Vault

/// What a courier has written down of a refresh whose agent had ended meanwhile.
extension Account {
  /// What such an answer has changed.
  enum OrphanEnd: Equatable {
    /// There is a new access token.
    case refreshed
    /// Nothing but the refresh token, or not even that: the next asker causes a refresh.
    case goesOn
    /// The server has ended the session, which is forgotten.
    case ended(Failure)
  }

  /// What is said of an account whose refresh was cut off, and nobody knows how far it came.
  var interruption: String? {
    RefreshTrace.Meaning.interrupted(startedAt: 0).sentence(of: name.text)
  }

  /// Has `status` say as well what whoever asks next is told; no doubt is left that the session's
  /// refresh token is good.
  func noteLoss(of session: Session) {
    if warning == interruption { warning = nil }
    warning = session.notice ?? warning
  }

  /// Takes over a courier's last block that was written down with `answered_at`.
  ///
  /// The account has just been restored: nobody waits for it, and nothing runs. With `narrowed=yes`
  /// the token was for somebody who has gone.
  ///
  /// - Parameter wallNow: what the wall clock reads at `now`.
  @discardableResult
  func takeOrphanedAnswer(
    _ block: AttributeBlock, now: BootInstant, wallNow: Int64, pool: SecretPool
  ) -> OrphanEnd {
    guard let session else { return .goesOn }
    if let refusal = CourierRefusal(block) {
      guard refusal.endsSession else {
        // It was told to nobody, and is to be tried anew: a server in trouble then need not be now.
        if let token = refusal.rotatedRefreshToken { session.rotate(to: token, pool: pool) }
        return .goesOn
      }
      let end = refreshEnded(
        generation: refreshStarted(), .refused(refusal), at: now, chance: 0, pool: pool)
      return .ended(end?.failure ?? refusal.failure)
    }
    if block.flag("narrowed") {
      session.takeRotation(ofNarrowed: block, pool: pool)
      return .goesOn
    }
    // Where nobody can tell how old it is, the next asker gets another token.
    let age = block.integer("answered_at").flatMap {
      PastMoment.seconds(since: $0, at: max(0, wallNow))
    }
    let isTaken = session.refreshed(by: block, now: now, age: age, pool: pool)
    if isTaken { noteLoss(of: session) }
    return isTaken ? .refreshed : .goesOn
  }
}
