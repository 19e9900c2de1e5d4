import Configuration
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("When a session ends by its account's limits")
struct SessionLimitsTests {
  private let pool = SecretPool()

  private func limits(_ settings: KeyValuePairs<String, String>) throws -> SessionLimits {
    SessionLimits(try makeSection(settings))
  }

  @Test func withoutLimitsItNeverEnds() throws {
    let session = try makeSession(pool: pool)
    #expect(SessionLimits(nil).end(of: session) == nil)
    #expect(try limits(["issuer": "https://as.example"]).end(of: session) == nil)
    #expect(try limits(["lifetime": "soon"]).end(of: session) == nil)
  }

  @Test func aLifetimeIsCountedFromTheSignInWhateverIsRefreshed() throws {
    let session = try makeSession(pool: pool)
    _ = try withBlock("event=done\naccess_token=at-2\n") {
      session.refreshed(by: $0, now: start.adding(seconds: 100), pool: pool)
    }
    session.lastUsed = start.adding(seconds: 200)
    let end = try #require(try limits(["lifetime": "8h"]).end(of: session))
    #expect(end.at == start.adding(seconds: 8 * 3600))
    let failure = end.failure(of: try accountName("work"))
    #expect(failure.description == "the session of work has ended: its lifetime of 8h is over")
    #expect(failure.hint == "sallyport login work" && failure.code == .loginRequired)
  }

  @Test func idlenessIsCountedFromTheLastUse() throws {
    let session = try makeSession(pool: pool)
    let limits = try limits(["idle": "30m"])
    #expect(limits.idleEnd(of: session) == start.adding(seconds: 1800))
    session.lastUsed = start.adding(seconds: 1000)
    let end = try #require(limits.end(of: session))
    #expect(end.at == start.adding(seconds: 2800))
    #expect(end.reason == "nobody has used it for 30m")
    #expect(limits.lifetimeEnd(of: session) == nil)
  }

  @Test func theEarlierLimitCounts() throws {
    let session = try makeSession(pool: pool)
    let limits = try limits(["idle": "30m", "lifetime": "40m"])
    #expect(limits.end(of: session)?.reason.contains("30m") == true)
    session.lastUsed = start.adding(seconds: 1000)
    #expect(limits.end(of: session)?.at == start.adding(seconds: 2400))
    #expect(limits.end(of: session)?.reason.contains("lifetime") == true)
  }

  /// A restored session was signed in to before; nobody could use it meanwhile.
  @Test func aRestoredSessionIsAsOldAsItsSignIn() throws {
    let text = try makeAccount(pool: pool).stored(in: pool)
    let now = BootInstant(nanoseconds: 7_000_000_000)
    let restored = try restore(text, pool: pool, now: now, wallNow: wallAtStart + 3000)
    let session = try #require(restored.session)
    let limits = try limits(["idle": "30m", "lifetime": "1h"])
    #expect(limits.lifetimeEnd(of: session) == now.adding(seconds: 600))
    #expect(limits.idleEnd(of: session) == now.adding(seconds: 1800))
    let late = try #require(
      try restore(text, pool: pool, now: now, wallNow: wallAtStart + 9000).session)
    #expect(limits.end(of: late).map { $0.at <= now } == true)
  }
}
