import Attributes
import Configuration
import Platform
import Secrets

/// One account: what is known of it and what is going on, as pure state; no I/O.
///
/// A request is answered from ``service(for:at:)``; the outcome of a courier comes back through
/// ``refreshEnded(generation:_:at:chance:pool:)`` or ``exchangeEnded(_:generation:_:at:pool:)``. The
/// owner does what these return.
final class Account {
  let name: AccountName
  private(set) var session: Session?
  private(set) var refresh = Refresh.idle
  /// Requests that wait for a use of the refresh token, in their order.
  private(set) var waiting: [TokenRequest] = []
  /// Exchanges that are going on, by what they are to bring; each with those who wait for it.
  var exchanges: [Narrowing: Exchange] = [:]
  private(set) var lastError: Failure?
  private(set) var lastErrorAt: Int64?
  var signIn: SignIn?
  /// Set from the beginning of a logout until everything is forgotten.
  var departure: Departure?
  /// The client that was registered for the account; a logout alone does not end it.
  var registration: ClientRegistration?
  /// Programs a person has said yes to, as ``Asker/rule`` has them: good until the account is logged
  /// out.
  var confirmed: Set<String> = []
  /// When a limit of its session is looked at; nil as long as it has none.
  var limitWatched: BootInstant?
  /// When its tokens are looked at for those that have expired; nil as long as none can.
  var expiryWatched: BootInstant?
  /// What the log has of the present minute; nil when nothing was given in it.
  var audit: AuditWindow?
  /// What has gone otherwise than it should though nothing has failed: a former grant that could
  /// not be revoked, a scope the server has taken away.
  var warning: String?

  private var generation: UInt64 = 0
  private var failuresInARow = 0
  /// Before then nothing is tried in the background: the last attempt has failed.
  private var quietUntil = BootInstant(nanoseconds: 0)
  private var actionsAfterRefresh: [(BootInstant) -> Void] = []

  init(name: AccountName) { self.name = name }

  // MARK: Waiting

  func wait(_ request: TokenRequest) { waiting.append(request) }

  /// Lets go of the waiting requests of a connection that has gone.
  func withdraw(connection: UInt64) {
    waiting.removeAll { $0.connection == connection }
    for exchange in exchanges.values {
      exchange.waiting.removeAll { $0.connection == connection }
    }
  }

  /// Takes everybody who waits for anything, and gives up the exchanges.
  func takeAllWaiting() -> [TokenRequest] {
    defer {
      waiting = []
      exchanges = [:]
    }
    return waiting + exchanges.values.flatMap(\.waiting)
  }

  /// Requests that can be answered with a token that is still valid: they wait no longer.
  func takeThoseServable(at now: BootInstant) -> [TokenRequest] {
    guard let session else { return [] }
    let servable = waiting.filter { isServable($0, session, at: now) }
    waiting.removeAll { isServable($0, session, at: now) }
    return servable
  }

  private func isServable(
    _ request: TokenRequest, _ session: Session, at now: BootInstant
  ) -> Bool {
    guard request.form != .refreshOnly else { return false }
    guard let narrowing = session.narrowing(of: request) else { return session.isUsable(at: now) }
    if session.narrowed.take(narrowing)?.isUsable(at: now) == true { return true }
    return narrowing.isExchange && session.isUsable(at: now)
  }

  // MARK: Refreshing

  /// A use of the refresh token begins; the number is handed back with its outcome.
  func refreshStarted(_ use: GrantUse = .session) -> UInt64 {
    let generation = newGeneration()
    refresh = .running(generation: generation, use)
    return generation
  }

  /// A number no other use of the refresh token and no other exchange of this account has had.
  func newGeneration() -> UInt64 {
    generation += 1
    return generation
  }

  /// Takes the outcome of the use `generation`; nil when it is stale and changes nothing.
  ///
  /// - Parameter keeping: with `vault`, nobody is to be told before ``saved(generation:)``.
  func refreshEnded(
    generation: UInt64, _ outcome: CourierOutcome, at now: BootInstant, chance: UInt64,
    keeping: Keeping = .memory, pool: SecretPool
  ) -> RefreshEnd? {
    guard case .running(generation, let use) = refresh, let session else { return nil }
    refresh = .idle
    defer { if keeping == .vault { awaitVault(generation) } }
    return take(outcome, of: use, session, at: now, chance: chance, pool: pool)
  }

  private func take(
    _ outcome: CourierOutcome, of use: GrantUse, _ session: Session, at now: BootInstant,
    chance: UInt64, pool: SecretPool
  ) -> RefreshEnd {
    switch outcome {
    case .done(let answer):
      let isTaken =
        switch use {
        case .session: session.refreshed(by: answer, now: now, pool: pool)
        case .narrowed(let narrowing):
          session.narrowed(to: narrowing, by: answer, now: now, pool: pool) != nil
        }
      guard isTaken else {
        return failed(
          use, Failure(.failed, "the courier's answer has no access token"), nil, now, chance)
      }
      forgetFailures()
      noteLoss(of: session)
      return ended(use, failure: nil)
    case .refused(let refusal):
      if refusal.endsSession { return sessionEnded(refusal.failure) }
      if let token = refusal.rotatedRefreshToken { session.rotate(to: token, pool: pool) }
      // The account is as good as before: somebody has asked for what he cannot have.
      if use != .session, !refusal.concernsEverybody {
        return ended(use, failure: refusal.failure)
      }
      var end = failed(use, refusal.failure, refusal.retryAfter, now, chance)
      if refusal.concernsEverybody { end.answerEverybody() }
      return end
    }
  }

