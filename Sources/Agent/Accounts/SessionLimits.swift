import Attributes
import Configuration
import Platform

/// When a session ends whatever is refreshed: `lifetime` and `idle` of its account.
struct SessionLimits {
  /// A limit as it was written, and in seconds.
  private struct Limit {
    let text: String
    let seconds: Int64

    init?(_ key: String, of settings: AccountSettings?) {
      guard let text = settings?[key], let seconds = settings?.seconds(key) else { return nil }
      self.text = text
      self.seconds = seconds
    }
  }

  /// The end of a session, and why.
  struct End: Equatable {
    let at: BootInstant
    let reason: String

    func failure(of name: AccountName) -> Failure {
      Failure(
        .loginRequired, "the session of \(name) has ended: \(reason)",
        hint: "sallyport login \(name)")
    }
  }

  private let lifetime: Limit?
  private let idle: Limit?

  /// - Parameter settings: the account as it is configured now.
  init(_ settings: AccountSettings?) {
    lifetime = Limit(KnownKey.lifetime, of: settings)
    idle = Limit(KnownKey.idle, of: settings)
  }

  /// So long after the sign-in; nil where the account sets no such limit.
  func lifetimeEnd(of session: Session) -> BootInstant? {
    guard let lifetime else { return nil }
    let signedIn = session.signedInAt
    return signedIn.reference.adding(seconds: lifetime.seconds - signedIn.secondsBefore)
  }

  /// So long after anybody was last served; nil where the account sets no such limit.
  ///
  /// A session that was restored counts as served then: nobody could have been before.
  func idleEnd(of session: Session) -> BootInstant? {
    guard let idle else { return nil }
    let began = session.signedInAt.reference
    return max(began, session.lastUsed ?? began).adding(seconds: idle.seconds)
  }

  /// The earlier of the two.
  func end(of session: Session) -> End? {
    let byLifetime = lifetimeEnd(of: session).map {
      End(at: $0, reason: "its lifetime of \(lifetime?.text ?? "") is over")
    }
    let byIdling = idleEnd(of: session).map {
      End(at: $0, reason: "nobody has used it for \(idle?.text ?? "")")
    }
    guard let byLifetime, let byIdling else { return byLifetime ?? byIdling }
    return byIdling.at < byLifetime.at ? byIdling : byLifetime
  }
}
