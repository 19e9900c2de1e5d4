import Attributes
import Configuration
import Platform
import Secrets

/// One account: what is known of it and what is going on, as pure state; no I/O.
///
/// A request is answered from ``service(validity:at:)``; the outcome of a courier comes back
/// through ``refreshEnded(_:at:chance:pool:)``. The owner does what these return.
final class Account {
  let name: AccountName
  private(set) var session: Session?
  private(set) var refresh = Refresh.idle
  /// Requests that wait for the running refresh.
  private(set) var waiting: [TokenRequest] = []
  private(set) var lastError: Failure?
  private(set) var lastErrorAt: Int64?
  var signIn: SignIn?

  /// Whether a refresh is going on. A courier's answer for another generation is dropped.
  enum Refresh: Equatable {
    /// Nothing runs. Leaves by ``Account/refreshStarted()``.
    case idle
    /// Nothing runs, and the server has asked not to be asked before then. Leaves as `idle` does.
    case postponed(until: BootInstant)
    /// One courier runs or is queued. Leaves by ``Account/refreshEnded(_:at:chance:pool:)`` and by
    /// a new session.
    case running(generation: UInt64)
  }

  private var generation: UInt64 = 0
  private var failuresInARow = 0
  /// Before then nothing is tried in the background: the last attempt has failed.
  private var quietUntil = BootInstant(nanoseconds: 0)
  private var actionsAfterRefresh: [(BootInstant) -> Void] = []

  init(name: AccountName) { self.name = name }

  // MARK: Serving

  /// What to do for somebody who wants a token.
  enum Service {
    /// Hand out the session's access token.
    case serve(Session)
    /// Wait for a refresh; `start` when none runs yet.
    case awaitRefresh(start: Bool)
    /// Nothing can be had without a person.
    case signIn(reason: String)
    /// The server wants to be left alone and the token has expired.
    case later(Failure)
  }

  func service(validity: Int64, at now: BootInstant) -> Service {
    guard let session else { return .signIn(reason: "nobody is signed in to \(name)") }
    if session.satisfies(validity: validity, at: now) { return .serve(session) }
    guard session.refreshToken != nil else {
      return .signIn(
        reason: "the access token of \(name) has expired and the server gave no refresh token")
    }
    switch refresh {
    case .running: return .awaitRefresh(start: false)
    case .idle: return .awaitRefresh(start: true)
    case .postponed(let until) where until > now:
      if session.isUsable(at: now) { return .serve(session) }
      let seconds = until.seconds(since: now) + 1
      return .later(
        Failure(
          .temporarilyUnavailable,
          "cannot refresh \(name): the server asked for \(seconds) more seconds of patience"))
    case .postponed: return .awaitRefresh(start: true)
    }
  }

  /// Whether a background refresh is worth starting now.
  func wantsRefreshAhead(at now: BootInstant) -> Bool {
    guard let session, session.isInUse, let due = session.refreshDue, due <= now,
      quietUntil <= now
    else { return false }
    switch refresh {
    case .idle: return true
    case .postponed(let until): return until <= now
    case .running: return false
    }
  }

  func wait(_ request: TokenRequest) { waiting.append(request) }

  /// Requests that can be answered with a token that is still valid: they wait no longer.
  func takeThoseServable(at now: BootInstant) -> [TokenRequest] {
    guard let session, session.isUsable(at: now) else { return [] }
    let servable = waiting.filter { $0.form != .refreshOnly }
    waiting.removeAll { $0.form != .refreshOnly }
    return servable
  }

  /// Lets go of the waiting requests of a connection that has gone.
  func withdraw(connection: UInt64) { waiting.removeAll { $0.connection == connection } }

  // MARK: Refreshing

  /// A refresh begins; the number is handed back with its outcome.
  func refreshStarted() -> UInt64 {
    generation += 1
    refresh = .running(generation: generation)
    return generation
  }

  /// How a refresh ended for those who waited.
  struct RefreshEnd {
    /// Requests to be answered now.
    let answered: [TokenRequest]
    let failure: Failure?
    /// Seconds until an attempt in the background makes sense; nil after a success or a final
    /// failure.
    let pause: Int64?
  }

  /// Takes the outcome of the refresh `generation`; nil when it is stale and changes nothing.
  func refreshEnded(
    generation: UInt64, _ outcome: CourierOutcome, at now: BootInstant, chance: UInt64,
    pool: SecretPool
  ) -> RefreshEnd? {
    guard refresh == .running(generation: generation), let session else { return nil }
    refresh = .idle
    defer { waiting = [] }
    switch outcome {
    case .done(let answer):
      guard session.refreshed(by: answer, now: now, pool: pool) else {
        return failed(
          Failure(.failed, "the courier's answer has no access token"), nil, now, chance)
      }
      forgetFailures()
      return RefreshEnd(answered: waiting, failure: nil, pause: nil)
    case .refused(let refusal):
      if refusal.endsSession {
        let failure = Failure(
          .loginRequired, refusal.failure.description,
          hint: refusal.failure.hint ?? "sallyport login \(name)")
        note(failure)
        self.session = nil
        return RefreshEnd(answered: waiting, failure: failure, pause: nil)
      }
      if let token = refusal.rotatedRefreshToken { session.rotate(to: token, pool: pool) }
      return failed(refusal.failure, refusal.retryAfter, now, chance)
    }
  }

  private func failed(
    _ failure: Failure, _ retryAfter: Int64?, _ now: BootInstant, _ chance: UInt64
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
    return RefreshEnd(answered: waiting, failure: failure, pause: pause)
  }

  /// The running refresh was ended from outside; its outcome, should one come, is stale.
  func refreshWithdrawn() { refresh = .idle }

  // MARK: Sessions

  /// A sign-in has worked. Those who wait for a refresh of the former session get the new token.
  func signedIn(_ session: Session) -> [TokenRequest] {
    defer { waiting = [] }
    self.session = session
    refresh = .idle
    forgetFailures()
    return waiting
  }

  private func forgetFailures() {
    failuresInARow = 0
    quietUntil = BootInstant(nanoseconds: 0)
    lastError = nil
    lastErrorAt = nil
  }

  /// Has `action` called once the running refresh has ended, however it ends.
  func afterRefresh(_ action: @escaping (BootInstant) -> Void) {
    actionsAfterRefresh.append(action)
  }

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
      waiting = []
      forgetFailures()
    }
    return (session, waiting)
  }

  /// Remembers a failure for `status`.
  func note(_ failure: Failure) {
    lastError = failure
    lastErrorAt = wallClockSeconds()
  }

  /// Whether a refresh runs or is queued.
  var isRefreshing: Bool {
    if case .running = refresh { return true }
    return false
  }

  /// Whether nothing is known that would be lost with this object.
  var isBlank: Bool { session == nil && signIn == nil && lastError == nil && !isRefreshing }
}
