import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("Tokens that have expired are not kept")
struct ExpiryTests {
  private let pool = SecretPool()
  private let reader = Narrowing(scopes: ["read"])
  private let writer = Narrowing(scopes: ["write"])

  /// A session with an hour, and narrower tokens with half of one and with no end.
  private func session() throws -> Session {
    let session = try makeSession(pool: pool)
    for (narrowing, lifetime) in [(reader, "expires_in=1800\n"), (writer, "")] {
      let isTaken = try withBlock("event=done\naccess_token=less\n" + lifetime) {
        session.narrowed(to: narrowing, by: $0, now: start, pool: pool) != nil
      }
      #expect(isTaken)
    }
    return session
  }

  @Test func theFirstThatExpiresIsWaitedFor() throws {
    let session = try session()
    #expect(session.nextExpiry == start.adding(seconds: 1800))
    session.wipeExpired(at: start.adding(seconds: 1800))
    #expect(session.nextExpiry == start.adding(seconds: 3600))
    session.wipeExpired(at: start.adding(seconds: 3600))
    #expect(session.nextExpiry == nil)
  }

  @Test func whatHasNotExpiredStays() throws {
    let session = try session()
    session.wipeExpired(at: start.adding(seconds: 1799))
    #expect(session.accessToken?.text == "at-1")
    #expect(session.narrowed.count == 2)
    session.wipeExpired(at: start.adding(seconds: 3599))
    #expect(session.accessToken?.text == "at-1")
    #expect(session.narrowed.take(reader) == nil)
    #expect(session.narrowed.take(writer)?.secret?.text == "less")
  }

  @Test func theSessionStillTellsWhenItsTokenHasExpired() throws {
    let session = try session()
    let expiresAt = session.expiresAt
    session.wipeExpired(at: start.adding(seconds: 3600))
    #expect(session.accessToken == nil)
    #expect(session.token != nil)
    #expect(session.lifetime == 3600)
    #expect(session.expiresAt == expiresAt)
    #expect(session.refreshDue != nil, "an account in use is refreshed all the same")
    #expect(session.refreshToken?.text == "rt-1")
  }

  @Test func whatItHeldIsGivenBack() throws {
    let session = try makeSession("event=done\naccess_token=at\nexpires_in=10\n", pool: pool)
    let held = pool.bytesInUse
    session.wipeExpired(at: start.adding(seconds: 10))
    #expect(pool.bytesInUse < held)
  }
}
