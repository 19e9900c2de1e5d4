import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("What a sign-in has brought")
struct SessionTests {
  private let pool = SecretPool()

  @Test func theAnswerIsTakenOver() throws {
    let answer =
      signInAnswer + "id_token=h.p.s\nsub=248\nusername=jane\nissuer=https://as.example\n"
    let session = try makeSession(answer, pool: pool)
    #expect(session.accessToken?.text == "at-1")
    #expect(session.refreshToken?.text == "rt-1")
    #expect(session.idToken?.text == "h.p.s")
    #expect(session.tokenType == "Bearer")
    #expect(session.scope == "openid")
    #expect(session.lifetime == 3600)
    #expect(session.subject == "248")
    #expect(session.username == "jane")
    #expect(session.issuer == "https://as.example")
  }

  @Test(arguments: ["event=done\n", "event=done\naccess_token=\nrefresh_token=rt\n"])
  func withoutAnAccessTokenThereIsNoSession(answer: String) throws {
    let isNone = try sessionIfAny(answer, pool: pool) == nil
    #expect(isNone)
  }

  @Test func validityIsCountedFromTheAnswer() throws {
    let session = try makeSession(pool: pool)
    #expect(session.remaining(at: start) == 3600)
    #expect(session.remaining(at: start.adding(seconds: 3599)) == 1)
    #expect(session.remaining(at: start.adding(seconds: 3600)) == 0)
    #expect(session.remaining(at: start.adding(seconds: 9999)) == 0)
    #expect(session.isUsable(at: start.adding(seconds: 3599)))
    #expect(!session.isUsable(at: start.adding(seconds: 3600)), "RFC 6749 §1.5")
    #expect(session.satisfies(validity: 60, at: start.adding(seconds: 3540)))
    #expect(!session.satisfies(validity: 60, at: start.adding(seconds: 3541)))
    #expect(!session.satisfies(validity: 0, at: start.adding(seconds: 3600)))
  }

  @Test func anUnknownExpirySatisfiesEverybody() throws {
    let session = try makeSession("event=done\naccess_token=at\nrefresh_token=rt\n", pool: pool)
    let later = start.adding(seconds: 1_000_000)
    #expect(session.remaining(at: later) == nil)
    #expect(session.isUsable(at: later))
    #expect(session.satisfies(validity: .max, at: later))
    #expect(session.expiresAt == nil)
    #expect(session.refreshDue == nil)
  }

  @Test(arguments: ["0", "-1", "-9223372036854775808"])
  func aLifetimeThatIsOverIsNeverUsable(lifetime: String) throws {
    let session = try makeSession(
      "event=done\naccess_token=at\nrefresh_token=rt\nexpires_in=\(lifetime)\n", pool: pool)
    #expect(session.lifetime == 0)
    #expect(session.remaining(at: start) == 0)
    #expect(!session.isUsable(at: start))
    #expect(!session.satisfies(validity: 0, at: start))
  }

  @Test func anEndlessLifetimeIsNoTrap() throws {
    let session = try makeSession(
      "event=done\naccess_token=at\nrefresh_token=rt\nexpires_in=9223372036854775807\n", pool: pool)
    #expect(session.satisfies(validity: .max, at: start) == false)
    #expect(session.satisfies(validity: 1 << 32, at: start))
    #expect(session.expiresAt != nil)
    #expect(session.refreshDue.map { $0 > start } == true)
  }

  @Test func aRefreshReplacesWhatItBringsAndKeepsTheRest() throws {
    let session = try makeSession(signInAnswer + "id_token=one\nsub=248\n", pool: pool)
    let later = start.adding(seconds: 100)
    let taken = try withBlock("event=done\naccess_token=at-2\nexpires_in=60\n") {
      session.refreshed(by: $0, now: later, pool: pool)
    }
    #expect(taken)
    #expect(session.accessToken?.text == "at-2")
    // RFC 6749 §6: the server may give a new refresh token, and need not.
    #expect(session.refreshToken?.text == "rt-1")
    #expect(session.idToken?.text == "one")
    #expect(session.scope == "openid")
    #expect(session.subject == "248")
    #expect(session.remaining(at: later) == 60)
    #expect(session.refreshed == PastMoment(later))
  }

