import Attributes
import Platform
import Secrets
import Testing
import Vault

@testable import Agent

@Suite("The times of a stored session, and clocks that were set")
struct StoredTimesTests {
  private let pool = SecretPool()
  private let day: Int64 = 86_400

  /// A machine that was started a moment ago.
  private let now = BootInstant(nanoseconds: 5_000_000_000)

  private func restored(wall seconds: Int64, of answer: String = signInAnswer) throws -> Session {
    let text = try makeAccount(answer, pool: pool).stored(in: pool)
    let account = try restore(text, pool: pool, now: now, wallNow: wallAtStart + seconds)
    return try #require(account.session)
  }

  @Test(arguments: [0, 1, 1800, 3599] as [Int64])
  func whatIsLeftIsWhatTheTimeHasLeft(seconds: Int64) throws {
    let session = try restored(wall: seconds)
    #expect(session.remaining(at: now) == 3600 - seconds)
    #expect(session.lifetime == 3600)
    #expect(session.obtained.seconds(until: now) == seconds)
    #expect(session.signedInAt.seconds(until: now.adding(seconds: 5)) == seconds + 5)
    #expect(session.refreshDue == now.adding(seconds: 3240 - seconds))
  }

  @Test func aClockSetForwardsCostsOneRefresh() throws {
    let session = try restored(wall: day)
    #expect(session.remaining(at: now) == 0)
    #expect(!session.isUsable(at: now))
    #expect(session.refreshToken != nil)
    #expect(session.expiresAt.map { $0 <= now.wallClockSeconds } == true)
  }

  @Test func aClockSetBackwardsLengthensNothing() throws {
    for seconds in [-61, -day, -wallAtStart, -wallAtStart - day] {
      let session = try restored(wall: seconds)
      #expect(session.remaining(at: now) == 0, "nobody can tell what is left")
      #expect(session.refreshToken != nil)
    }
  }

  @Test func aSmallCorrectionOfTheClockIsNoMatter() throws {
    for seconds in [-1, -60] as [Int64] {
      #expect(try restored(wall: seconds).remaining(at: now) == 3600)
    }
  }

