import HTTP1
import Testing

@testable import Courier

/// Every way the token endpoint can answer, and what it means for the session.
@Suite struct TokenAnswerTests {
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let reply: FakeReply
    let status: Int32
    var code = ""
    var says = ""
    var retryAfter: String?

    var testDescription: String { name }
  }

  private static func error(_ code: String, status: Int = 400) -> FakeReply {
    .json(#"{"error":"\#(code)"}"#, status: status)
  }

  private static func answer(
    _ status: Int, _ fields: HeaderFields = [:], _ body: String = ""
  ) -> FakeReply {
    .response(Response(status: status, fields: fields, body: Array(body.utf8)))
  }

  private static func tokens(_ members: String) -> FakeReply {
    .json(#"{"access_token":"A","token_type":"Bearer"\#(members)}"#)
  }

  private static let json = "application/json"

  static let refused: [Case] = [
    Case(
      name: "invalid_grant", reply: error("invalid_grant"), status: 3, code: "login_required",
      says: "the session has ended"),
    Case(
      name: "invalid_request", reply: error("invalid_request"), status: 4, code: "access_denied"),
    Case(
      name: "invalid_client", reply: error("invalid_client", status: 401), status: 4,
      code: "access_denied"),
    Case(
      name: "unauthorized_client", reply: error("unauthorized_client"), status: 4,
      code: "access_denied"),
    Case(
      name: "unsupported_grant_type", reply: error("unsupported_grant_type"), status: 4,
      code: "access_denied"),
    Case(
      name: "invalid_scope", reply: error("invalid_scope"), status: 3, code: "login_required",
      says: "narrowed the session"),
    Case(
      name: "invalid_target", reply: error("invalid_target"), status: 3, code: "login_required",
      says: "narrowed the session"),
    Case(
      name: "an error with status 200", reply: error("bad_verification_code", status: 200),
      status: 4, code: "access_denied", says: "bad_verification_code"),
    Case(
      name: "400 without a word, which is glewlwyd's dead refresh token", reply: .status(400),
      status: 3, code: "login_required"),
    Case(name: "401 without a word", reply: .status(401), status: 4, code: "access_denied"),
    Case(name: "403 without a word", reply: .status(403), status: 4, code: "access_denied"),
    Case(
      name: "invalid_grant of a gateway in trouble", reply: error("invalid_grant", status: 503),
      status: 5, code: "temporarily_unavailable"),
    Case(
      name: "429", reply: answer(429, ["Retry-After": "12"]), status: 5,
      code: "temporarily_unavailable", retryAfter: "12"),
    Case(
      name: "503", reply: answer(503, ["Retry-After": "99999999999999999999"]), status: 5,
      code: "temporarily_unavailable"),
    Case(name: "500", reply: .status(500), status: 5, code: "temporarily_unavailable"),
    Case(
      name: "a redirect", reply: answer(302, ["Location": "http://127.0.0.1:1/"]), status: 1,
      code: "failed", says: "redirect"),
    Case(
      name: "a redirect that keeps the method",
      reply: answer(307, ["Location": "http://127.0.0.1:1/"]), status: 1, code: "failed"),
    Case(
      name: "truncated json", reply: .json(#"{"access_token":"A","#), status: 1, code: "failed"),
    Case(name: "an array", reply: .json("[]"), status: 1, code: "failed"),
    Case(
      name: "another content type", reply: answer(200, ["Content-Type": "text/html"], "<p>"),
      status: 1, code: "failed", says: "text/html"),
    Case(
      name: "no access_token", reply: .json(#"{"token_type":"Bearer"}"#), status: 1,
      code: "failed", says: "access_token"),
    Case(
      name: "no token_type", reply: .json(#"{"access_token":"A"}"#), status: 1, code: "failed"),
    Case(
      name: "an unknown token_type", reply: .json(#"{"access_token":"A","token_type":"mac"}"#),
      status: 1, code: "failed", says: "mac"),
    Case(
      name: "a newline in the token",
      reply: .json(#"{"access_token":"A\nhost=evil","token_type":"Bearer"}"#), status: 1,
      code: "failed"),
    Case(
      name: "a NUL in the refresh token", reply: tokens(#","refresh_token":"a\u0000b""#), status: 1,
      code: "failed"),
    Case(
      name: "a negative lifetime", reply: tokens(#","expires_in":-1"#), status: 1,
      code: "failed"),
    Case(name: "a true lifetime", reply: tokens(#","expires_in":true"#), status: 1, code: "failed"),
    Case(
      name: "a body of 10 MiB",
      reply: answer(200, ["Content-Type": json], String(repeating: " ", count: 10 << 20)),
      status: 1, code: "failed", says: "larger than 1 MiB"),
    Case(
      name: "a compressed body",
      reply: answer(200, ["Content-Type": json, "Content-Encoding": "gzip"], "x"), status: 1,
      code: "failed", says: "compressed"),
    Case(
      name: "something else than http", reply: .bytes(Array("SSH-2.0-x\r\n".utf8)), status: 1,
      code: "failed", says: "http/1.1"),
    Case(
      name: "two lengths",
      reply: .bytes(
        Array("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab".utf8)),
      status: 1, code: "failed"),
    Case(
      name: "a head without end",
      reply: .bytes(Array("HTTP/1.1 200 OK\r\nX: \(String(repeating: "a", count: 70_000))".utf8)),
      status: 1, code: "failed", says: "64 KiB"),
    Case(
      name: "a connection cut in the body",
      reply: .bytes(
        Array("HTTP/1.1 200 OK\r\nContent-Type: \(json)\r\nContent-Length: 99\r\n\r\n{".utf8)),
      status: 5, code: "temporarily_unavailable"),
    Case(
      name: "a connection cut at once", reply: .bytes([]), status: 5,
      code: "temporarily_unavailable"),
    Case(
      name: "silence", reply: .stall, status: 5, code: "temporarily_unavailable",
      says: "in time"),
  ]

  private func refresh(_ server: FakeServer, timeout: Int = 20) throws -> CourierRun {
    try CourierRun([
      "job=refresh", "account=work", "client_id=client", "refresh_token=R-SECRET",
      "session.token_endpoint=\(server.base)/token", "timeout=\(timeout)",
    ])
  }

  @Test("is one clear failure", arguments: refused)
  func failure(_ example: Case) throws {
    let server = try FakeServer { _ in example.reply }
    let (block, status) = try refresh(server, timeout: example.name == "silence" ? 1 : 20).end()
    #expect(status == example.status)
    #expect(block["error"] == example.code)
    #expect(example.says.isEmpty || block.text.contains(example.says), "\(block.text)")
    if let seconds = example.retryAfter { #expect(block["retry_after"] == seconds) }
    #expect(!block.text.contains("R-SECRET"))
    #expect(server.requests.count == 1)
    if status == 3 { #expect(block["hint"] == "sallyport login work") }
  }

  @Test(
    "lifetimes are read as they are meant",
    arguments: [
      (#","expires_in":"3600""#, "3600"), (#","expires_in":3599.7"#, "3599"), ("", nil),
      (#","expires_in":null"#, nil), (#","expires_in":1e300"#, "315360000"),
    ])
  func lifetime(member: String, seconds: String?) throws {
    let server = try FakeServer { _ in Self.tokens(member) }
    let (block, status) = try refresh(server).end()
    #expect(status == 0)
    #expect(block["expires_in"] == seconds)
  }

  @Test("any case of the token type is bearer", arguments: ["bearer", "BEARER", "Bearer"])
  func tokenType(text: String) throws {
    let server = try FakeServer { _ in
      .json(#"{"access_token":"A","token_type":"\#(text)"}"#)
    }
    #expect(try refresh(server).end().block["token_type"] == "Bearer")
  }

  @Test func chunkedAnswerIsPutTogether() throws {
    let body = #"{"access_token":"A","token_type":"Bearer"}"#
    let server = try FakeServer { _ in
      .bytes(
        Array(
          "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            .utf8)
          + Array("1\r\n{\r\n\(String(body.utf8.count - 1, radix: 16))\r\n".utf8)
          + Array("\(body.dropFirst())\r\n0\r\n\r\n".utf8))
    }
    #expect(try refresh(server).end().block["access_token"] == "A")
  }

  @Test func serverThatIsNotThereIsNamed() throws {
    let port = try Sockets.freePort()
    let (block, status) = try CourierRun([
      "job=refresh", "client_id=c", "refresh_token=R",
      "session.token_endpoint=http://localhost:\(port)/t",
    ]).end()
    #expect(status == 5)
    #expect(
      block["error_description"]
        == "cannot connect to localhost port \(port): connection refused; check the network and the "
        + "address, or try again later")
  }
}
