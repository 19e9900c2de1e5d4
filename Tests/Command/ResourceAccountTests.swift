import Attributes
import Configuration
import Testing

@testable import Command

private func account(_ name: String, _ resources: String...) throws -> AccountSettings {
  let name = try #require(AccountName(name))
  return AccountSettings(
    name: name, settings: resources.map { Setting(key: "resource", value: $0) })
}

private func found(_ address: String, _ accounts: [AccountSettings]) throws -> String? {
  try #require(ResourceAccount(address)).configured(among: accounts)?.name.text
}

private func target(
  _ words: [String], _ accounts: [AccountSettings] = [], file: String = ""
) throws -> LoginTarget {
  let invocation = try Invocation(Login.verb, words)
  let file = try accounts.reduce(Array(file.utf8)) { text, account in
    try text.withUnsafeBytes { try ConfigurationEditor.adding(account, to: $0) }
  }
  let configured = Configured(
    path: nil, file: try file.withUnsafeBytes { try ConfigurationFile(parsing: $0) })
  return try LoginTarget.of(
    invocation, LoginOptions.settings(of: invocation), configured, once: false)
}

@Suite struct ResourceAccountTests {
  @Test(arguments: [
    ("https://mcp.example/a", "https://mcp.example/a"),
    ("https://mcp.example/a/b", "https://mcp.example/a"),
    ("https://mcp.example/a?x=1", "https://mcp.example/a"),
    ("https://mcp.example", "https://mcp.example/"),
    ("https://mcp.example/a", "https://mcp.example"),
    ("https://MCP.example:443/a", "https://mcp.example"),
    ("http://localhost:9/a", "http://localhost:9"),
  ])
  func anAddressBelongsToTheResourceThatCoversIt(_ address: String, _ resource: String) throws {
    #expect(try found(address, [account("other", "urn:x"), account("api", resource)]) == "api")
  }

  @Test(arguments: [
    ("https://mcp.example/ab", "https://mcp.example/a"),
    ("https://mcp.example/", "https://mcp.example/a"),
    ("https://mcp.example.evil/", "https://mcp.example/"),
    ("https://mcp.example:8443/", "https://mcp.example/"),
    ("http://localhost/a", "https://localhost/a"),
    ("https://mcp.example/a/../b", "https://mcp.example/a"),
    ("https://mcp.example/a/%2E%2e/b", "https://mcp.example/a"),
    ("https://mcp.example/a/b", "https://mcp.example/a?x"),
    ("https://mcp.example/a", "urn:mcp.example"),
  ])
  func noOtherAddressDoes(_ address: String, _ resource: String) throws {
    #expect(try found(address, [account("api", resource)]) == nil)
  }

  @Test func theWholeAddressWinsThenTheLongestPath() throws {
    let accounts = try [
      account("host", "https://a.example"), account("deep", "urn:x", "https://a.example/b/c"),
      account("path", "https://a.example/b"), account("exact", "https://a.example/b/c/d?e"),
    ]
    #expect(try found("https://a.example/b/c/d", accounts) == "deep")
    #expect(try found("https://a.example/b/x", accounts) == "path")
    #expect(try found("https://a.example/x", accounts) == "host")
    #expect(try found("https://a.example/b/c/d?e", accounts) == "exact")
  }

  @Test(arguments: [
    ("https://mcp.example.com/mcp", "mcp.example.com"),
    ("https://mcp.example.com:8443/mcp", "mcp.example.com"),
    ("http://localhost:9400/resource", "localhost"), ("http://[::1]:9/", "localhost"),
    ("https://[2001:db8::1]/x", "2001-db8-1"), ("https://_x.example/", "x.example"),
  ])
  func theNameIsTheHost(_ address: String, _ name: String) throws {
    #expect(try #require(ResourceAccount(address)).newName(among: [])?.text == name)
  }

