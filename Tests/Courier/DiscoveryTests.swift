import HTTP1
import Testing

@testable import Courier

/// Where a server's metadata is looked for, and when the search ends.
@Suite struct DiscoveryTests {
  private func login(_ server: FakeServer, path: String, _ more: [String] = []) throws -> CourierRun
  {
    try CourierRun(
      ["job=login", "client_id=c", "issuer=\(server.base)\(path)", "redirect_uri=app:/cb"] + more)
  }

  private func server(
    at document: String, issuerPath: String, elsewhere: FakeReply = .status(404)
  ) throws -> FakeServer {
    try FakeServer { request in
      guard request.path == document else { return elsewhere }
      let base = "http://\(request.host)"
      return .json(
        #"{"issuer":"\#(base)\#(issuerPath)","authorization_endpoint":"\#(base)/a","token_endpoint":"\#(base)/t"}"#
      )
    }
  }

  @Test(
    "each spelling is found",
    arguments: [
      "/as/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/as",
      "/.well-known/openid-configuration/as",
    ])
  func spelling(document: String) throws {
    let server = try server(at: document, issuerPath: "/as")
    let authorize = try login(server, path: "/as").next("authorize")
    #expect(authorize["url"]?.hasPrefix("\(server.base)/a?") == true)
    #expect(server.requests.last?.path == document)
  }

  @Test(
    "another candidate is tried",
    arguments: [
      FakeReply.status(400), .status(403), .status(410),
      .response(Response(status: 302, fields: ["Location": "https://evil.example/"])),
      .response(
        Response(
          status: 200, fields: ["Content-Type": "text/html; charset=utf-8"], body: Array("<p>".utf8)
        )),
    ])
  func next(reply: FakeReply) throws {
    let server = try server(
      at: "/.well-known/oauth-authorization-server", issuerPath: "", elsewhere: reply)
    _ = try login(server, path: "").next("authorize")
    #expect(
      server.requests.map(\.path) == [
        "/.well-known/openid-configuration", "/.well-known/oauth-authorization-server",
      ])
  }

  @Test("trouble ends the search", arguments: [500, 503, 429])
  func trouble(status: Int) throws {
    let server = try FakeServer { _ in
      .response(Response(status: status, fields: ["Retry-After": "7"]))
    }
    let (block, exit) = try login(server, path: "").end()
    #expect(exit == 5)
    #expect(block["retry_after"] == "7")
    #expect(server.requests.count == 1)
  }

  @Test("a document of another issuer ends the search", arguments: ["/", "/As", "/as/"])
  func issuer(named: String) throws {
    let server = try server(at: "/as/.well-known/openid-configuration", issuerPath: named)
    let (block, exit) = try login(server, path: "/as").end()
    #expect(exit == 1)
    #expect(
      block["error_description"]
        == "the server's metadata calls its issuer \(server.base)\(named), not \(server.base)/as; "
        + "check the issuer with the server's administrator")
    // Another name is never suggested, since it may be somebody else's.
    #expect(
      block["hint"]
        == (named == "/as/" ? "sallyport login --issuer \(server.base)/as/" : nil))
    #expect(server.requests.count == 1)
  }

  @Test func serverWithoutMetadataIsNamedWithWhatItSaid() throws {
    let server = try FakeServer { _ in .status(404) }
    let (block, exit) = try login(server, path: "").end()
    #expect(exit == 1)
    let sentence = try #require(block["error_description"])
    let words = "no metadata at \(server.base): status 404 at every well-known address; check"
    #expect(sentence.hasPrefix(words))
  }

  @Test func addressOfTheDocumentIsNotTheIssuer() throws {
    let server = try FakeServer { _ in .status(404) }
    let (block, exit) = try login(server, path: "/as/.well-known/openid-configuration").end()
    #expect(exit == 1)
    #expect(block["error_description"]?.contains("in front of /.well-known/") == true)
    #expect(block["hint"] == "sallyport login --issuer \(server.base)/as")
  }

  @Test func configuredEndpointsWin() throws {
    let server = try server(at: "/.well-known/openid-configuration", issuerPath: "")
    let run = try login(
      server, path: "", ["authorization_endpoint=https://login.example/authorize"])
    let authorize = try run.next("authorize")
    #expect(authorize["url"]?.hasPrefix("https://login.example/authorize?") == true)
    #expect(server.requests.count == 1)
  }

  @Test(
    "the default scope is what the server knows",
    arguments: [
      (#""scopes_supported":["openid"]"#, "openid"),
      (
        #""scopes_supported":["openid","profile","offline_access"]"#,
        "openid+profile+offline_access"
      ),
      (#""scopes_supported":["read"]"#, nil),
      (#""jwks_uri":"https://a.example/k""#, "openid"),
      (#""x":1"#, nil),
    ])
  func defaultScope(member: String, scope: String?) throws {
    let server = try FakeServer { request in
      let base = "http://\(request.host)"
      return .json(
        #"{"issuer":"\#(base)","authorization_endpoint":"\#(base)/a","token_endpoint":"\#(base)/t",\#(member)}"#
      )
    }
    let url = try #require(try login(server, path: "").next("authorize")["url"])
    #expect(url.parameter("scope") == scope)
    // A nonce goes along with openid: some servers insist on it.
    #expect((url.parameter("nonce") != nil) == (scope?.hasPrefix("openid") == true))
  }
}
