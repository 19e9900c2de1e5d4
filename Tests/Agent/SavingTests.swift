import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("An account whose new state the vault has not confirmed")
struct SavingTests {
  private let pool = SecretPool()
  private let account: Account

  init() throws {
    account = Account(name: try accountName("work"))
    _ = account.signedIn(try makeSession(pool: pool))
  }

  private func request(_ connection: UInt64, _ narrowing: Narrowing? = nil) -> TokenRequest {
    TokenRequest(
      connection: connection, form: .token(wantsIDToken: false), validity: 60, mayLogin: false,
      narrowing: narrowing)
  }

  private func decision(_ narrowing: Narrowing? = nil) -> String {
    account.service(for: request(9, narrowing), at: start).inWords
  }

  private func refreshed(
    _ answer: String = "event=done\naccess_token=at-2\nrefresh_token=rt-2\nexpires_in=60\n"
  ) throws -> Account.RefreshEnd? {
    let generation = account.refreshStarted()
    return try withBlock(answer) {
      account.refreshEnded(
        generation: generation, .done($0), at: start, chance: 0, keeping: .vault, pool: pool)
    }
  }

  private func refused(
    _ code: FailureCode, oauth: String? = nil, retryAfter: Int64? = nil
  ) -> Account.RefreshEnd? {
    let refusal = CourierRefusal(
      Failure(code, "no"), oauthError: oauth, retryAfter: retryAfter)
    return account.refreshEnded(
      generation: account.refreshStarted(), .refused(refusal), at: start, chance: 0,
      keeping: .vault, pool: pool)
  }

  @Test func nobodyIsServedBeforeTheVaultHasIt() throws {
    #expect(decision() == "serve at-1")
    account.wait(request(1))
    let end = try #require(try refreshed())
    #expect(end.answered.map(\.connection) == [1])
    #expect(account.isRefreshing && !account.isBlank)
    #expect(decision() == "wait")
    #expect(decision(Narrowing(scopes: ["less"])) == "wait")
    #expect(decision(Narrowing(audiences: ["other"])) == "wait")
    account.wait(request(2))
    account.wait(request(3))
    account.withdraw(connection: 3)
    let generation = try #require(account.savingGeneration)
    #expect(account.saved(generation: generation)?.map(\.connection) == [2])
    #expect(account.waiting.isEmpty && !account.isRefreshing)
    #expect(decision() == "serve at-2")
    #expect(account.saved(generation: generation) == nil, "once")
  }

  @Test func noUseOfTheRefreshTokenBeginsMeanwhile() throws {
    account.session?.lastServed = start
    _ = try refreshed("event=done\naccess_token=at-2\nrefresh_token=rt-2\nexpires_in=0\n")
    account.session?.lastServed = start
    #expect(!account.wantsRefreshAhead(at: start))
    #expect(decision() == "wait")
    _ = account.saved(generation: try #require(account.savingGeneration))
    #expect(account.wantsRefreshAhead(at: start))
    #expect(decision() == "start a refresh")
  }

  @Test func aNewSessionIsSafeBeforeAnybodyHasIt() throws {
    account.wait(request(4))
    let waiting = account.signedIn(
      try makeSession("event=done\naccess_token=new\n", pool: pool), keeping: .vault)
    #expect(waiting.map(\.connection) == [4])
    #expect(decision() == "wait")
    #expect(account.saved(generation: try #require(account.savingGeneration))?.isEmpty == true)
    #expect(decision() == "serve new")
  }

  @Test func whatTheServerAskedForHoldsAfterwards() throws {
    let end = try #require(refused(.temporarilyUnavailable, retryAfter: 30))
    #expect(end.failure?.code == .temporarilyUnavailable)
    #expect(decision() == "wait")
    _ = account.saved(generation: try #require(account.savingGeneration))
    #expect(account.refresh == .postponed(until: start.adding(seconds: 30)))
  }

  @Test func anEndedSessionIsNotWaitedFor() throws {
    let end = try #require(refused(.loginRequired, oauth: "invalid_grant"))
    #expect(end.failure?.code == .loginRequired)
    #expect(account.session == nil)
    #expect(decision().hasPrefix("sign in"))
    #expect(account.saved(generation: try #require(account.savingGeneration))?.isEmpty == true)
    #expect(!account.isRefreshing)
  }

  // MARK: What overtakes the vault

  @Test func theWordOfAFormerSessionSetsNothingFree() throws {
    _ = try refreshed()
    let former = try #require(account.savingGeneration)
    account.wait(request(5))
    let waiting = account.signedIn(
      try makeSession("event=done\naccess_token=new\n", pool: pool), keeping: .vault)
    #expect(waiting.map(\.connection) == [5])
    #expect(account.saved(generation: former) == nil)
    #expect(decision() == "wait", "the new one is not safe yet")
    #expect(account.savingGeneration.map { $0 != former } == true)
  }

  @Test func forgettingOvertakesIt() throws {
    _ = try refreshed()
    let generation = try #require(account.savingGeneration)
    account.wait(request(6))
    #expect(account.forget().waiting.map(\.connection) == [6])
    #expect(account.savingGeneration == nil)
    #expect(account.saved(generation: generation) == nil)
    #expect(account.session == nil)
  }

  @Test func aLogoutWaitsForIt() throws {
    _ = try refreshed()
    account.departure = Departure(account)
    var hasSetOut = false
    #expect(account.isRefreshing)
    account.afterRefresh { _ in hasSetOut = true }
    #expect(decision().hasPrefix("refuse: temporarily_unavailable"))
    _ = account.saved(generation: try #require(account.savingGeneration))
    #expect(!hasSetOut)
    account.runAfterRefresh(start)
    #expect(hasSetOut)
    #expect(account.session?.refreshToken?.text == "rt-2")
  }

  @Test func aStaleOutcomeLeavesNothingToSave() throws {
    let generation = account.refreshStarted()
    account.refreshWithdrawn()
    let end = try withBlock("event=done\naccess_token=at-9\n") {
      account.refreshEnded(
        generation: generation, .done($0), at: start, chance: 0, keeping: .vault, pool: pool)
    }
    #expect(end == nil)
    #expect(account.savingGeneration == nil)
    #expect(decision() == "serve at-1")
  }

  @Test func withoutAVaultNobodyWaits() throws {
    let end = try withBlock("event=done\naccess_token=at-2\n") {
      account.refreshEnded(
        generation: account.refreshStarted(), .done($0), at: start, chance: 0, pool: pool)
    }
    #expect(end != nil && !account.isRefreshing)
    #expect(account.savingGeneration == nil)
  }
}
