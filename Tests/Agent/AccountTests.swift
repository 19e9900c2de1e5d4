import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("An account as pure state")
struct AccountTests {
  private let pool = SecretPool()
  private let account: Account

  init() throws { account = Account(name: try accountName("work")) }

  private func signIn(_ answer: String = signInAnswer) throws {
    _ = account.signedIn(try makeSession(answer, pool: pool))
  }

  /// The service decision in one word.
  private func decision(_ validity: Int64 = 60, after seconds: Int64 = 0) -> String {
    let request = TokenRequest(
      connection: 1, form: .token(wantsIDToken: false), validity: validity, mayLogin: false)
    return account.service(for: request, at: start.adding(seconds: seconds)).inWords
  }

  /// Ends the refresh `generation`; nil when the account takes it for stale.
  private func end(
    _ generation: UInt64, done answer: String, after seconds: Int64 = 0
  ) throws -> Account.RefreshEnd? {
    try withBlock(answer) {
      account.refreshEnded(
        generation: generation, .done($0), at: start.adding(seconds: seconds), chance: 0, pool: pool
      )
    }
  }

  private func end(
    _ generation: UInt64, _ code: FailureCode, oauth: String? = nil, retryAfter: Int64? = nil,
    hint: String? = nil, after seconds: Int64 = 0
  ) -> Account.RefreshEnd? {
    let refusal = CourierRefusal(
      Failure(code, "the server said no", hint: hint), oauthError: oauth, retryAfter: retryAfter)
    return account.refreshEnded(
      generation: generation, .refused(refusal), at: start.adding(seconds: seconds), chance: 0,
      pool: pool)
  }

  private func request(_ connection: UInt64) -> TokenRequest {
    TokenRequest(
      connection: connection, form: .token(wantsIDToken: false), validity: 60, mayLogin: false)
  }

  // MARK: What an asker gets

  @Test func nobodySignedInNeedsASignIn() {
    #expect(decision() == "sign in: nobody is signed in to work")
  }

  @Test func aTokenIsServedForAsLongAsItIsValidEnough() throws {
    try signIn()
    #expect(decision() == "serve at-1")
    #expect(decision(after: 3540) == "serve at-1")
    #expect(decision(after: 3541) == "start a refresh")
    #expect(decision(3000, after: 601) == "start a refresh")
  }

  @Test func withoutARefreshTokenAnExpiredSessionNeedsASignIn() throws {
    try signIn("event=done\naccess_token=at\nexpires_in=100\n")
    #expect(decision(after: 50) == "serve at")
    #expect(decision(after: 100).hasPrefix("sign in: the access token of work has expired"))
  }

  @Test func theSecondAskerWaitsForTheFirstOnesRefresh() throws {
    try signIn()
    #expect(decision(after: 4000) == "start a refresh")
    _ = account.refreshStarted()
    #expect(account.isRefreshing)
    #expect(decision(after: 4000) == "wait")
    #expect(decision(after: 0) == "serve at-1", "a valid token is served meanwhile")
  }

  // MARK: How a refresh ends

