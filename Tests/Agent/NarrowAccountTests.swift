import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("Narrower tokens and exchanges as pure state")
struct NarrowAccountTests {
  private let pool = SecretPool()
  private let account: Account
  private let email = Narrowing(scopes: ["email"])
  private let api = Narrowing(resources: ["https://api.example"])
  private let other = Narrowing(audiences: ["other"])

  init() throws {
    account = Account(name: try accountName("work"))
    _ = account.signedIn(try makeSession(pool: pool))
  }

  private func request(_ narrowing: Narrowing?, _ connection: UInt64 = 1) -> TokenRequest {
    TokenRequest(
      connection: connection, form: .token(wantsIDToken: false), validity: 60, mayLogin: false,
      narrowing: narrowing)
  }

  private func decision(_ narrowing: Narrowing?, after seconds: Int64 = 0) -> String {
    account.service(for: request(narrowing), at: start.adding(seconds: seconds)).inWords
  }

  /// Ends the use of the refresh token with a block of the courier.
  private func end(
    _ generation: UInt64, _ answer: String, after seconds: Int64 = 0
  ) throws -> Account.RefreshEnd? {
    try withBlock(answer) {
      account.refreshEnded(
        generation: generation, CourierRefusal($0).map { .refused($0) } ?? .done($0),
        at: start.adding(seconds: seconds), chance: 0, pool: pool)
    }
  }

  private func endExchange(_ generation: UInt64, _ answer: String) throws -> Account.RefreshEnd? {
    try withBlock(answer) {
      account.exchangeEnded(
        other, generation: generation, CourierRefusal($0).map { .refused($0) } ?? .done($0),
        at: start, pool: pool)
    }
  }

  private static let narrowed = "event=done\naccess_token=n1\nexpires_in=600\nscope=email\n"
  private static let refusedScope = "error=access_denied\noauth_error=invalid_scope\n"

  // MARK: By the refresh token

  @Test func aNarrowerTokenIsFetchedOnceAndKept() throws {
    #expect(decision(email) == "start a refresh")
    let generation = account.refreshStarted(.narrowed(email))
    account.wait(request(email))
    #expect(decision(email) == "wait")
    #expect(decision(nil) == "serve at-1", "the session's own token is as good as before")
    let end = try #require(try end(generation, Self.narrowed))
    #expect(end.answered.count == 1 && end.others.isEmpty && end.failure == nil)
    #expect(decision(email) == "serve n1")
    #expect(decision(nil) == "serve at-1")
    #expect(decision(email, after: 540) == "serve n1")
    #expect(decision(email, after: 541) == "start a refresh")
    #expect(account.session?.scope == "openid", "the session's scope is its own")
  }

  @Test func oneUseOfTheRefreshTokenAtATime() throws {
    let generation = account.refreshStarted(.narrowed(email))
    account.wait(request(email, 1))
    for (narrowing, connection) in [(api, 2), (nil, 3), (email, 4)] as [(Narrowing?, UInt64)] {
      #expect(decision(narrowing, after: 4000) == "wait")
      account.wait(request(narrowing, connection))
    }
    let end = try #require(try end(generation, Self.narrowed))
    #expect(end.answered.map(\.connection) == [1, 4])
    #expect(end.others.map(\.connection) == [2, 3], "it is their turn")
    #expect(account.waiting.isEmpty && !account.isRefreshing)
  }

  @Test func whatTheServerRefusesToOneConcernsNobodyElse() throws {
    let generation = account.refreshStarted(.narrowed(email))
    account.wait(request(email, 1))
    account.wait(request(api, 2))
    let end = try #require(try end(generation, Self.refusedScope))
    #expect(end.failure?.code == .accessDenied)
    #expect(end.answered.map(\.connection) == [1])
    #expect(end.others.map(\.connection) == [2])
    #expect(end.pause == nil)
    #expect(account.lastError == nil)
    #expect(account.refresh == .idle)
    #expect(account.session != nil)
  }

  /// Nobody waits a minute for his turn at a server that cannot be reached.
  @Test func aServerThatCannotBeReachedIsToldToAll() throws {
    for answer in ["error=temporarily_unavailable\n"] {
      let generation = account.refreshStarted(.narrowed(email))
      account.wait(request(email, 1))
      account.wait(request(api, 2))
      account.wait(request(nil, 3))
      let end = try #require(try end(generation, answer))
      #expect(end.answered.map(\.connection) == [1, 2, 3])
      #expect(end.others.isEmpty)
      #expect(account.lastError?.code == .temporarilyUnavailable)
    }
  }

  @Test func aFailureOfTheSessionsOwnRefreshLeavesOthersTheirTurn() throws {
    let generation = account.refreshStarted()
    account.wait(request(nil, 1))
    account.wait(request(email, 2))
    let end = try #require(try end(generation, "error=failed\nerror_description=no id token\n"))
    #expect(end.answered.map(\.connection) == [1])
    #expect(end.others.map(\.connection) == [2])
    #expect(account.lastError?.description == "no id token")
  }