  @Test func aRotatedRefreshTokenTakesTheOldOnesPlace() throws {
    let session = try makeSession(pool: pool)
    _ = try withBlock("event=done\naccess_token=at-2\nrefresh_token=rt-2\n") {
      session.refreshed(by: $0, now: start, pool: pool)
    }
    #expect(session.refreshToken?.text == "rt-2")
    _ = try withBlock("event=done\naccess_token=at-3\nrefresh_token=\n") {
      session.refreshed(by: $0, now: start, pool: pool)
    }
    #expect(session.refreshToken?.text == "rt-2")
  }

  /// RFC 6749 §6: a refresh token that was replaced is used up, whatever else was answered.
  @Test func anAnswerWithoutAccessTokenChangesTheRefreshTokenAlone() throws {
    let session = try makeSession(pool: pool)
    let taken = try withBlock("event=done\nrefresh_token=rt-9\nexpires_in=1\n") {
      session.refreshed(by: $0, now: start, pool: pool)
    }
    #expect(!taken)
    #expect(session.accessToken?.text == "at-1")
    #expect(session.refreshToken?.text == "rt-9")
    #expect(session.lifetime == 3600)
    #expect(session.refreshed == nil)
  }

  @Test func whatIsSecretIsCarriedInGuardedPages() throws {
    let session = try makeSession(signInAnswer + "secret.id_token=eyJ\n", pool: pool)
    #expect(session.carried.plain.isEmpty)
    #expect(
      session.carried.secrets.map { String(decoding: $0.key, as: UTF8.self) } == ["secret.id_token"]
    )
    #expect(session.carried.secrets.first?.value.text == "eyJ")
  }

  @Test func whatTheCourierWantsCarriedIsCarriedAndUpdated() throws {
    let session = try makeSession(
      signInAnswer + "session.token_endpoint=https://a/t\nsession.sub=248\nsession_x=no\n",
      pool: pool)
    func carried() -> [String] {
      session.carried.plain.map {
        String(decoding: $0.key, as: UTF8.self) + "=" + String(decoding: $0.value, as: UTF8.self)
      }.sorted()
    }
    #expect(carried() == ["session.sub=248", "session.token_endpoint=https://a/t"])
    _ = try withBlock("event=done\naccess_token=at\nsession.token_endpoint=https://a/t2\n") {
      session.refreshed(by: $0, now: start, pool: pool)
    }
    #expect(carried() == ["session.sub=248", "session.token_endpoint=https://a/t2"])
  }

  @Test func aDroppedAccessTokenIsGoneAndTheSessionStays() throws {
    let session = try makeSession(pool: pool)
    session.dropAccessToken()
    #expect(session.accessToken == nil)
    #expect(session.remaining(at: start) == 0)
    #expect(!session.isUsable(at: start))
    #expect(!session.satisfies(validity: 0, at: start))
    #expect(session.refreshToken != nil)
  }

  @Test func aRefreshIsDueOnlyWhereItCanBeMade() throws {
    #expect(try makeSession(pool: pool).refreshDue == start.adding(seconds: 3240))
    let noRefreshToken = try makeSession("event=done\naccess_token=at\nexpires_in=60\n", pool: pool)
    #expect(noRefreshToken.refreshDue == nil)
  }

  @Test func onlyASessionSomebodyAsksForIsInUse() throws {
    let session = try makeSession(pool: pool)
    #expect(!session.isInUse)
    session.lastServed = start
    #expect(session.isInUse)
    _ = try withBlock("event=done\naccess_token=at-2\n") {
      session.refreshed(by: $0, now: start.adding(seconds: 1), pool: pool)
    }
    #expect(!session.isInUse, "nobody has asked for the new token yet")
  }

  @Test func itsTokensAreWipedWithIt() throws {
    do { _ = try makeSession(signInAnswer + "id_token=x\n", pool: pool) }
    #expect(pool.bytesInUse == 0)
  }
}
