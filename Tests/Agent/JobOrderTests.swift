import Attributes
import Configuration
import Glibc
import Platform
import Secrets
import Testing

@testable import Agent

@Suite("The order of a courier")
struct JobOrderTests {
  private let pool = SecretPool()
  private let scratch: ScratchFolder

  init() throws { scratch = try ScratchFolder() }

  /// The lines of an order for `section`, with the client_secret read from `path`.
  private func order(
    _ section: AccountSettings, overrides: [Setting] = [], path: String? = nil
  ) throws -> [String] {
    var order = try JobOrder(job: "login", account: "work", timeout: 300, pool: pool)
    try order.add(
      SignInSettings(name: section.name, section: section, overrides: overrides), path: path)
    return lines(order.finished())
  }

  private func lines(_ order: consuming SecretBuffer) -> [String] {
    let text = order.withUnsafeBytes { String(decoding: $0, as: UTF8.self) }
    #expect(text.hasSuffix("\n\n"))
    return text.split(separator: "\n").map(String.init)
  }

  @Test func theJobComesFirst() throws {
    #expect(
      try order(try makeSection([:])).prefix(3) == ["job=login", "account=work", "timeout=300"])
  }

  @Test func settingsAreSpelledAsInTheFileAndListsAsLists() throws {
    let lines = try order(
      try makeSection([
        "issuer": "https://a", "redirect_uri": "http://localhost:3000/callback",
        "redirect_uri": "http://127.0.0.1/", "authorize.prompt": "login", "scope": "a b",
      ]))
    #expect(
      lines.dropFirst(3) == [
        "issuer=https://a", "redirect_uri[]=http://localhost:3000/callback",
        "redirect_uri[]=http://127.0.0.1/", "authorize.prompt=login", "scope=a b",
      ])
  }

  @Test func theAgentsOwnBusinessIsNotSent() throws {
    let lines = try order(
      try makeSection([
        "credential_url": "https://git.example", "login": "on-demand", "username": "u",
        "client_id": "x",
      ]))
    #expect(lines.dropFirst(3) == ["client_id=x"])
  }

  @Test func overridesWin() throws {
    let lines = try order(
      try makeSection(["client_id": "x", "scope": "a"]),
      overrides: [Setting(key: "scope", value: "b")])
    #expect(lines.dropFirst(3) == ["client_id=x", "scope=b"])
  }

  @Test func theSecretIsCopiedFromTheFileItself() throws {
    let path = try scratch.write(
      "config",
      """
      [other]
      client_secret = of another
      [work]
      issuer = https://a
      client_secret = "s3 cret;#=" ; a comment

      """)
    let file = try #require(try ConfigurationReader.load(path: path))
    let section = try #require(file.account("work"))
    #expect(section["client_secret"] == "", "the agent itself keeps none")
    #expect(
      try order(section, path: path).dropFirst(3) == [
        "issuer=https://a", "client_secret=s3 cret;#=",
      ])
    #expect(try order(section, path: nil).dropFirst(3) == ["issuer=https://a"])
  }

  /// RFC 6749 §10.4: the new server's secret is not for the one the job was decided for.
  @Test func theSecretOfASectionThatHasTurnedToAnotherServerIsNotSent() throws {
    let path = try scratch.write(
      "config", "[work]\nissuer = https://new\nclient_secret = of the new one\n")
    let section = try makeSection(["issuer": "https://a", "client_secret": ""])
    let refusal = #expect(throws: Failure.self) { _ = try order(section, path: path) }
    #expect(refusal?.description.hasSuffix("has just been changed") == true)
  }

  @Test func aFileThatHasGoneIsAFailure() throws {
    let section = try makeSection(["client_secret": ""])
    #expect(throws: Failure(.failed, "cannot read \(scratch("none")): no such file or directory")) {
      _ = try order(section, path: scratch("none"))
    }
  }

  @Test func tokensAndWhatIsCarriedAreAdded() throws {
    let session = try makeSession(
      signInAnswer + "session.token_endpoint=https://a/t\n", pool: pool)
    var order = try JobOrder(job: "refresh", account: "work", timeout: 60, pool: pool)
    try order.add("refresh_token", session.refreshToken)
    try order.add("id_token", session.idToken)
    try order.add(session.carried)
    #expect(
      lines(order.finished()).dropFirst(3) == [
        "refresh_token=rt-1", "session.token_endpoint=https://a/t",
      ])
  }

  @Test func nothingOfItStaysBehind() throws {
    _ = try order(try makeSection(["client_id": "x"]))
    #expect(pool.bytesInUse == 0)
  }

  @Test func aPipeInThePlaceOfTheFileKeepsNobodyWaiting() throws {
    try #require(mkfifo(scratch("pipe"), 0o600) == 0)
    let section = try makeSection(["client_secret": ""])
    #expect(throws: Failure.self) { _ = try order(section, path: scratch("pipe")) }
  }
}