  @Test func invalidGrantEndsTheSessionForEverybody() throws {
    let exchange = account.exchangeStarted(other)
    account.awaitExchange(other, request(other, 4))
    let generation = account.refreshStarted(.narrowed(email))
    for (narrowing, connection) in [(email, 1), (api, 2), (nil, 3)] as [(Narrowing?, UInt64)] {
      account.wait(request(narrowing, connection))
    }
    let end = try #require(
      try end(generation, "error=login_required\noauth_error=invalid_grant\n"))
    #expect(end.answered.map(\.connection) == [1, 2, 3, 4])
    #expect(account.session == nil)
    #expect(account.lastError?.code == .loginRequired)
    #expect(try endExchange(exchange, Self.narrowed) == nil)
  }

  @Test(arguments: [
    "event=done\naccess_token=n\nrefresh_token=rt-2\nscope=email\n",
    "error=failed\nrefresh_token=rt-2\n",
    "event=done\nrefresh_token=rt-2\n",
  ])
  func aRotatedRefreshTokenIsKept(answer: String) throws {
    _ = try end(account.refreshStarted(.narrowed(email)), answer)
    #expect(account.session?.refreshToken?.text == "rt-2")
    #expect(account.session?.accessToken?.text == "at-1")
  }

  @Test func theAnswerOfAnotherGenerationChangesNothing() throws {
    let former = account.refreshStarted(.narrowed(email))
    account.wait(request(email, 7))
    #expect(account.signedIn(try makeSession(pool: pool)).map(\.connection) == [7])
    #expect(try end(former, Self.narrowed) == nil)
    #expect(account.session?.narrowed.count == 0)
    let generation = account.refreshStarted(.narrowed(api))
    #expect(try end(former, Self.narrowed) == nil)
    #expect(account.refresh == .running(generation: generation, .narrowed(api)))
  }

  @Test func retryAfterHoldsForNarrowerTokensToo() throws {
    _ = try end(account.refreshStarted(.narrowed(email)), Self.narrowed)
    _ = try end(
      account.refreshStarted(.narrowed(api)),
      "error=temporarily_unavailable\nretry_after=100\n", after: 545)
    #expect(
      decision(api, after: 545).contains("100 more seconds")
        || decision(api, after: 545)
          .contains("101 more seconds")
    )
    #expect(decision(email, after: 545) == "serve n1", "it is still valid")
    #expect(decision(api, after: 645) == "start a refresh")
  }

  @Test func withoutARefreshTokenThereIsNone() throws {
    _ = account.signedIn(try makeSession("event=done\naccess_token=at\n", pool: pool))
    #expect(decision(email).hasPrefix("refuse: login_required: a token of work with another scope"))
    #expect(decision(other) == "start an exchange", "the access token is enough")
  }

  @Test func narrowerTokensGoWithTheSession() throws {
    _ = try end(account.refreshStarted(.narrowed(email)), Self.narrowed)
    #expect(account.session?.narrowed.count == 1)
    _ = account.forget()
    #expect(pool.bytesInUse == 0)
    _ = account.signedIn(try makeSession(pool: pool))
    #expect(decision(email) == "start a refresh")
  }

  // MARK: By exchange

  @Test func anExchangeNeedsATokenThatLasts() throws {
    #expect(decision(other) == "start an exchange")
    #expect(decision(other, after: 3541) == "start a refresh")
    _ = account.refreshStarted()
    #expect(decision(other, after: 3541) == "wait")
    account.wait(request(other, 1))
    #expect(account.grantUse(for: request(other)) == .session)
  }

  @Test func oneExchangeAtATimeForEach() throws {
    let generation = account.exchangeStarted(other)
    account.awaitExchange(other, request(other, 1))
    #expect(decision(other) == "wait for the exchange")
    #expect(decision(Narrowing(audiences: ["third"])) == "start an exchange")
    account.awaitExchange(other, request(other, 2))
    account.withdraw(connection: 1)
    let end = try #require(try endExchange(generation, Self.narrowed))
    #expect(end.answered.map(\.connection) == [2])
    #expect(decision(other) == "serve n1")
    #expect(try endExchange(generation, Self.narrowed) == nil, "it has ended already")
  }

  @Test func anExchangeNeverReplacesTheRefreshToken() throws {
    _ = try endExchange(account.exchangeStarted(other), Self.narrowed + "refresh_token=rt-x\n")
    #expect(account.session?.refreshToken?.text == "rt-1")
  }

  @Test(arguments: [
    "error=login_required\noauth_error=invalid_grant\n", "error=temporarily_unavailable\n",
    "event=done\n",
  ])
  func aFailedExchangeIsNoFailureOfTheAccount(answer: String) throws {
    let generation = account.exchangeStarted(other)
    account.awaitExchange(other, request(other, 1))
    let end = try #require(try endExchange(generation, answer))
    #expect(end.failure != nil)
    #expect(end.answered.map(\.connection) == [1])
    #expect(account.session != nil && account.lastError == nil)
    #expect(decision(other) == "start an exchange")
  }

  @Test func anExchangeOfAFormerSessionIsStale() throws {
    let generation = account.exchangeStarted(other)
    account.awaitExchange(other, request(other, 1))
    #expect(account.signedIn(try makeSession(pool: pool)).map(\.connection) == [1])
    #expect(try endExchange(generation, Self.narrowed) == nil)
  }

  // MARK: While the server takes long, and at the end

  @Test func whoeverHasAValidTokenNeedNotWait() throws {
    _ = try end(account.refreshStarted(.narrowed(email)), Self.narrowed)
    _ = account.refreshStarted()
    for (narrowing, connection) in [(email, 1), (api, 2), (other, 3), (nil, 4)]
      as [(Narrowing?, UInt64)]
    { account.wait(request(narrowing, connection)) }
    let now = start.adding(seconds: 599)
    #expect(account.takeThoseServable(at: now).map(\.connection) == [1, 3, 4])
    #expect(account.waiting.map(\.connection) == [2])
  }

  @Test func anAccountThatIsLeavingServesNothing() throws {
    account.departure = Departure(account)
    for narrowing in [nil, email, other] {
      #expect(decision(narrowing).hasPrefix("refuse: temporarily_unavailable: work is being"))
    }
    account.session?.lastServed = start
    #expect(!account.wantsRefreshAhead(at: start.adding(seconds: 3300)))
    #expect(!account.isBlank)
  }
}
