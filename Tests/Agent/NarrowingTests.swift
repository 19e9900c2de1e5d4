import Attributes
import Secrets
import Testing

@testable import Agent

@Suite("What a narrower token is wanted for")
struct NarrowingTests {
  private let pool = SecretPool()

  private func read(_ lines: String...) throws -> Narrowing? {
    try withBlock(lines.map { $0 + "\n" }.joined()) { try Narrowing.read($0) }
  }

  @Test func aRequestWithoutAnyOfThemWantsTheSessionsToken() throws {
    #expect(try read("action=token", "account=work") == nil)
    #expect(try read("scope=") == nil)
    #expect(try read("scope=  ") == nil)
  }

  @Test func orderAndRepetitionMakeNoDifference() throws {
    let one = try read("scope=b a", "resource[]=https://y", "resource[]=https://x")
    let other = try read("resource[]=https://x", "scope=a b a", "resource[]=https://y")
    #expect(one == other)
    #expect(one?.scopes == ["a", "b"])
    #expect(one?.resources == ["https://x", "https://y"])
    #expect(try read("scope=a") != read("audience[]=a"))
    #expect(try read("resource[]=a") != read("audience[]=a"))
  }

  @Test(arguments: [
    "resource[]=", "audience[]=", "resource[]=https://a b", "audience[]=\u{7F}", "scope=a\tb",
    "resource[]=https://ä", "scope=a\u{1}",
  ])
  func whatIsNoNameIsRefused(line: String) throws {
    let refusal = #expect(throws: Failure.self) { _ = try read(line) }
    #expect(refusal?.code == .invalidRequest)
  }

  @Test func thereIsAnEndToTheirNumberAndLength() throws {
    let many = (1...16).map { "resource[]=https://\($0)" }
    #expect(try withBlock(many.joined(separator: "\n") + "\n") { try Narrowing.read($0) } != nil)
    let more = many + ["resource[]=https://17"]
    #expect(throws: Failure.self) {
      _ = try withBlock(more.joined(separator: "\n") + "\n") { try Narrowing.read($0) }
    }
    let long = String(repeating: "a", count: 2048)
    #expect(try read("audience[]=\(long)") != nil)
    #expect(throws: Failure.self) { _ = try read("audience[]=\(long)a") }
  }

  // MARK: What the session has already

  private func narrowing(_ lines: String..., session: Session) throws -> Narrowing? {
    session.narrowing(
      of: TokenRequest(
        connection: 1, form: .token(wantsIDToken: false), validity: 60, mayLogin: false,
        narrowing: try withBlock(lines.map { $0 + "\n" }.joined()) { try Narrowing.read($0) }))
  }

  @Test func theSessionsOwnScopeAndResourcesAreItsOwnToken() throws {
    let session = try makeSession(
      """
      event=done
      access_token=at
      scope=openid profile
      session.resource=https://x https://y

      """, pool: pool)
    #expect(session.resources == ["https://x", "https://y"])
    #expect(try narrowing("scope=profile openid", session: session) == nil)
    #expect(try narrowing("resource[]=https://y", "resource[]=https://x", session: session) == nil)
    #expect(try narrowing("scope=openid", session: session) != nil)
    #expect(try narrowing("scope=openid profile email", session: session) != nil)
    #expect(try narrowing("resource[]=https://x", session: session) != nil)
    #expect(
      try narrowing("scope=openid profile", "resource[]=https://x", session: session) != nil)
    #expect(
      try narrowing("scope=openid profile", "audience[]=https://x", session: session) != nil)
  }

  // MARK: The tokens that are kept

  private func token(_ text: String) throws -> AccessToken {
    try #require(
      try withBlock("access_token=\(text)\n") {
        AccessToken($0, formerType: "Bearer", now: start, pool: pool)
      })
  }

  @Test func theOneUnusedLongestGoesFirst() throws {
    var kept = NarrowedTokens()
    for number in 1...64 {
      kept.keep(try token("t\(number)"), for: Narrowing(scopes: ["s\(number)"]))
    }
    #expect(kept.count == 64)
    #expect(kept.take(Narrowing(scopes: ["s1"]))?.secret?.text == "t1")
    kept.keep(try token("t65"), for: Narrowing(scopes: ["s65"]))
    #expect(kept.count == 64)
    #expect(kept.take(Narrowing(scopes: ["s1"])) != nil, "it was used")
    #expect(kept.take(Narrowing(scopes: ["s2"])) == nil)
    #expect(kept.take(Narrowing(scopes: ["s65"])) != nil)
  }

  @Test func aNewTokenTakesThePlaceOfTheOldOne() throws {
    var kept = NarrowedTokens()
    kept.keep(try token("one"), for: Narrowing(scopes: ["s"]))
    kept.keep(try token("two"), for: Narrowing(scopes: ["s"]))
    #expect(kept.count == 1)
    #expect(kept.all.map(\.secret?.text) == ["two"])
  }

  @Test(arguments: [("Bearer", false), ("DPoP", true), ("dpop", true), ("N_A", false)])
  func onlyATokenBoundToAKeyNeedsAProof(type: String, needsProof: Bool) throws {
    let session = try makeSession("event=done\naccess_token=at\ntoken_type=\(type)\n", pool: pool)
    #expect(session.needsProof == needsProof)
    session.dropAccessToken()
    #expect(session.needsProof == needsProof)
  }
}