  /// Sets the clock back, but not behind the time the token was obtained.
  @Test func aTokenNeverSeemsToLiveLongerThanTheServerSaid() throws {
    let text = try makeAccount(pool: pool).stored(in: pool)
      .replacing("expires_at=\(wallAtStart + 3600)", with: "expires_at=\(Int64.max)")
    let session = try #require(
      try restore(text, pool: pool, now: now, wallNow: wallAtStart).session)
    #expect(session.remaining(at: now) == 3600)
  }

  @Test func theSignInIsAsOldAsTheSessionIsKnownToBe() throws {
    let account = try makeAccount(pool: pool)
    let later = start.adding(seconds: 5000)
    _ = try withBlock("event=done\naccess_token=at-2\nexpires_in=60\n") {
      account.session?.refreshed(by: $0, now: later, pool: pool)
    }
    #expect(account.session?.signedInAt == PastMoment(start), "a refresh is no sign-in")
    #expect(account.session?.refreshed == PastMoment(later))
    let text = try account.stored(in: pool, at: later, wallNow: wallAtStart + 5000)
    #expect(text.contains("signed_in_at=\(wallAtStart)\n"))
    #expect(text.contains("refreshed_at=\(wallAtStart + 5000)\n"))
    let restored = try #require(
      try restore(text, pool: pool, now: now, wallNow: wallAtStart - day).session)
    #expect(restored.signedInAt.seconds(until: now) == 5000)
    #expect(restored.obtained.seconds(until: now) == 0)
    #expect(restored.refreshed?.seconds(until: now) == 0)
  }

  /// The clock is set back, a refresh is written down, and the agent ends without a word.
  @Test func aRefreshUnderAClockThatWasSetBackIsNoMalformedSession() throws {
    let account = try makeAccount(pool: pool)
    let later = start.adding(seconds: 5000)
    _ = try withBlock("event=done\naccess_token=at-2\nexpires_in=60\n") {
      account.session?.refreshed(by: $0, now: later, pool: pool)
    }
    for wall in [wallAtStart - day, wallAtStart, 10, 0, -day] {
      let text = try account.stored(in: pool, at: later, wallNow: wall)
      for passed in [0, 20, -day, day] {
        let session = try #require(
          try restore(text, pool: pool, now: now, wallNow: wall + passed).session)
        #expect(session.refreshToken != nil)
        #expect(session.remaining(at: now).map { $0 <= 60 } == true, "\(wall) \(passed)")
      }
    }
  }

  @Test func onlyWhoAsksAfterTheRestoringHasItInUse() throws {
    let session = try restored(wall: 10)
    #expect(!session.isInUse)
    session.lastServed = now
    #expect(session.isInUse)
  }

  @Test func aLifetimeThatIsOverIsStoredAsSuch() throws {
    let session = try restored(
      wall: 0, of: "event=done\naccess_token=at\nrefresh_token=rt\nexpires_in=0\n")
    #expect(session.remaining(at: now) == 0 && session.lifetime == 0)
  }

  @Test func anEndlessLifetimeIsNoTrap() throws {
    let answer = "event=done\naccess_token=at\nexpires_in=\(Int64.max)\n"
    let session = try restored(wall: 0, of: answer)
    #expect(session.remaining(at: now).map { $0 > 1 << 32 } == true)
    #expect(session.lifetime == .max)
  }

  // MARK: Malformed ones

  /// Replaces a line of a good payload and expects a refusal.
  private func refusal(_ key: String, _ line: String) throws -> RestoreFault? {
    let text = try makeAccount(section: try makeSection(["issuer": "https://a"]), pool: pool)
      .stored(in: pool)
    let lines = text.split(separator: "\n").filter { !$0.hasPrefix(key) }.map { $0 + "\n" }
    do {
      _ = try restore(lines.joined() + line, pool: pool)
      return nil
    } catch { return error as? RestoreFault }
  }

  @Test(
    arguments: [
      ("obtained_at", ""), ("obtained_at", "obtained_at=-1\n"), ("obtained_at", "obtained_at=x\n"),
      ("expires_at", ""), ("expires_at", "expires_at=1\n"), ("expires_in", ""),
      ("signed_in_at", ""), ("signed_in_at", "signed_in_at=1800000001\n"),
      ("refreshed_at", "refreshed_at=1\n"), ("refreshed_at", "refreshed_at=\n"),
    ])
  func timesThatCannotBe(key: String, line: String) throws {
    #expect(try refusal(key, line) == .session(.timesMalformed))
  }

  @Test(
    arguments: [
      ("token_type", ""), ("scope", ""), ("expires_in", "expires_in=-1\n"),
      ("expires_in", "expires_in=9223372036854775808\n"), ("signed_in_at", "signed_in_at=\n"),
      ("asked_for_less", "asked_for_less=no\n"), ("section", "section=no\n"),
      ("state", "state=registered\n"), ("session_registration", "session_registration=yes\n"),
    ])
  func valuesThatAreNone(key: String, line: String) throws {
    #expect(try refusal(key, line) == .malformed(key: key))
  }

  @Test func settingsWithoutTheirSection() throws {
    #expect(try refusal("section=", "") == .malformed(key: "section"))
    #expect(try refusal("-", "section.issuer=x\n") == .malformed(key: "section.issuer"))
  }

  @Test(
    arguments: [
      "future=x\n", "section.future[]=x\n", "override.vault[]=memory\n", "scope[]=x\n",
      "event=done\n", "client_secret=x\n", "registration_section.nothing[]=x\n",
    ])
  func linesNobodyWrites(line: String) throws {
    guard case .unknownKey? = try refusal("-", line) else {
      Issue.record("\(line) is taken")
      return
    }
  }

  @Test func nothingAtAll() throws {
    #expect(throws: RestoreFault.session(.noToken)) { _ = try restore("", pool: pool) }
    #expect(throws: RestoreFault.empty) { _ = try restore("state=registered\n", pool: pool) }
    let name = try accountName("work")
    #expect(
      RestoreFault.empty.failure(of: name).description
        == "what the vault keeps of work has neither a session nor a registration: it cannot be used"
    )
    #expect(RestoreFault.unknownKey("a\u{1B}b").sentence.utf8.allSatisfy { $0 >= 0x20 })
  }
}
