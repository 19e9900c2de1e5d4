import Attributes
import Configuration
import Platform
import Secrets
import Testing
import Vault

@testable import Agent

@Suite("An account that is stored and restored")
struct StoringTests {
  private let pool = SecretPool()

  private func section() throws -> AccountSettings {
    try makeSection([
      "issuer": "https://as.example", "client_id": "x", "client_secret": "never stored",
      "resource": "https://one.example", "resource": "https://two.example", "allow": "/usr/bin/git",
      "confirm": "always", "credential_url": "https://git.example", "lifetime": "8h",
      "authorize.max_age": "0",
    ])
  }

  private func everything() throws -> Account {
    let account = try makeAccount(
      signInAnswer
        + "id_token=h.p.s\nsub=248\nusername=jane\nissuer=https://as.example\n"
        + "session.token_endpoint=https://as.example/t\nsession.resource=https://one.example\n"
        + "secret.dpop_key=-----KEY-----\nsecret.id_token=e.y.J\n",
      section: try section(),
      overrides: [
        Setting(key: "scope", value: "openid  a=b"),
        Setting(key: "redirect_uri", value: "http://1"),
        Setting(key: "redirect_uri", value: "http://2"),
      ], resourceURL: "https://one.example/x", pool: pool)
    let session = try #require(account.session)
    account.registration = try makeRegistration(
      "registration.client_id=c-1\nregistration.access_token=rat\n", settings: session.settings,
      pool: pool)
    session.registration = account.registration
    account.warning = "something is odd"
    return account
  }

  @Test func everythingComesBack() throws {
    let account = try restore(try everything().stored(in: pool), pool: pool)
    let session = try #require(account.session)
    #expect(session.accessToken?.text == "at-1")
    #expect(session.refreshToken?.text == "rt-1")
    #expect(session.idToken?.text == "h.p.s")
    #expect(session.tokenType == "Bearer" && session.token?.type == "Bearer")
    #expect(session.scope == "openid" && session.token?.scope == "openid")
    #expect(session.lifetime == 3600)
    #expect(session.remaining(at: start) == 3600)
    #expect(session.subject == "248")
    #expect(session.username == "jane")
    #expect(session.issuer == "https://as.example")
    #expect(session.resources == ["https://one.example"])
    #expect(session.carried.text("session.token_endpoint") == "https://as.example/t")
    #expect(session.carried.secrets.map(\.value.text) == ["-----KEY-----", "e.y.J"])
    #expect(account.registration?.lines.map(\.value.text) == ["c-1", "rat"])
    #expect(session.registration?.hasSameLines(as: account.registration) == true)
    #expect(account.warning == "something is odd")
    #expect(!account.isRefreshing && !account.isBlank)
  }

