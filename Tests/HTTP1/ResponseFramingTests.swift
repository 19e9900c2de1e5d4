import HTTP1
import Testing

@Suite struct ResponseFramingTests {
  @Test func theSameLengthTwiceIsOneLength() throws {
    let twice = "Content-Length: 2\nContent-Length: 2\n"
    #expect(try response("HTTP/1.1 200 OK\n\(twice)\nab").body.count == 2)
    #expect(try response("HTTP/1.1 200 OK\nContent-Length: 2, 2\n\nab").body.count == 2)
  }

  @Test(arguments: [
    "Content-Length: 2\nContent-Length: 3\n", "Content-Length: 2, 3\n",
    "Content-Length: 2\nTransfer-Encoding: chunked\n",
  ])
  func conflictingLengthsAreRefused(fields: String) {
    #expect(failure("HTTP/1.1 200 OK\n\(fields)\nab") == .conflictingLengths)
  }

  @Test func version10HasNoTransferCoding() {
    let text = "HTTP/1.0 200 OK\nTransfer-Encoding: chunked\n\n0\n\n"
    #expect(failure(text) == .conflictingLengths)
  }

  @Test(arguments: ["-1", "1.5", "ten", "", "0x10", "\u{0661}", "2,"])
  func aLengthThatIsNoNumberIsRefused(length: String) {
    let verdict = failure("HTTP/1.1 200 OK\nContent-Length: \(length)\n\nab")
    #expect(
      verdict == .malformed("the Content-Length is not a number")
        || verdict == .conflictingLengths)
  }

  @Test(arguments: ["1048577", "9223372036854775807", String(repeating: "9", count: 100)])
  func aLengthBeyondTheLimitIsRefusedBeforeTheBody(length: String) {
    #expect(failure("HTTP/1.1 200 OK\nContent-Length: \(length)\n\n") == .bodyTooLarge)
  }

  @Test(arguments: ["gzip", "gzip, chunked", "identity", "chunked, chunked"])
  func otherTransferCodingsAreRefused(coding: String) {
    let text = "HTTP/1.1 200 OK\nTransfer-Encoding: \(coding)\n\n"
    #expect(failure(text) == .unsupportedTransferCoding)
  }

  @Test func contentCodingsAreRefused() throws {
    let head = { (coding: String) in
      "HTTP/1.1 200 OK\nContent-Encoding: \(coding)\nContent-Length: 0\n\n"
    }
    #expect(failure(head("gzip")) == .unsupportedContentCoding)
    #expect(failure(head("identity, BR")) == .unsupportedContentCoding)
    #expect(try response(head("identity")).status == 200)
  }

  @Test func limitsHoldForEachKindOfBody() {
    let ten = "0123456789"
    for (framing, isWhole) in [
      ("Content-Length: 10\n\n\(ten)", true),
      ("Transfer-Encoding: chunked\n\n5\n01234\n5\n56789\n0\n\n", true), ("\n\(ten)", false),
    ] {
      var exact = ResponseParser(answering: "GET", maximumBodyLength: 10)
      var tight = ResponseParser(answering: "GET", maximumBodyLength: 9)
      let text = wire("HTTP/1.1 200 OK\n\(framing)")
      let verdict = exact.feed(text)
      #expect((verdict == .needMore) == !isWhole)
      guard case .response(let response) = exact.finishedByPeer() else {
        Issue.record("\(verdict)")
        continue
      }
      #expect(response.body == Array(ten.utf8))
      #expect(tight.feed(text) == .failure(.bodyTooLarge))
    }
  }

  @Test func anEndlessHeadHasAnEnd() {
    var parser = ResponseParser(answering: "GET")
    let line = wire("X: " + String(repeating: "y", count: 1000) + "\n")
    var verdict = parser.feed(wire("HTTP/1.1 200 OK\n"))
    for _ in 0..<100 where verdict == .needMore { verdict = parser.feed(line) }
    #expect(verdict == .failure(.headTooLarge))
    parser = ResponseParser(answering: "GET")
    let endless = wire("HTTP/1.1 200 OK\nX: ") + [UInt8](repeating: 0x79, count: 65_536)
    #expect(parser.feed(endless) == .failure(.headTooLarge))
  }

  @Test func anEndlessBodyHasAnEnd() {
    var parser = ResponseParser(answering: "GET")
    var verdict = parser.feed(wire("HTTP/1.1 200 OK\n\n"))
    let piece = [UInt8](repeating: 0, count: 65_536)
    for _ in 0..<17 where verdict == .needMore { verdict = parser.feed(piece) }
    #expect(verdict == .failure(.bodyTooLarge))
  }
}