  private func sessionEnded(_ reason: Failure) -> RefreshEnd {
    let failure = Failure(
      .loginRequired, reason.description, hint: reason.hint ?? "sallyport login \(name)")
    note(failure)
    session = nil
    departure?.sessionHasEnded()
    return RefreshEnd(answered: takeAllWaiting(), failure: failure)
  }

  private func failed(
    _ use: GrantUse, _ failure: Failure, _ retryAfter: Int64?, _ now: BootInstant, _ chance: UInt64
  ) -> RefreshEnd {
    note(failure)
    failuresInARow += 1
    var pause = RefreshPolicy.pause(failures: failuresInARow, chance: chance)
    if let retryAfter {
      let bounded = min(max(0, retryAfter), RefreshPolicy.longestRetryAfter)
      refresh = .postponed(until: now.adding(seconds: bounded))
      pause = max(pause, bounded)
    }
    quietUntil = now.adding(seconds: pause)
    return ended(use, failure: failure, pause: pause)
  }

  /// Parts those who waited for `use` from those whose turn it is now.
  private func ended(_ use: GrantUse, failure: Failure?, pause: Int64? = nil) -> RefreshEnd {
    let all = waiting
    waiting = []
    let answered = all.filter { grantUse(for: $0) == use }
    let others = all.filter { grantUse(for: $0) != use }
    return RefreshEnd(answered: answered, others: others, failure: failure, pause: pause)
  }

  /// What the refresh token has to bring for `request`.
  func grantUse(for request: TokenRequest) -> GrantUse {
    guard let narrowing = session?.narrowing(of: request), !narrowing.isExchange else {
      return .session
    }
    return .narrowed(narrowing)
  }

  /// The running use was ended from outside; its outcome, should one come, is stale.
  func refreshWithdrawn() { refresh = .idle }

  /// Whether the refresh token is in use, or about to be, or what it brought is being saved.
  var isRefreshing: Bool {
    switch refresh {
    case .running, .saving: true
    case .idle, .postponed: false
    }
  }

  /// Whether a background refresh is worth starting now.
  func wantsRefreshAhead(at now: BootInstant) -> Bool {
    guard let session, session.isInUse, let due = session.refreshDue, due <= now,
      quietUntil <= now, departure == nil
    else { return false }
    switch refresh {
    case .idle: return true
    case .postponed(let until): return until <= now
    case .running, .saving: return false
    }
  }

  // MARK: Saving

  private func awaitVault(_ generation: UInt64) {
    if case .postponed(let until) = refresh {
      refresh = .saving(generation: generation, until: until)
    } else {
      refresh = .saving(generation: generation)
    }
  }

  /// The number to be handed back to ``saved(generation:)``; nil where nothing is being saved.
  var savingGeneration: UInt64? {
    if case .saving(let generation, _) = refresh { return generation }
    return nil
  }

  /// The vault keeps what came of `generation`, or has failed and is not waited for any more.
  ///
  /// - Returns: those who have come meanwhile, to be served again; nil where the session was replaced
  ///   or forgotten since: whoever is to be told of it is to be served again as well.
  func saved(generation: UInt64) -> [TokenRequest]? {
    guard case .saving(generation, let until) = refresh else { return nil }
    refresh = until.map { .postponed(until: $0) } ?? .idle
    defer { waiting = [] }
    return waiting
  }

  // MARK: Sessions

  /// A sign-in has worked. Those who wait are to be served from the new session.
  ///
  /// - Parameter keeping: with `vault`, not before ``saved(generation:)``.
  func signedIn(_ session: Session, keeping: Keeping = .memory) -> [TokenRequest] {
    self.session = session
    refresh = .idle
    warning = nil
    forgetFailures()
    if keeping == .vault { awaitVault(newGeneration()) }
    return takeAllWaiting()
  }

  private func forgetFailures() {
    failuresInARow = 0
    quietUntil = BootInstant(nanoseconds: 0)
    lastError = nil
    lastErrorAt = nil
  }

  /// Has `action` called once the use of the refresh token has ended, however it ends.
  func afterRefresh(_ action: @escaping (BootInstant) -> Void) {
    actionsAfterRefresh.append(action)
  }

  /// Calls none of them: what waited for that end learns of it in another way.
  func forgetAfterRefresh() { actionsAfterRefresh = [] }

  func runAfterRefresh(_ now: BootInstant) {
    let actions = actionsAfterRefresh
    actionsAfterRefresh = []
    for action in actions { action(now) }
  }

  /// Gives up the session; what waits for it has to be told.
  func forget() -> (session: Session?, waiting: [TokenRequest]) {
    defer {
      session = nil
      refresh = .idle
      warning = nil
      confirmed = []
      forgetFailures()
    }
    return (session, takeAllWaiting())
  }

  /// Remembers a failure for `status`.
  func note(_ failure: Failure) {
    lastError = failure
    lastErrorAt = wallClockSeconds()
  }

  /// Whether nothing is known that would be lost with this object.
  var isBlank: Bool {
    session == nil && signIn == nil && lastError == nil && !isRefreshing && departure == nil
      && registration == nil
  }
}