  @Test func whatIsRestoredIsStoredTheSame() throws {
    let text = try everything().stored(in: pool)
    #expect(try restore(text, pool: pool).stored(in: pool) == text)
    // The machine may have been started anew, an hour later.
    let later = BootInstant(nanoseconds: 5_000_000_000)
    let restored = try restore(text, pool: pool, now: later, wallNow: wallAtStart + 3600)
    #expect(
      try restored.stored(in: pool, at: later.adding(seconds: 9), wallNow: wallAtStart + 3609)
        == text)
  }

  @Test func theSettingsCompareTheSame() throws {
    let settings = try #require(
      try restore(try everything().stored(in: pool), pool: pool).session
    ).settings
    let section = try section()
    #expect(settings.section != nil)
    #expect(settings.difference(from: section) == nil)
    #expect(settings.difference(from: nil) == nil)
    let changed = section.overridden(by: [Setting(key: "issuer", value: "https://evil.example")])
    #expect(settings.difference(from: changed) == "issuer")
    #expect(settings.effective.all("redirect_uri") == ["http://1", "http://2"])
    #expect(settings["scope"] == "openid  a=b")
    #expect(settings.resourceURL == "https://one.example/x")
    #expect(settings.effective.holdsSecret, "the courier reads it from the file")
    #expect(settings.section?["lifetime"] == "8h")
  }

  @Test func aSecretOfTheClientStaysInTheFile() throws {
    let text = try everything().stored(in: pool)
    #expect(!text.contains("never stored"))
    #expect(text.contains("section.client_secret[]=\n"))
    #expect(!text.contains("credential_url"))
  }

  @Test func theRulesOfASectionThatWillVanishAreKept() throws {
    let restored = try restore(try everything().stored(in: pool), pool: pool)
    let section = try #require(restored.session?.settings.section)
    #expect(section.all("allow") == ["/usr/bin/git"] && section["confirm"] == "always")
    #expect(AccessPolicy(section) != nil)
  }

  @Test func withoutASectionThereIsNoneAfterwards() throws {
    let account = try makeAccount(
      overrides: [Setting(key: "issuer", value: "https://as.example")], pool: pool)
    let session = try #require(try restore(try account.stored(in: pool), pool: pool).session)
    #expect(session.settings.section == nil)
    #expect(session.settings["issuer"] == "https://as.example")
    let empty = try makeAccount(section: try makeSection([:]), pool: pool)
    let restored = try #require(try restore(try empty.stored(in: pool), pool: pool).session)
    #expect(restored.settings.section != nil)
  }

  // MARK: Sessions of all kinds

  @Test func withoutAnExpiryItIsUsableForever() throws {
    let account = try makeAccount("event=done\naccess_token=at\n", pool: pool)
    let text = try account.stored(in: pool)
    for wallNow in [0, wallAtStart - 86_400, wallAtStart, wallAtStart + 1_000_000] {
      let session = try #require(try restore(text, pool: pool, wallNow: wallNow).session)
      #expect(session.isUsable(at: start), "nothing depends on the clock")
      #expect(session.remaining(at: start) == nil)
      #expect(session.refreshToken == nil)
    }
  }

  @Test func aSessionWithoutAccessTokenKeepsTheOther() throws {
    let account = try makeAccount(pool: pool)
    account.session?.dropAccessToken()
    let restored = try restore(try account.stored(in: pool), pool: pool)
    #expect(restored.session?.token == nil)
    #expect(restored.session?.refreshToken?.text == "rt-1")
    #expect(restored.session?.remaining(at: start) == 0)
  }

  @Test func aSessionOfWhichNothingIsLeftIsNotStored() throws {
    let account = try makeAccount("event=done\naccess_token=at\nexpires_in=10\n", pool: pool)
    #expect(account.isWorthStoring)
    account.session?.wipeExpired(at: start.adding(seconds: 10))
    #expect(!account.isWorthStoring)
    let session = try #require(account.session)
    account.registration = try makeRegistration(
      "registration.client_id=c\n", settings: session.settings, pool: pool)
    let restored = try restore(try account.stored(in: pool), pool: pool)
    #expect(restored.session == nil && restored.registration != nil)
  }

  @Test func anExpiredTokenIsLeftOutAndTheRefreshTokenIsNot() throws {
    let account = try makeAccount(pool: pool)
    let later = start.adding(seconds: 3600)
    account.session?.wipeExpired(at: later)
    let text = try account.stored(in: pool, at: later, wallNow: wallAtStart + 3600)
    #expect(!text.contains("access_token="))
    #expect(try restore(text, pool: pool).session?.refreshToken?.text == "rt-1")
  }

  @Test func aTokenBoundToAKeyNeedsItsProofAfterwards() throws {
    let account = try makeAccount(
      "event=done\naccess_token=at\ntoken_type=dPoP\nsecret.dpop_key=k\n", pool: pool)
    let session = try #require(try restore(try account.stored(in: pool), pool: pool).session)
    #expect(session.needsProof)
    #expect(session.tokenType == "dPoP")
    #expect(session.carried.secrets.map(\.value.text) == ["k"])
  }

  @Test func narrowerTokensStayBehindAndTheirConsequenceDoesNot() throws {
    let account = try makeAccount(
      "event=done\naccess_token=at\nrefresh_token=rt\nscope=a b\n", pool: pool)
    let narrowing = Narrowing(scopes: ["a"])
    _ = try withBlock("event=done\naccess_token=less\nrefresh_token=rt-2\nscope=a\n") {
      account.session?.narrowed(to: narrowing, by: $0, now: start, pool: pool)
    }
    let text = try account.stored(in: pool)
    #expect(!text.contains("less\n"))
    let restored = try restore(text, pool: pool)
    #expect(restored.session?.refreshToken?.text == "rt-2")
    _ = try withBlock("event=done\naccess_token=at-2\nscope=a\n") {
      restored.session?.refreshed(by: $0, now: start, pool: pool)
    }
    #expect(restored.session?.notice?.contains("gives the session itself no b") == true)
    let again = try restore(try restored.stored(in: pool), pool: pool)
    #expect(again.session?.notice == restored.session?.notice)
  }

  @Test func aRegistrationAloneIsKept() throws {
    let account = Account(name: try accountName("work"))
    #expect(!account.isWorthStoring)
    let settings = SignInSettings(
      name: account.name, section: nil, overrides: [Setting(key: "proxy", value: "p")],
      resourceURL: "https://mcp.example")
    account.registration = try makeRegistration(
      "registration.client_id=c\n", settings: settings, pool: pool)
    #expect(account.isWorthStoring)
    let restored = try restore(try account.stored(in: pool), pool: pool)
    #expect(restored.session == nil && !restored.isBlank)
    #expect(restored.registration?.lines.map(\.value.text) == ["c"])
    #expect(restored.registration?.settings.resourceURL == "https://mcp.example")
    #expect(restored.registration?.settings["proxy"] == "p")
  }

  @Test func theClientOfTheSessionIsNotTheOneRegisteredSince() throws {
    let account = try everything()
    let session = try #require(account.session)
    account.registration = try makeRegistration(
      "registration.client_id=c-2\n", settings: session.settings, pool: pool)
    var restored = try restore(try account.stored(in: pool), pool: pool)
    #expect(restored.registration?.lines.map(\.value.text) == ["c-2"])
    #expect(restored.session?.registration?.lines.map(\.value.text) == ["c-1", "rat"])
    #expect(
      restored.session?.registration?.lines.first?.key == Array("registration.client_id".utf8))
    session.registration = nil
    restored = try restore(try account.stored(in: pool), pool: pool)
    #expect(restored.registration != nil && restored.session?.registration == nil)
  }

  @Test func unusualBytesAreNotLookedAt() throws {
    // A carriage return, a byte that is no UTF-8, equals signs and brackets.
    var answer = Array("event=done\nscope=ä \u{1F511}\nsession.x=a=b[]\n".utf8)
    answer += Array("access_token=a\r=[]".utf8) + [0xFF, 0x0A]
    answer += Array("secret.k=".utf8) + [0xFE, 0x0D, 0x0A]
    let account = Account(name: try accountName("work"))
    let settings = SignInSettings(name: account.name, section: nil, overrides: [])
    let session = try answer.withUnsafeBytes {
      Session(signedIn: try AttributeBlock($0), settings: settings, now: start, pool: pool)
    }
    _ = account.signedIn(try #require(session))
    var block = SecretBuffer(in: pool)
    try account.store(into: &block, at: start, wallNow: wallAtStart)
    var parts = SharedParts()
    let restored = try block.withUnsafeBytes {
      try Account.restored(
        try AttributeBlock($0), name: account.name, now: start, wallNow: wallAtStart,
        sharing: &parts, pool: pool)
    }
    let tokens = try #require(restored.session?.accessToken)
    #expect(tokens.withUnsafeBytes { Array($0) } == Array("a\r=[]".utf8) + [0xFF])
    #expect(restored.session?.scope == "ä \u{1F511}")
    #expect(restored.session?.carried.text("session.x") == "a=b[]")
    #expect(
      restored.session?.carried.secrets.first?.value.withUnsafeBytes { Array($0) } == [0xFE, 0x0D])
  }

  @Test func theLongestTokensFit() throws {
    func line(_ key: String) -> String {
      "\(key)=" + String(repeating: "t", count: AttributeLimits.lineLength - key.count - 1) + "\n"
    }
    let answer =
      "event=done\n" + line("access_token") + line("refresh_token") + line("id_token")
      + line("secret.dpop_key")
    let account = try makeAccount(answer, pool: pool)
    let restored = try restore(try account.stored(in: pool), pool: pool)
    let former = try #require(account.session)
    #expect(restored.session?.sharesToken(with: former) == true)
    #expect(restored.session?.idToken?.equals(former.idToken) == true)
  }

  @Test func whatNoBlockCanHoldIsRefused() throws {
    let lines = (0..<AttributeLimits.linesInBlock - 2).map { "session.\($0)=x\n" }.joined()
    let account = try makeAccount("access_token=at\n" + lines, pool: pool)
    #expect(throws: AttributeFault.blockTooLong) { try account.stored(in: pool) }
    let long = String(repeating: "x", count: 65_000)
    let heavy = try makeAccount(
      "access_token=at\n" + (0..<9).map { "session.\($0)=\(long)\n" }.joined(), pool: pool)
    #expect(throws: AttributeFault.blockTooLong) { try heavy.stored(in: pool) }
  }

  @Test func whatStandsBeforeInTheBufferIsNoPartOfIt() throws {
    var block = SecretBuffer(in: pool)
    block.append("access_token", constant: "of another block")
    block.endBlock()
    try makeAccount(pool: pool).store(into: &block, at: start)
    #expect(block.withUnsafeBytes { $0.last } == UInt8(ascii: "\n"))
    #expect(block.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }.contains("\n\naccess"))
  }

  @Test func nothingOfItStaysInThePool() throws {
    do {
      let text = try everything().stored(in: pool)
      _ = try restore(text, pool: pool)
    }
    #expect(pool.bytesInUse == 0)
  }
}
