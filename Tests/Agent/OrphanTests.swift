import Attributes
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("An answer that came when the agent had ended")
struct OrphanTests {
  private let pool = SecretPool()
  private let answered = wallAtStart + 100

  private func account(_ answer: String = signInAnswer) throws -> Account {
    try restore(try makeAccount(answer, pool: pool).stored(in: pool), pool: pool)
  }

  private func take(
    _ text: String, _ account: Account, after seconds: Int64 = 20
  ) throws -> Account.OrphanEnd {
    try withBlock(text) {
      account.takeOrphanedAnswer($0, now: start, wallNow: answered + seconds, pool: pool)
    }
  }

  private var done: String {
    "event=done\naccess_token=at-2\nrefresh_token=rt-2\nexpires_in=60\nsession.x=y\n"
      + "answered_at=\(answered)\n"
  }

  @Test func itsTokensAreAsOldAsTheyAre() throws {
    let account = try account()
    #expect(try take(done, account) == .refreshed)
    let session = try #require(account.session)
    #expect(session.accessToken?.text == "at-2")
    #expect(session.refreshToken?.text == "rt-2")
    #expect(session.remaining(at: start) == 40)
    #expect(session.lifetime == 60)
    #expect(session.obtained.seconds(until: start) == 20)
    #expect(session.refreshed == session.obtained)
    #expect(session.carried.text("session.x") == "y")
    #expect(session.idToken == nil && session.scope == "openid")
    #expect(!account.isRefreshing && account.savingGeneration == nil)
  }

  @Test(arguments: [60, 61, 86_400, -61, -86_400] as [Int64])
  func anOldOneOrOneOfTheFutureIsNotServed(seconds: Int64) throws {
    let account = try account()
    #expect(try take(done, account, after: seconds) == .refreshed)
    #expect(account.session?.remaining(at: start) == 0)
    #expect(account.session?.refreshToken?.text == "rt-2")
  }

  @Test(arguments: ["", "answered_at=\n", "answered_at=x\n", "answered_at=9223372036854775807\n"])
  func withoutATimeItIsNotServed(line: String) throws {
    let account = try account()
    let answer = "event=done\naccess_token=at-2\nrefresh_token=rt-2\nexpires_in=60\n" + line
    #expect(try take(answer, account) == .refreshed)
    #expect(account.session?.remaining(at: start) == 0)
  }

  @Test func withoutAnExpiryNothingIsCounted() throws {
    let account = try account()
    #expect(
      try take("event=done\naccess_token=at-2\nanswered_at=\(answered)\n", account) == .refreshed)
    #expect(account.session?.remaining(at: start) == nil)
  }

  @Test func whatWasForSomebodyWhoHasGoneChangesTheRefreshTokenAlone() throws {
    let account = try account("event=done\naccess_token=at-1\nrefresh_token=rt-1\nscope=a b\n")
    #expect(try take(done + "scope=a\nnarrowed=yes\n", account) == .goesOn)
    #expect(account.session?.accessToken?.text == "at-1")
    #expect(account.session?.scope == "a b")
    #expect(account.session?.refreshToken?.text == "rt-2")
    #expect(account.session?.narrowed.count == 0)
    #expect(account.session?.hasAskedForLess == true)
  }

  @Test func invalidGrantHasEndedTheSession() throws {
    let account = try account()
    let end = try take(
      "error=login_required\nerror_description=the server said no\noauth_error=invalid_grant\n"
        + "answered_at=\(answered)\n", account)
    #expect(
      end == .ended(Failure(.loginRequired, "the server said no", hint: "sallyport login work")))
    #expect(account.session == nil)
    #expect(account.lastError?.code == .loginRequired)
    #expect(!account.isRefreshing && !account.isBlank)
  }

  @Test(
    arguments: [
      "error=temporarily_unavailable\nretry_after=60\n", "error=access_denied\n",
      "error=login_required\n", "error=failed\nnarrowed=yes\n",
    ])
  func anyOtherFailureIsNone(block: String) throws {
    let account = try account()
    #expect(
      try take(block + "error_description=no\nanswered_at=\(answered)\n", account) == .goesOn)
    #expect(account.session?.refreshToken?.text == "rt-1")
    #expect(account.lastError == nil && account.refresh == .idle)
  }

  @Test func aFailureMayHaveUsedUpTheToken() throws {
    let account = try account()
    let block = "error=failed\nerror_description=no\nrefresh_token=rt-9\nanswered_at=\(answered)\n"
    #expect(try take(block, account) == .goesOn)
    #expect(account.session?.refreshToken?.text == "rt-9")
  }

  @Test func anAnswerWithoutAccessTokenChangesTheRefreshTokenAlone() throws {
    let account = try account()
    #expect(try take("event=done\nrefresh_token=rt-2\nanswered_at=1\n", account) == .goesOn)
    #expect(account.session?.accessToken?.text == "at-1")
    #expect(account.session?.refreshToken?.text == "rt-2")
  }

  @Test func withoutASessionThereIsNothingToTake() throws {
    let account = Account(name: try accountName("work"))
    #expect(try take(done, account) == .goesOn)
    #expect(account.isBlank)
    #expect(pool.bytesInUse == 0)
  }
}
