import HTTP1
import Testing

@Suite struct ResponseParserTests {
  @Test func aTokenResponseIsReadToItsLength() throws {
    let response = try response(
      """
      HTTP/1.1 200 OK
      Content-Type: application/json;charset=UTF-8
      cache-control: no-store
      Content-Length: 2

      {}
      """)
    #expect(response.status == 200)
    #expect(response.reason == "OK")
    #expect(response.fields["content-type"] == "application/json;charset=UTF-8")
    #expect(response.body == Array("{}".utf8))
  }

  @Test func bytesBeyondTheLengthAreNoPartOfIt() throws {
    #expect(try response("HTTP/1.1 200 OK\nContent-Length: 1\n\nab").body == [0x61])
  }

  @Test func aReasonMayBeMissing() throws {
    #expect(try response("HTTP/1.1 204\n\n").reason == "")
    #expect(try response("HTTP/1.1 204 \n\n").reason == "")
    #expect(try response("HTTP/1.0 404 Not Found here\nContent-Length: 0\n\n").status == 404)
  }

  @Test func withoutALengthTheBodyEndsWithTheConnection() throws {
    #expect(try response("HTTP/1.0 200 OK\n\nall of it").body == Array("all of it".utf8))
  }

  @Test func aCutConnectionIsNoEnd() {
    #expect(failure("HTTP/1.1 200 OK\n\nall of it", ending: .cut) == .truncated)
  }

  @Test(arguments: [
    "H", "HTTP/1.1 20", "HTTP/1.1 200 OK\nX", "HTTP/1.1 200 OK\nContent-Length: 3\n\nab",
    "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n3\nabc\n", "HTTP/1.1 100 Continue\n\n",
    "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\n",
    "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n0\nX: y\n",
  ])
  func anUnfinishedAnswerIsTruncated(text: String) {
    #expect(failure(text) == .truncated)
    #expect(failure(text, ending: .cut) == .truncated)
  }

  @Test func silenceIsToldFromATruncatedAnswer() {
    #expect(failure("") == .noResponse)
    #expect(failure("", ending: .cut) == .noResponse)
  }

  @Test(arguments: ["SSH-2.0-x\n", "<html>", "220 smtp\n", "HTTP/2 200 OK\n\n", "ICY 200 OK\n\n"])
  func anotherProtocolIsNotHTTP(text: String) {
    #expect(failure(text) == .notHTTP)
  }

  @Test(arguments: [
    "HTTP/1.1 99 x", "HTTP/1.1 600 x", "HTTP/1.1 20x OK", "HTTP/1.1  200 OK", "HTTP/1.1 2000 OK",
    "HTTP/1.1 200\tOK", "HTTP/1.1 200 O\u{1B}K", "HTTP/1. 200 OK", "HTTP/1.1",
  ])
  func aMalformedStatusLineIsRefused(line: String) {
    #expect(failure("\(line)\nContent-Length: 0\n\n") == .notHTTP)
  }

  @Test func aTLSRecordIsNotHTTP() {
    #expect(parseResponse([0x15, 0x03, 0x03, 0, 2, 2, 70]) == .failure(.notHTTP))
  }

  @Test(arguments: ["X : y", "X y", ": y", "X: a\u{1}b", "X: a\u{0}b"])
  func aMalformedFieldIsRefused(line: String) {
    guard case .malformed = failure("HTTP/1.1 200 OK\n\(line)\nContent-Length: 0\n\n") else {
      Issue.record("taken")
      return
    }
  }

  @Test func aBareLineFeedEndsNoLine() {
    let text = "HTTP/1.1 200 OK\nContent-Length: 0\r\n\r\n"
    #expect(parseResponse(Array(text.utf8)) != .needMore)
    guard case .failure(.malformed) = parseResponse(Array(text.utf8)) else {
      Issue.record("taken")
      return
    }
  }

  @Test func aFoldedLineIsJoinedByASpace() throws {
    let response = try response("HTTP/1.1 200 OK\nX: a\n\t  b\nContent-Length: 0\n\n")
    #expect(response.fields["x"] == "a b")
    guard case .malformed = failure("HTTP/1.1 200 OK\n X: a\n\n") else {
      Issue.record("taken")
      return
    }
  }

  @Test func interimResponsesAreSkipped() throws {
    let response = try response(
      "HTTP/1.1 100 Continue\n\nHTTP/1.1 103 Early Hints\nLink: x\n\n"
        + "HTTP/1.1 201 Created\nContent-Length: 0\n\n")
    #expect(response.status == 201)
    #expect(response.fields["link"] == nil)
  }

  @Test func endlessInterimResponsesHaveAnEnd() {
    let interim = String(repeating: "HTTP/1.1 100 Continue\n\n", count: 3_000)
    var parser = ResponseParser(answering: "GET")
    #expect(parser.feed(wire(interim)) == .failure(.headTooLarge))
  }

  @Test func aProtocolThatWasNotAskedForIsRefused() {
    guard case .malformed = failure("HTTP/1.1 101 Switching Protocols\nUpgrade: x\n\n") else {
      Issue.record("taken")
      return
    }
  }

  @Test func statusAndMethodDecideWhetherThereIsContent() throws {
    let fields = "Content-Length: 5\n\n"
    #expect(try response("HTTP/1.1 204 No Content\n\(fields)").body.isEmpty)
    #expect(try response("HTTP/1.1 304 Not Modified\n\(fields)").body.isEmpty)
    #expect(try response("HTTP/1.1 200 OK\n\(fields)", answering: "HEAD").body.isEmpty)
    #expect(failure("HTTP/1.1 200 OK\n\(fields)", answering: "GET") == .truncated)
  }

  @Test func afterConnectTheRestIsTheTunnels() {
    var parser = ResponseParser(answering: "CONNECT")
    let verdict = parser.feed(wire("HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n") + [1, 2])
    guard case .response(let response) = verdict else {
      Issue.record("\(verdict)")
      return
    }
    #expect(response.status == 200)
    #expect(parser.rest == [1, 2])
    #expect(failure("HTTP/1.1 407 No\nContent-Length: 5\n\n", answering: "CONNECT") == .truncated)
  }

  @Test func aVerdictStands() {
    var parser = ResponseParser(answering: "GET")
    let verdict = parser.feed(wire("HTTP/1.1 200 OK\nContent-Length: 1\n\na"))
    #expect(parser.feed(wire("b")) == verdict)
    #expect(parser.finishedByPeer(.cut) == verdict)
    parser = ResponseParser(answering: "GET")
    #expect(parser.feed(wire("nonsense\n")) == .failure(.notHTTP))
    #expect(parser.feed(wire("HTTP/1.1 204 x\n\n")) == .failure(.notHTTP))
  }
}