  @Test func whatIsTakenIsToldApartByPortAndPath() throws {
    var accounts: [AccountSettings] = []
    let address = try #require(ResourceAccount("https://a.example:8443/b%20c//d/"))
    for expected in [
      "a.example", "a.example-8443", "a.example-8443-b-20c-d", "a.example-8443-b-20c-d-2",
      "a.example-8443-b-20c-d-3",
    ] {
      #expect(address.newName(among: accounts)?.text == expected)
      accounts.append(try account(expected))
    }
    let plain = try #require(ResourceAccount("https://a.example/b"))
    #expect(plain.newName(among: accounts)?.text == "a.example-b")
  }

  @Test func aLongNameIsCut() throws {
    let host = [String](repeating: "label", count: 20).joined(separator: ".")
    let address = try #require(ResourceAccount("https://\(host)/"))
    let first = try #require(address.newName(among: []))
    #expect(first.text.utf8.count == AccountName.longest)
    let second = try #require(address.newName(among: [AccountSettings(name: first)]))
    #expect(second.text.hasSuffix("-2"))
  }

  @Test(arguments: [
    "", "mcp.example", "urn:example:api", "http://mcp.example/", "https://u@mcp.example/",
    "https://mcp.example/#x", "ftp://mcp.example/", "https://", "https://a b/", "javascript:1",
  ])
  func whatCannotBeAskedIsNoAddress(_ text: String) {
    #expect(ResourceAccount(text) == nil)
  }
}

@Suite struct LoginTargetTests {
  @Test func anAddressThatIsNewIsSavedUnderItsHost() throws {
    let target = try target(["https://mcp.example/mcp", "--client-id", "x"])
    #expect(target.name == "mcp.example")
    #expect(target.isNameDerived)
    #expect(target.resourceURL == "https://mcp.example/mcp")
    #expect(
      target.settings.map { "\($0.key)=\($0.value)" } == [
        "resource=https://mcp.example/mcp", "client_id=x",
      ])
  }

  @Test func anAddressThatIsKnownBelongsToItsAccount() throws {
    let target = try target(
      ["https://mcp.example/mcp/x"], [account("api", "https://mcp.example/mcp")])
    #expect(target.name == "api")
    #expect(!target.isNameDerived)
    #expect(target.resourceURL == "https://mcp.example/mcp/x")
    #expect(target.settings.isEmpty)
  }

  @Test(arguments: [
    (["api", "--resource", "https://mcp.example/"], "https://mcp.example/"),
    (["api", "--resource", "https://a.example/", "--issuer", "https://b.example"], nil),
    (["api", "--resource", "https://a.example/", "--token-endpoint", "https://b.example/t"], nil),
    (["api", "--resource", "urn:example:api"], nil), (["api", "--client-id", "x"], nil),
    (["work", "--resource", "https://mcp.example/"], nil),
  ])
  func aResourceIsAskedWhereNothingElseNamesTheServer(_ words: [String], _ url: String?) throws {
    let target = try target(words, file: "[work]\nissuer = https://b.example\n")
    #expect(target.resourceURL == url)
    #expect(target.name == words[0])
  }

  @Test(arguments: [
    (["mcp.example.com/mcp"], "sallyport login https://mcp.example.com/mcp"),
    (["localhost:9400/mcp"], "sallyport login http://localhost:9400/mcp"),
    (["--resource", "https://mcp.example/"], "sallyport login https://mcp.example/"),
    (["https://mcp.example/", "--resource", "https://b.example/"], "sallyport help login"),
    (["http://mcp.example/"], "sallyport help login"),
    (["https://u@mcp.example/"], "sallyport help login"),
    (["https://mcp.example/#x"], "sallyport help login"), (["ftp://x/"], "sallyport help login"),
    (["a b"], "sallyport help login"), (["u@x.example/y"], "sallyport help login"),
  ])
  func aMistakeIsToldWithWhatToGive(_ words: [String], _ hint: String) throws {
    let failure = try #require(throws: Failure.self) { try target(words) }
    #expect(failure.code == .invalidRequest)
    #expect(failure.hint == hint)
  }

  @Test func theAddressOfAMistakeIsNamedAsOne() throws {
    let failure = try #require(throws: Failure.self) { try target(["http://mcp.example/"]) }
    #expect(
      failure.description
        == "the address is http, which is for localhost, 127.0.0.1 and [::1] alone")
  }
}
