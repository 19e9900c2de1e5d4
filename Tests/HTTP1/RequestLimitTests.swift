import HTTP1
import Testing

@Suite struct RequestLimitTests {
  private let limit = RequestParser.maximumHeadLength

  /// A head of `length` bytes in all.
  private func head(of length: Int) -> [UInt8] {
    let frame = wire("GET / HTTP/1.1\nHost: a\nX: \n\n")
    return wire("GET / HTTP/1.1\nHost: a\nX: ")
      + [UInt8](repeating: UInt8(ascii: "x"), count: length - frame.count) + wire("\n\n")
  }

  @Test func aHeadAtTheLimitIsTakenAndOneByteMoreIsNot() {
    var parser = RequestParser(body: .unread)
    guard case .request = parser.feed(head(of: limit)) else {
      Issue.record("refused")
      return
    }
    parser = RequestParser(body: .unread)
    guard case .reject(let rejection) = parser.feed(head(of: limit + 1)) else {
      Issue.record("taken")
      return
    }
    #expect(rejection.status == 431)
  }

  @Test func aFieldWithoutAnEndIsNotWaitedFor() {
    var parser = RequestParser(body: .unread)
    _ = parser.feed(wire("GET / HTTP/1.1\nX: "))
    let piece = [UInt8](repeating: UInt8(ascii: "x"), count: 4096)
    var verdict = RequestParser.Progress.needMore
    for _ in 0..<20 where verdict == .needMore { verdict = parser.feed(piece) }
    #expect(verdict == .reject(.init(status: 431, reason: "the head is too large")))
  }

  @Test func manySmallFieldsCountTogether() {
    let fields = String(repeating: "A: b\n", count: limit / 6 + 1)
    var parser = RequestParser(body: .unread)
    let verdict = parser.feed(wire("GET / HTTP/1.1\n\(fields)Host: a\n\n"))
    #expect(verdict == .reject(.init(status: 431, reason: "the head is too large")))
  }

  @Test func aLongRequestLineHasItsOwnStatus() {
    var parser = RequestParser(body: .unread)
    let target = String(repeating: "a", count: limit)
    let verdict = parser.feed(wire("GET /\(target) HTTP/1.1\nHost: a\n\n"))
    #expect(verdict == .reject(.init(status: 414, reason: "the request line is too long")))
  }

  @Test func eightKilobytesOfTargetAreTaken() throws {
    let target = "/callback?code=" + String(repeating: "c", count: 8192)
    var parser = RequestParser(body: .unread)
    guard case .request(let request) = parser.feed(wire("GET \(target) HTTP/1.1\nHost: a\n\n"))
    else {
      Issue.record("refused")
      return
    }
    #expect(request.target == target)
  }

  @Test func theNextRequestHasTheWholeLimitAgain() {
    var parser = RequestParser(body: .unread)
    for _ in 0..<3 {
      guard case .request = parser.feed(head(of: limit)) else {
        Issue.record("refused")
        return
      }
    }
  }

  @Test func aBodyAtTheLimitIsTakenAndOneByteMoreIsNot() {
    let text = { (length: Int) in "POST / HTTP/1.1\nHost: a\nContent-Length: \(length)\n\n" }
    #expect(rejection(text(8), body: .read(limit: 8)) == nil)
    #expect(rejection(text(9), body: .read(limit: 8)) == 413)
    #expect(rejection(text(999_999_999_999_999_999), body: .read(limit: 8)) == 413)
  }
}
