import HTTP1
import Testing

@testable import Courier

/// What the authorization server's own answers end in.
@Suite struct AuthorizationAnswerTests {
  /// A sign-in by discovery; `more` goes into the metadata.
  private func signIn(
    metadata more: String = ""
  ) throws -> (FakeServer, CourierRun, Browser, CourierRun.Block) {
    let server = try FakeServer { request in
      let base = "http://\(request.host)"
      guard request.path == "/.well-known/oauth-authorization-server" else {
        return request.path == "/token" ? .json(SignInFixture.tokens) : .status(404)
      }
      return .json(
        #"{"issuer":"\#(base)","authorization_endpoint":"\#(base)/a","token_endpoint":"\#(base)/token"\#(more)}"#
      )
    }
    let port = try Sockets.freePort()
    let run = try CourierRun([
      "job=login", "account=work", "client_id=client", "issuer=\(server.base)",
      "redirect_uri=http://localhost:\(port)/callback",
    ])
    return (server, run, Browser(port: port), try run.next("authorize"))
  }

  private let announced = #","authorization_response_iss_parameter_supported":true"#

  @Test func refusalOfTheServerIsFinalAndCleaned() throws {
    let (_, run, browser, authorize) = try signIn()
    let state = try #require(authorize["state"])
    let page = try browser.finish(
      "/callback?error=access_denied&error_description=%3Cscript%3E%1B%5B31mno%0A&state=\(state)"
    ).page
    #expect(!page.contains("<script>"))
    let (block, status) = try run.end()
    #expect(status == 4)
    #expect(block["error"] == "access_denied")
    #expect(block["oauth_error"] == "access_denied")
    #expect(block["error_description"]?.contains("\u{1B}") == false)
  }

  @Test func refusalThatIsTransientMayBeTriedAgain() throws {
    let (_, run, browser, authorize) = try signIn()
    _ = try browser.finish(
      "/callback?error=temporarily_unavailable&state=\(authorize["state"] ?? "")")
    #expect(try run.end().status == 5)
  }

  @Test("an answer of another issuer ends it", arguments: ["https://evil.example", ""])
  func issuer(given: String) throws {
    let (server, run, browser, authorize) = try signIn(metadata: announced)
    let iss = given.isEmpty ? "" : "&iss=\(given)"
    _ = try browser.finish("/callback?code=C&state=\(authorize["state"] ?? "")\(iss)")
    #expect(try run.end().status == 1)
    #expect(server.requests("/token").isEmpty)
  }

  @Test func rightIssuerIsAccepted() throws {
    let (server, run, browser, authorize) = try signIn(metadata: announced)
    let iss = "http%3A%2F%2F127.0.0.1%3A\(server.port)"
    _ = try browser.finish("/callback?code=C&state=\(authorize["state"] ?? "")&iss=\(iss)")
    #expect(try run.end().status == 0)
  }

  @Test func codeBesideAnErrorIsRefused() throws {
    let (server, run, browser, authorize) = try signIn()
    _ = try browser.finish(
      "/callback?code=C&error=access_denied&state=\(authorize["state"] ?? "")")
    #expect(try run.end().status == 1)
    #expect(server.requests("/token").isEmpty)
  }

  @Test(
    "a server this cannot be done with is refused before anybody is asked",
    arguments: [
      (#","code_challenge_methods_supported":["plain"]"#, "S256"),
      (#","require_pushed_authorization_requests":true"#, "pushed"),
    ])
  func refusedServer(more: String, word: String) throws {
    let server = try FakeServer { request in
      let base = "http://\(request.host)"
      return .json(
        #"{"issuer":"\#(base)","authorization_endpoint":"\#(base)/a","token_endpoint":"\#(base)/t"\#(more)}"#
      )
    }
    let run = try CourierRun([
      "job=login", "client_id=c", "issuer=\(server.base)", "redirect_uri=app:/cb",
    ])
    #expect(try run.next()["version"] != nil)
    let block = try run.next()
    #expect(block["error"] == "failed")
    #expect(block["error_description"]?.contains(word) == true)
  }

  @Test(
    "a way to authenticate that there is nothing for is refused",
    arguments: [
      ("private_key_jwt", "needs a private key"), ("tls_client_auth", "needs a certificate"),
      ("self_signed_tls_client_auth", "needs a certificate"),
      ("client_secret_jwt", "needs a client secret"),
      ("client_secret_basic", "needs a client secret"), ("magic", "not supported"),
    ])
  func nothingToAuthenticateWith(method: String, words: String) throws {
    let (block, status) = try CourierRun([
      "job=login", "client_id=c", "authorization_endpoint=https://a.example/a",
      "token_endpoint=https://a.example/t", "redirect_uri=app:/cb",
      "token_endpoint_auth_method=\(method)",
    ]).end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains(words) == true, "\(block.text)")
  }

  @Test(
    "settings that cannot be meant are refused",
    arguments: [
      ["client_id=c"], ["issuer=http://auth.example"], ["issuer=https://auth.example#x"],
      ["authorization_endpoint=https://a.example", "token_endpoint=https://a.example/t"],
      [
        "client_id=c", "authorization_endpoint=https://a.example",
        "token_endpoint=http://a.example/t",
      ],
      [
        "client_id=c", "authorization_endpoint=https://a.example",
        "token_endpoint=https://a.example/t", "redirect_uri=http://192.0.2.1:3000/cb",
      ],
      [
        "client_id=c", "authorization_endpoint=https://a.example", "redirect_uri=app:/cb",
        "token_endpoint=https://a.example/t", "authorize.state=mine",
      ],
    ])
  func badSettings(lines: [String]) throws {
    let (block, status) = try CourierRun(["job=login"] + lines).end()
    #expect(status == 1)
    #expect(block["error"] == "failed")
  }
}
