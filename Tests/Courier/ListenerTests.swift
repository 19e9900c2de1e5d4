import Glibc
import HTTP1
import Platform
import Testing

@testable import Courier

/// What may come to the listener before the right answer: it is answered and changes nothing.
@Suite struct ListenerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let status: Int
    var method = "GET"
    /// `PORT` and `STATE` stand for those of the sign-in.
    let request: String

    var testDescription: String { name }
  }

  static let cases: [Case] = [
    Case(
      name: "an error with a foreign state", status: 400,
      request: "GET /callback?error=access_denied&state=x HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "a code without state", status: 400,
      request: "GET /callback?code=evil HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "a state that only begins right", status: 400,
      request: "GET /callback?code=evil&state=STATEx HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "the state given twice", status: 400,
      request:
        "GET /callback?code=C&state=STATE&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "the code given twice", status: 400,
      request: "GET /callback?code=C&code=D&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "another path", status: 404,
      request: "GET /CALLBACK?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "the path with another slash", status: 404,
      request: "GET //callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "the favicon", status: 404,
      request: "GET /favicon.ico HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "HEAD", status: 405, method: "HEAD",
      request: "HEAD /callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "OPTIONS", status: 405,
      request: "OPTIONS /callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
    Case(
      name: "POST", status: 405,
      request: "POST /callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n"
        + "Content-Length: 3\r\n\r\na=b"),
    Case(
      name: "another Host", status: 421,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\r\nHost: evil.example:PORT\r\n\r\n"),
    Case(
      name: "the right host on another port", status: 421,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost\r\n\r\n"),
    Case(
      name: "another spelling of this machine", status: 421,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\r\nHost: 127.0.0.1:PORT\r\n\r\n"),
    Case(
      name: "no Host", status: 400,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\r\n\r\n"),
    Case(
      name: "two Hosts", status: 400,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\r\nHost: localhost:PORT\r\n"
        + "Host: localhost:PORT\r\n\r\n"),
    Case(
      name: "a line ended by LF alone", status: 400,
      request: "GET /callback?code=C&state=STATE HTTP/1.1\nHost: localhost:PORT\n\n"),
    Case(name: "a TLS hello", status: 400, request: "\u{16}\u{3}\u{1}\u{2}\u{0}\u{1}\r\n\r\n"),
    Case(
      name: "the page of the result before there is one", status: 404,
      request: "GET /finished/ HTTP/1.1\r\nHost: localhost:PORT\r\n\r\n"),
  ]

  @Test("is answered and changes nothing", arguments: cases)
  func answersAndGoesOn(_ example: Case) throws {
    let signIn = try SignInFixture()
    var request = ""
    for piece in example.request.split(separator: "PORT", omittingEmptySubsequences: false) {
      request += (request.isEmpty ? "" : String(signIn.port)) + piece
    }
    request = request.split(separator: "STATE", omittingEmptySubsequences: false)
      .joined(separator: signIn.state)
    let response = try signIn.browser.send(request, method: example.method)
    #expect(response?.status == example.status)
    #expect(response?.fields["Cache-Control"] == "no-store")
    #expect(response?.fields["Access-Control-Allow-Origin"] == nil)
    #expect(signIn.server.requests.isEmpty)
    #expect(try signIn.complete()["access_token"] == "AT-1")
    #expect(signIn.server.requests.count == 1)
  }

  @Test func methodThatIsRefusedIsToldTheOneThatIsNot() throws {
    let signIn = try SignInFixture()
    let request = signIn.browser.request("POST", signIn.target)
    #expect(try signIn.browser.send(request)?.fields["Allow"] == "GET")
    _ = try signIn.complete()
  }

  @Test func headOfOneMebibyteIsRefusedAndTheAnswerArrives() throws {
    let signIn = try SignInFixture()
    let filler = String(repeating: "a", count: 1 << 20)
    let browser = signIn.browser
    let socket = try Sockets.connect(browser.address)
    defer { close(socket) }
    let request = "GET / HTTP/1.1\r\nHost: localhost:\(signIn.port)\r\nX: \(filler)\r\n\r\n"
    var size: Int32 = 16 * 1024
    setsockopt(socket, SOL_SOCKET, SO_SNDBUF, &size, socklen_t(MemoryLayout<Int32>.size))
    // What is too much is read all the same: a reset could take the answer away.
    #expect(Sockets.write(socket, Array(request.utf8)))
    #expect(Browser.answer(on: socket)?.status == 431)
    #expect(try browser.get("/callback?code=\(filler)&state=\(signIn.state)")?.status == 414)
    _ = try signIn.complete()
  }

  @Test func headOfEightKibibytesIsAccepted() throws {
    let signIn = try SignInFixture()
    let more = String(repeating: "a", count: 8192)
    _ = try signIn.browser.finish("\(signIn.target)&session_state=\(more)&foo[]=1")
    #expect(try signIn.run.end().status == 0)
  }

  @Test func idleAndSlowConnectionsKeepNobodyOut() throws {
    let signIn = try SignInFixture()
    let idle = try (0..<100).map { _ in try Sockets.connect(signIn.browser.address) }
    defer { for socket in idle { close(socket) } }
    for (index, byte) in "GET / HTTP/1.1\r\n".utf8.enumerated() {
      Sockets.write(idle[index % 3], [byte])
    }
    _ = try signIn.complete()
  }

  @Test func moreConnectionsThanAreKeptPushOutTheOldestIdleOne() throws {
    let signIn = try SignInFixture()
    let idle = try (0...ListenerLimits.connections).map { _ in
      try Sockets.connect(signIn.browser.address)
    }
    defer { for socket in idle { close(socket) } }
    // Seconds before its head would be overdue anyway.
    #expect(waitUntil(idle[0], readyFor: POLLIN, milliseconds: 5000))
    #expect(Sockets.read(idle[0]).isEmpty)
    _ = try signIn.complete()
  }

  @Test func requestMayComeByteByByte() throws {
    let signIn = try SignInFixture()
    let socket = try Sockets.connect(signIn.browser.address)
    for byte in signIn.browser.request("GET", signIn.target).utf8 { Sockets.write(socket, [byte]) }
    #expect(Browser.answer(on: socket)?.status == 303)
    close(socket)
    #expect(try signIn.run.end().status == 0)
  }

  @Test func peerThatResetsItsConnectionDoesNoHarm() throws {
    let signIn = try SignInFixture()
    for _ in 0..<10 {
      let socket = try Sockets.connect(signIn.browser.address)
      var linger = linger(l_onoff: 1, l_linger: 0)
      setsockopt(
        socket, SOL_SOCKET, SO_LINGER, &linger, socklen_t(MemoryLayout.size(ofValue: linger)))
      Sockets.write(socket, Array("GET / HTTP/1.1\r\nHost: localhost:\(signIn.port)\r\n\r\n".utf8))
      close(socket)
    }
    _ = try signIn.complete()
  }

  @Test func answerMayComeOverIPv6() throws {
    let signIn = try SignInFixture()
    let browser = Browser(port: signIn.port, overIPv6: true)
    let page = try browser.finish(signIn.target).page
    #expect(page.contains("is signed in"))
    #expect(try signIn.run.end().status == 0)
  }

  @Test func answerMayComeInAbsoluteForm() throws {
    let signIn = try SignInFixture()
    _ = try signIn.browser.finish("http://localhost:\(signIn.port)\(signIn.target)")
    #expect(try signIn.run.end().status == 0)
  }

  @Test func silenceEndsInWordsThatNameTheRedirectURI() throws {
    let port = try Sockets.freePort()
    let run = try CourierRun([
      "job=login", "account=work", "client_id=client", "timeout=1",
      "authorization_endpoint=http://127.0.0.1:1/a", "token_endpoint=http://127.0.0.1:1/t",
      "redirect_uri=http://localhost:\(port)/callback",
    ])
    let (block, status) = try run.end()
    #expect(status == 5)
    #expect(block["error"] == "temporarily_unavailable")
    #expect(block["error_description"]?.contains("http://localhost:\(port)/callback") == true)
  }
}
