import HTTP1
import OAuth
import Testing

@testable import Courier

/// Tokens for less than the session has: by refresh (RFC 6749 §6, RFC 8707) and by exchange
/// (RFC 8693).
@Suite struct NarrowingTests {
  private static func tokens(_ members: String = "") -> FakeReply {
    .json(#"{"access_token":"A","token_type":"Bearer"\#(members)}"#)
  }

  private func run(
    _ job: String, _ server: FakeServer, _ lines: [String]
  ) throws -> (block: CourierRun.Block, status: Int32) {
    let token = job == "refresh" ? "refresh_token=R-SECRET" : "access_token=AT-SECRET"
    return try CourierRun(
      [
        "job=\(job)", "account=work", "client_id=c", token,
        "session.token_endpoint=\(server.base)/t",
      ] + lines
    ).end()
  }

  private func form(_ server: FakeServer) throws -> FormParameters {
    try FormParameters(decoding: try #require(server.requests.first).body)
  }

  @Test func lessIsAskedForByScopeAndResource() throws {
    let server = try FakeServer { _ in Self.tokens(#","scope":"read","refresh_token":"R2""#) }
    let (block, status) = try run(
      "refresh", server,
      [
        "narrow.scope=read", "narrow.resource[]=https://a.example",
        "narrow.resource[]=https://b.example/x", "session.resource=https://whole.example",
      ])
    #expect(status == 0, "\(block.text)")
    let form = try form(server)
    #expect(form.value(of: "scope") == "read")
    #expect(form.values(of: "resource") == ["https://a.example", "https://b.example/x"])
    #expect(block["scope"] == "read")
    #expect(block["refresh_token"] == "R2")
    #expect(block.all("warning[]").isEmpty)
  }

  @Test func wholeRefreshIsForTheResourcesOfTheSession() throws {
    let server = try FakeServer { _ in Self.tokens() }
    let (block, status) = try run(
      "refresh", server, ["session.resource=https://a.example https://b.example"])
    #expect(status == 0)
    #expect(
      try form(server).values(of: "resource") == ["https://a.example", "https://b.example"])
    #expect(try form(server).value(of: "scope") == nil)
    #expect(block["scope"] == nil)
  }

  @Test func scopeIsWhatWasAskedForWhereTheServerSaysNothing() throws {
    let server = try FakeServer { _ in Self.tokens() }
    #expect(try run("refresh", server, ["narrow.scope=read write"]).block["scope"] == "read write")
  }

  @Test("scopes that are held back are named", arguments: ["refresh", "exchange"])
  func withheld(job: String) throws {
    let server = try FakeServer { _ in
      Self.tokens(
        #","scope":"read","issued_token_type":"urn:ietf:params:oauth:token-type:access_token""#)
    }
    let (block, status) = try run(job, server, ["narrow.scope=read write admin"])
    #expect(status == 0, "\(block.text)")
    #expect(block["scope"] == "read")
    #expect(block.all("warning[]") == ["the server did not grant write admin"])
  }

  @Test func scopesBeyondTheWishAreNamed() throws {
    let server = try FakeServer { _ in Self.tokens(#","scope":"openid read write""#) }
    let (block, status) = try run("refresh", server, ["narrow.scope=read"])
    #expect(status == 0, "\(block.text)")
    #expect(
      block.all("warning[]") == ["the server gave more than was asked for: openid write"])
  }

  @Test(
    "a session the server has narrowed needs another sign-in",
    arguments: ["invalid_scope", "invalid_target"])
  func narrowedByTheServer(code: String) throws {
    let server = try FakeServer { _ in .json(#"{"error":"\#(code)"}"#, status: 400) }
    let (block, status) = try run("refresh", server, ["session.resource=https://a.example"])
    #expect(status == 3, "\(block.text)")
    #expect(block["oauth_error"] == code)
    #expect(block["hint"]?.hasPrefix("sallyport login") == true)
  }

  @Test(
    "a refusal of less ends no session",
    arguments: [
      ("invalid_scope", 4), ("invalid_target", 4), ("", 4), ("invalid_grant", 3),
      ("temporarily_unavailable", 5),
    ])
  func refused(code: String, expected: Int32) throws {
    let server = try FakeServer { _ in
      code.isEmpty ? .status(400) : .json(#"{"error":"\#(code)"}"#, status: 400)
    }
    let (block, status) = try run("refresh", server, ["narrow.scope=more"])
    #expect(status == expected, "\(block.text)")
    #expect(!block.text.contains("R-SECRET"))
  }

  @Test(
    "what cannot be asked for is refused here",
    arguments: ["narrow.scope=a\"b", "narrow.resource[]=api", "narrow.resource[]=https://a#f"])
  func malformed(line: String) throws {
    let server = try FakeServer { _ in Self.tokens() }
    #expect(try run("refresh", server, [line]).status == 1)
    #expect(server.requests.isEmpty)
  }

  // MARK: Exchange (RFC 8693)

  private static let issued =
    #","issued_token_type":"urn:ietf:params:oauth:token-type:access_token","expires_in":60"#

  @Test func accessTokenIsExchangedForOneOfAnotherService() throws {
    let server = try FakeServer { _ in Self.tokens(Self.issued + #","refresh_token":"R2""#) }
    let (block, status) = try run(
      "exchange", server,
      [
        "audience[]=one", "audience[]=two", "narrow.scope=read",
        "narrow.resource[]=https://a.example",
      ]
    )
    #expect(status == 0, "\(block.text)")
    let form = try form(server)
    #expect(
      form.value(of: "grant_type") == "urn:ietf:params:oauth:grant-type:token-exchange")
    #expect(form.value(of: "subject_token") == "AT-SECRET")
    #expect(
      form.value(of: "subject_token_type") == "urn:ietf:params:oauth:token-type:access_token")
    #expect(form.values(of: "audience") == ["one", "two"])
    #expect(form.values(of: "resource") == ["https://a.example"])
    #expect(form.value(of: "client_id") == "c")
    #expect(block["access_token"] == "A")
    #expect(block["expires_in"] == "60")
    #expect(block["scope"] == "read")
    #expect(block["refresh_token"] == nil)
  }

  @Test func exchangeIsProvenWhereTheTokenIsBound() throws {
    let server = try FakeServer { _ in
      .json(#"{"access_token":"A","token_type":"DPoP"\#(Self.issued)}"#)
    }
    let key = try ProofKey(for: try ClientFixture.metadata())
    let (block, status) = try run(
      "exchange", server,
      ["audience[]=one", "secret.dpop_key=\(key.storable)", "session.dpop_alg=ES256"])
    #expect(status == 0, "\(block.text)")
    #expect(block["token_type"] == "DPoP")
    #expect(server.requests.first?.fields["DPoP"] != nil)
  }

  @Test(
    "a refusal of an exchange is not the end of the session",
    arguments: ["invalid_grant", "invalid_request", "invalid_target", "unsupported_grant_type"])
  func exchangeRefused(code: String) throws {
    let server = try FakeServer { _ in .json(#"{"error":"\#(code)"}"#, status: 400) }
    let (block, status) = try run("exchange", server, ["audience[]=one"])
    #expect(status == 4)
    #expect(block["error"] == "access_denied")
    #expect(block["oauth_error"] == code)
    #expect(!block.text.contains("AT-SECRET"))
  }

  @Test func answerThatIsNoAccessTokenIsRefused() throws {
    let server = try FakeServer { _ in
      Self.tokens(#","issued_token_type":"urn:ietf:params:oauth:token-type:refresh_token""#)
    }
    #expect(try run("exchange", server, ["audience[]=one"]).status == 1)
  }

  @Test func exchangeForNothingIsRefused() throws {
    let server = try FakeServer { _ in Self.tokens(Self.issued) }
    #expect(try run("exchange", server, []).status == 2)
    #expect(server.requests.isEmpty)
  }
}