  @Test func aRefreshAnswersAllWhoWait() throws {
    try signIn()
    let generation = account.refreshStarted()
    for connection in 1...3 { account.wait(request(UInt64(connection))) }
    account.withdraw(connection: 2)
    let end = try #require(
      try self.end(generation, done: "event=done\naccess_token=at-2\nexpires_in=60\n"))
    #expect(end.answered.map(\.connection) == [1, 3])
    #expect(end.failure == nil && end.pause == nil)
    #expect(account.waiting.isEmpty)
    #expect(!account.isRefreshing)
    #expect(decision() == "serve at-2")
  }

  @Test func theAnswerOfAnotherGenerationChangesNothing() throws {
    try signIn()
    let former = account.refreshStarted()
    try signIn("event=done\naccess_token=new\nrefresh_token=rt-new\n")
    #expect(try end(former, done: "event=done\naccess_token=stale\n") == nil)
    let generation = account.refreshStarted()
    #expect(generation != former)
    #expect(end(former, .loginRequired, oauth: "invalid_grant") == nil)
    #expect(account.session?.accessToken?.text == "new")
    #expect(account.isRefreshing)
    account.refreshWithdrawn()
    #expect(try end(generation, done: "event=done\naccess_token=stale\n") == nil)
    _ = account.forget()
    #expect(try end(generation, done: "event=done\naccess_token=stale\n") == nil)
    #expect(account.session == nil)
  }

  @Test func invalidGrantEndsTheSession() throws {
    try signIn()
    let generation = account.refreshStarted()
    account.wait(request(1))
    let end = try #require(self.end(generation, .loginRequired, oauth: "invalid_grant"))
    let failure = Failure(.loginRequired, "the server said no", hint: "sallyport login work")
    #expect(end.failure == failure)
    #expect(end.answered.count == 1)
    #expect(end.pause == nil, "there is nothing left to try")
    #expect(account.session == nil)
    #expect(account.lastError == failure)
    #expect(account.lastErrorAt != nil)
    #expect(decision().hasPrefix("sign in"))
  }

  /// Only `invalid_grant` ends a session.
  @Test(
    arguments: [
      (.temporarilyUnavailable, nil), (.accessDenied, "invalid_client"), (.failed, nil),
      (.accessDenied, "unauthorized_client"), (.accessDenied, "invalid_scope"),
      (.loginRequired, nil),
      // A gateway in trouble that answers 503 with a grant error of its own.
      (.temporarilyUnavailable, "invalid_grant"),
    ] as [(FailureCode, String?)])
  func anyOtherFailureKeepsTheSession(code: FailureCode, oauth: String?) throws {
    try signIn()
    let generation = account.refreshStarted()
    let end = try #require(self.end(generation, code, oauth: oauth))
    #expect(end.failure?.code == code)
    #expect(end.pause == 4)
    #expect(account.session?.accessToken?.text == "at-1")
    #expect(account.session?.refreshToken?.text == "rt-1")
    #expect(account.lastError?.code == code)
    #expect(decision() == "serve at-1")
    #expect(decision(after: 4000) == "start a refresh")
  }

  @Test func aSuccessForgetsTheFailures() throws {
    try signIn()
    _ = end(account.refreshStarted(), .temporarilyUnavailable)
    _ = end(account.refreshStarted(), .temporarilyUnavailable)
    _ = try end(account.refreshStarted(), done: "event=done\naccess_token=at-2\n")
    #expect(account.lastError == nil && account.lastErrorAt == nil)
    #expect(end(account.refreshStarted(), .temporarilyUnavailable)?.pause == 4)
  }

  @Test func failuresInARowAreFurtherAndFurtherApart() throws {
    try signIn()
    let pauses = (1...8).map { _ in end(account.refreshStarted(), .temporarilyUnavailable)?.pause }
    #expect(pauses == [4, 8, 16, 32, 64, 128, 240, 240])
  }

  @Test func anAnswerWithoutTokenIsAFailureThatKeepsTheSession() throws {
    try signIn()
    let end = try #require(try self.end(account.refreshStarted(), done: "event=done\n"))
    #expect(end.failure?.code == .failed)
    #expect(decision() == "serve at-1")
  }

  // MARK: A server that wants to be left alone

  @Test func retryAfterIsHonoured() throws {
    try signIn()
    let end = self.end(
      account.refreshStarted(), .temporarilyUnavailable, retryAfter: 30, after: 3580)
    #expect(end?.pause == 30)
    #expect(decision(after: 3590) == "serve at-1", "it is still valid")
    #expect(decision(after: 3601).hasPrefix("refuse: temporarily_unavailable"))
    #expect(decision(after: 3601).contains("10 more seconds"))
    #expect(decision(after: 3610) == "start a refresh")
  }

  @Test(arguments: [(Int64.max, 300), (301, 300), (-5, 0), (Int64.min, 0)] as [(Int64, Int64)])
  func retryAfterIsBounded(asked: Int64, seconds: Int64) throws {
    try signIn("event=done\naccess_token=at\nrefresh_token=rt\nexpires_in=0\n")
    let end = self.end(account.refreshStarted(), .temporarilyUnavailable, retryAfter: asked)
    #expect(end?.pause == max(seconds, 4))
    #expect(decision(after: seconds) == "start a refresh")
    if seconds > 0 { #expect(decision(after: seconds - 1).hasPrefix("refuse")) }
  }

  // MARK: Refreshing ahead

  private func wantsRefreshAhead(after seconds: Int64) -> Bool {
    account.wantsRefreshAhead(at: start.adding(seconds: seconds))
  }

  @Test func aTokenInUseIsReplacedAheadOfItsEnd() throws {
    #expect(!wantsRefreshAhead(after: 0))
    try signIn()
    #expect(!wantsRefreshAhead(after: 3300), "nobody uses it")
    account.session?.lastServed = start
    #expect(!wantsRefreshAhead(after: 3239))
    #expect(wantsRefreshAhead(after: 3240))
    _ = account.refreshStarted()
    #expect(!wantsRefreshAhead(after: 3240), "it is being replaced")
  }

  @Test func theBackgroundKeepsQuietAfterAFailure() throws {
    try signIn()
    account.session?.lastServed = start
    let end = self.end(account.refreshStarted(), .temporarilyUnavailable, after: 3240)
    #expect(end?.pause == 4)
    #expect(!wantsRefreshAhead(after: 3240))
    #expect(!wantsRefreshAhead(after: 3243))
    #expect(wantsRefreshAhead(after: 3244))
    _ = self.end(
      account.refreshStarted(), .temporarilyUnavailable, retryAfter: 100, after: 3244)
    #expect(!wantsRefreshAhead(after: 3343))
    #expect(wantsRefreshAhead(after: 3344))
  }

  // MARK: The end of a session

  @Test func aNewSignInAnswersWhoWaitedForTheOldSession() throws {
    try signIn()
    _ = account.refreshStarted()
    account.wait(request(5))
    let waiting = account.signedIn(try makeSession("event=done\naccess_token=new\n", pool: pool))
    #expect(waiting.map(\.connection) == [5])
    #expect(account.waiting.isEmpty)
    #expect(!account.isRefreshing)
  }

  @Test func forgettingLeavesNothing() throws {
    try signIn()
    _ = end(account.refreshStarted(), .temporarilyUnavailable)
    _ = account.refreshStarted()
    account.wait(request(1))
    do {
      let (session, waiting) = account.forget()
      #expect(session?.accessToken?.text == "at-1")
      #expect(waiting.map(\.connection) == [1])
    }
    #expect(account.isBlank)
    #expect(pool.bytesInUse == 0)
  }

  @Test func whatHasToWaitForARefreshIsDoneOnceAfterIt() throws {
    var calls = 0
    account.afterRefresh { _ in calls += 1 }
    account.runAfterRefresh(start)
    account.runAfterRefresh(start)
    #expect(calls == 1)
  }

  @Test func thoseWhoNeedNotWaitAreLetGo() throws {
    try signIn()
    _ = account.refreshStarted()
    account.wait(request(1))
    account.wait(
      TokenRequest(connection: 2, form: .refreshOnly, validity: 0, mayLogin: false))
    #expect(account.takeThoseServable(at: start.adding(seconds: 3600)).isEmpty, "it has expired")
    #expect(account.takeThoseServable(at: start.adding(seconds: 3590)).map(\.connection) == [1])
    #expect(account.waiting.map(\.connection) == [2], "who asked for a refresh waits for it")
  }
}
