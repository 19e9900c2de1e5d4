import HTTP1
import Testing

@Suite struct RequestFramingTests {
  private func post(_ fields: String, version: String = "1.1") -> String {
    "POST / HTTP/\(version)\nHost: a\n\(fields)\n"
  }

  @Test func bothLengthAndTransferCodingAreASmuggling() {
    let fields = "Content-Length: 1\nTransfer-Encoding: chunked\n"
    #expect(rejection(post(fields)) == 400)
    #expect(rejection(post(fields), body: .unread) == 400)
  }

  @Test(arguments: [
    "Content-Length: 1\nContent-Length: 1\n", "Content-Length: 1\ncontent-length: 2\n",
    "Content-Length: 1, 1\n", "Content-Length: +1\n", "Content-Length: -1\n",
    "Content-Length: 0x1\n", "Content-Length:\n", "Content-Length: 1 1\n",
    "Content-Length: 9223372036854775808\n", "Content-Length: \u{0661}\n",
  ])
  func anIllFormedOrRepeatedLengthIsRefused(fields: String) {
    #expect(rejection(post(fields)) == 400)
    #expect(rejection(post(fields), body: .unread) == 400)
  }

  @Test func aChunkedBodyNeedsALength() {
    #expect(rejection(post("Transfer-Encoding: Chunked\n")) == 411)
  }

  @Test(arguments: ["gzip, chunked", "identity", "chunked, chunked", "", "xchunked"])
  func otherTransferCodingsAreNotKnown(coding: String) {
    #expect(rejection(post("Transfer-Encoding: \(coding)\n")) == 501)
    #expect(rejection(post("Transfer-Encoding: \(coding)\n"), body: .unread) == 501)
  }

  @Test func version10HasNoTransferCoding() {
    #expect(rejection(post("Transfer-Encoding: chunked\n", version: "1.0")) == 400)
  }

  @Test func anUnreadBodyEndsTheConnectionAndNotTheRequest() throws {
    let long = try request(post("Content-Length: 999999\n"), body: .unread)
    #expect(long.body.isEmpty && !long.keepsAlive)
    let chunked = try request(post("Transfer-Encoding: chunked\n"), body: .unread)
    #expect(chunked.body.isEmpty && !chunked.keepsAlive)
    let empty = try request(post("Content-Length: 0\n"), body: .unread)
    #expect(empty.keepsAlive)
  }

  @Test func aPostWithoutALengthHasNoBody() throws {
    #expect(try request(post("")).body.isEmpty)
  }

  @Test func aClientThatAsksFirstIsSeen() {
    var parser = RequestParser(body: .read(limit: 8))
    #expect(!parser.awaitsContinue)
    #expect(parser.feed(wire(post("Content-Length: 2\nExpect: 100-Continue\n"))) == .needMore)
    #expect(parser.awaitsContinue)
    #expect(parser.feed([0x61]) == .needMore)
    #expect(!parser.awaitsContinue)
  }
}
