import HTTP1
import Testing

@Suite struct ChunkedBodyTests {
  private let head = "HTTP/1.1 200 OK\nTransfer-Encoding: chunked\n\n"

  @Test func chunksAreJoined() throws {
    #expect(
      try response(head + "3\nabc\nA\n0123456789\n00\n\n").body == Array("abc0123456789".utf8))
    #expect(try response(head + "0\n\n").body.isEmpty)
  }

  @Test func extensionsAndTrailersAreThrownAway() throws {
    let response = try response(head + "3;a=b;c=\"d\"\nabc\n0 ;x\nSet-Cookie: y\nZ: z\n\n")
    #expect(response.body == Array("abc".utf8))
    #expect(response.fields["set-cookie"] == nil)
  }

  @Test func aChunkMayHoldLineEnds() throws {
    #expect(try response(head + "4\n\n\n\n0\n\n").body == [13, 10, 13, 10])
  }

  @Test(arguments: [
    "\n", "g\n", "-1\n", "+1\n", "0x1\n", " 1\na\n", "1\nab\n", "1\na0\n\n", ";x\n", "\u{FF11}\n",
    "1 1\na\n", "2\nabc\n0\n\n", "1;x\0\na\n", "0\nX: \0\n\n",
  ])
  func aMalformedChunkIsRefused(body: String) {
    guard case .malformed = failure(head + body) else {
      Issue.record("\(parseResponse(wire(head + body)))")
      return
    }
  }

  @Test(arguments: ["100001", "FFFFFFFFFFFFFFFF", "7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF"])
  func aChunkBeyondTheLimitIsRefusedBeforeItComes(size: String) {
    #expect(failure(head + "\(size)\n") == .bodyTooLarge)
  }

  @Test func aSizeMayHaveLeadingZeros() throws {
    #expect(try response(head + "0000000000000000000000000001\na\n0\n\n").body == [0x61])
  }

  @Test func anEndlessSizeLineHasAnEnd() {
    var parser = ResponseParser(answering: "GET")
    let verdict = parser.feed(wire(head + "1;" + String(repeating: "x", count: 2_000)))
    guard case .failure(.malformed) = verdict else {
      Issue.record("\(verdict)")
      return
    }
  }

  @Test func endlessTrailersHaveAnEnd() {
    var parser = ResponseParser(answering: "GET")
    let trailers = String(repeating: "X: yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy\n", count: 2_000)
    #expect(parser.feed(wire(head + "0\n" + trailers)) == .failure(.headTooLarge))
    parser = ResponseParser(answering: "GET")
    let line = String(repeating: "x", count: 70_000)
    #expect(parser.feed(wire(head + "0\n" + line)) == .failure(.headTooLarge))
  }
}
