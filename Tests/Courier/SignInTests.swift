import Dispatch
import Glibc
import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// The sign-in from the authorize URL to the tokens, and what both servers and browsers see of it.
@Suite struct SignInTests {
  private func text(_ request: Request?) -> String {
    String(decoding: request?.body ?? [], as: UTF8.self)
  }

  @Test func firstBlockIsTheVersionAndTheURLHasEveryParameterOnce() throws {
    let server = try FakeServer { _ in .status(404) }
    let port = try Sockets.freePort()
    let run = try CourierRun([
      "job=login", "client_id=client", "scope=read write", "authorize.prompt=login",
      "resource=https://api.example", "authorization_endpoint=\(server.base)/authorize?tenant=1",
      "token_endpoint=\(server.base)/token", "redirect_uri=http://localhost:\(port)/callback",
    ])
    #expect(try run.next().keys == ["version"])
    let authorize = try run.next()
    let url = try #require(authorize["url"])
    let query = try FormParameters(decoding: String(url.split(separator: "?").last ?? ""))
    #expect(query.repeatedNames.isEmpty)
    #expect(
      query.parameters.map(\.name) == [
        "tenant", "response_type", "client_id", "redirect_uri", "scope", "state", "code_challenge",
        "code_challenge_method", "resource", "prompt",
      ])
    #expect(query.value(of: "code_challenge_method") == "S256")
    #expect(query.value(of: "state") == authorize["state"])
    #expect(authorize["state"]?.utf8.count == 43)
    #expect(authorize["expires_in"] == "300")
  }

  /// The token request of a PingOne application without client authentication.
  @Test func publicClientSendsTheCodeAndNothingToProveItself() throws {
    let signIn = try SignInFixture()
    _ = try signIn.browser.finish("/callback?state=\(signIn.state)&code=a%2Bb%26c%3D%25")
    let (block, status) = try signIn.run.end()
    #expect(status == 0)
    let request = try #require(signIn.server.requests.first)
    let verifier = try #require(text(request).parameter("code_verifier"))
    #expect(
      text(request)
        == "grant_type=authorization_code&code=a%2Bb%26c%3D%25&redirect_uri="
        + "http%3A%2F%2Flocalhost%3A\(signIn.port)%2Fcallback&client_id=client"
        + "&code_verifier=\(verifier)")
    #expect(request.method == "POST")
    #expect(request.fields["Content-Type"] == "application/x-www-form-urlencoded")
    #expect(request.fields["Accept"] == "application/json")
    #expect(request.fields["Authorization"] == nil)
    #expect(request.fields["Accept-Encoding"] == nil)
    #expect(request.fields["User-Agent"]?.hasPrefix("sallyport/") == true)
    let challenge = signIn.authorize["url"]?.parameter("code_challenge")
    #expect(
      OpenSSLCryptography().challenge(of: try CodeVerifier(text: verifier))?.text == challenge)
    #expect(block["access_token"] == "AT-1")
    #expect(block["token_type"] == "Bearer")
    #expect(block["expires_in"] == "3600")
    #expect(block["session.token_endpoint"] == "\(signIn.server.base)/token")
    #expect(block["session.client_id"] == "client")
    #expect(block["session.token_endpoint_auth_method"] == "none")
  }

  /// PingFederate's confidential and native shapes: the secret in the body or none, and a redirect
  /// that only the desktop or the person can hand over.
  @Test("the answer may be pasted", arguments: [nil, "s3cr&t"])
  func pasted(secret: String?) throws {
    let server = try FakeServer { _ in
      .json(
        #"{"token_type":"Bearer","expires_in":7199,"refresh_token":"R","access_token":"A"}"#)
    }
    let uri = "com.pingidentity.developer.oauthplayground://oidc_callback"
    let run = try CourierRun(
      [
        "job=login", "client_id=ac_oic_client", "redirect_uri=\(uri)",
        "authorization_endpoint=\(server.base)/as/authorization.oauth2",
        "token_endpoint=\(server.base)/as/token.oauth2",
      ] + (secret.map { ["client_secret=\($0)"] } ?? []))
    let authorize = try run.next("authorize")
    #expect(authorize["paste"] == "yes")
    let state = try #require(authorize["state"])
    run.send("callback=\(uri)?code=evil&state=other")
    #expect(try run.next("waiting")["message"]?.contains("belongs to another sign-in") == true)
    run.send("callback=https://evil.example/?code=evil&state=\(state)")
    #expect(try run.next("waiting")["message"]?.contains("does not begin with") == true)
    #expect(server.requests.isEmpty)
    run.send("callback=\(uri)?code=ABC...XYZ&state=\(state)")
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(block["refresh_token"] == "R")
    let body = text(server.requests("/as/token.oauth2").first)
    #expect(body.parameter("client_secret") == (secret == nil ? nil : "s3cr%26t"))
    #expect(
      body.parameter("redirect_uri")
        == "com.pingidentity.developer.oauthplayground%3A%2F%2Foidc_callback")
    #expect(body.parameter("code") == "ABC...XYZ")
  }

  @Test func addressMayBePastedWhileTheListenerWaits() throws {
    let signIn = try SignInFixture()
    signIn.run.send("callback=http://localhost:\(signIn.port)\(signIn.target)")
    #expect(try signIn.run.end().status == 0)
  }

  @Test func basicCredentialsAreFormEncoded() throws {
    let signIn = try SignInFixture([
      "client_secret=a b:c", "token_endpoint_auth_method=client_secret_basic",
    ])
    let block = try signIn.complete()
    let request = try #require(signIn.server.requests.first)
    #expect(
      request.fields["Authorization"] == "Basic \(Base64.encode(Array("client:a+b%3Ac".utf8)))")
    #expect(text(request).parameter("client_id") == nil)
    #expect(text(request).parameter("client_secret") == nil)
    #expect(block["session.token_endpoint_auth_method"] == "client_secret_basic")
    #expect(!block.text.contains("a b:c"))
  }

  @Test func codeIsSentOnceHoweverOftenItComes() throws {
    let allAreSent = DispatchSemaphore(value: 0)
    let signIn = try SignInFixture(token: { _ in
      // The other requests are there before the answer is.
      allAreSent.wait()
      return .json(SignInFixture.tokens)
    })
    let sockets = try (0..<3).map { _ in try Sockets.connect(signIn.browser.address) }
    for socket in sockets {
      Sockets.write(socket, Array(signIn.browser.request("GET", signIn.target).utf8))
    }
    allAreSent.signal()
    let answers = sockets.map { Browser.answer(on: $0) }
    #expect(answers.map { $0?.status } == [303, 303, 303])
    #expect(Set(answers.compactMap { $0?.fields["Location"] }).count == 1)
    // A reload after the end gets the same.
    #expect(
      try signIn.browser.get(signIn.target)?.fields["Location"] == answers[0]?.fields["Location"])
    for socket in sockets { close(socket) }
    #expect(try signIn.run.end().status == 0)
    #expect(signIn.server.requests.count == 1)
  }

  @Test func resultIsKnownBeforeTheBrowserFetchesThePage() throws {
    let signIn = try SignInFixture()
    let socket = try Sockets.connect(signIn.browser.address)
    Sockets.write(socket, Array(signIn.browser.request("GET", signIn.target).utf8))
    #expect(try signIn.run.next("done")["access_token"] == "AT-1")
    #expect(Browser.answer(on: socket)?.status == 303)
    close(socket)
    #expect(try signIn.run.status() == 0)
  }

  @Test func resultPageComesOnTheSameConnectionToo() throws {
    let signIn = try SignInFixture()
    let socket = try Sockets.connect(signIn.browser.address)
    defer { close(socket) }
    Sockets.write(socket, Array(signIn.browser.request("GET", signIn.target).utf8))
    let location = try #require(Browser.answer(on: socket)?.fields["Location"])
    Sockets.write(socket, Array(signIn.browser.request("GET", location).utf8))
    #expect(Browser.answer(on: socket)?.status == 200)
    #expect(try signIn.run.status() == 0)
  }

  @Test func pageTellsAFailureOfTheExchange() throws {
    let signIn = try SignInFixture(token: { _ in
      .json(#"{"error":"invalid_grant","error_description":"<b>used</b>"}"#, status: 400)
    })
    let page = try signIn.browser.finish(signIn.target).page
    #expect(page.contains("did not work"))
    #expect(page.contains("&lt;b&gt;used&lt;/b&gt;"))
    let (block, status) = try signIn.run.end()
    #expect(status == 4)
    #expect(block["oauth_error"] == "invalid_grant")
    #expect(!block.text.contains("C-1"))
  }
}
