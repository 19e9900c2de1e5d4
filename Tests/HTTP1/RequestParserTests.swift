import HTTP1
import Testing

@Suite struct RequestParserTests {
  @Test func aBrowsersRedirectIsReadWhole() throws {
    let request = try request(
      """
      GET /callback?code=a%2Bb&state=x%20y HTTP/1.1
      Host: localhost:3000
      User-Agent: Mozilla/5.0
      accept: text/html


      """)
    #expect(request.method == "GET")
    #expect(request.target == "/callback?code=a%2Bb&state=x%20y")
    #expect(request.path == "/callback")
    #expect(request.query == "code=a%2Bb&state=x%20y")
    #expect(request.host == "localhost:3000")
    #expect(request.fields["ACCEPT"] == "text/html")
    #expect(request.body.isEmpty)
    #expect(request.keepsAlive)
  }

  @Test func aFormIsReadToItsLength() throws {
    let request = try request(
      "POST /as/token HTTP/1.1\nHost: a\nContent-Length: 9\n\ngrant=abcGET")
    #expect(request.body == Array("grant=abc".utf8))
  }

  @Test func pipelinedRequestsComeOneAfterTheOther() {
    var parser = RequestParser(body: .read(limit: 10))
    let first = parser.feed(
      wire("POST /1 HTTP/1.1\nHost: a\nContent-Length: 2\n\nhiGET /2 HTTP/1.1\nHost: a\n\n"))
    let second = parser.feed([])
    guard case .request(let one) = first, case .request(let two) = second else {
      Issue.record("\(first), \(second)")
      return
    }
    #expect(one.path == "/1" && one.body == Array("hi".utf8))
    #expect(two.path == "/2" && two.body.isEmpty)
    #expect(parser.feed([]) == .needMore)
    #expect(parser.isIdle)
  }

  @Test func oneEmptyLineMayComeFirstAndNotTwo() {
    #expect(rejection("\nGET / HTTP/1.1\nHost: a\n\n") == nil)
    #expect(rejection("\n\nGET / HTTP/1.1\nHost: a\n\n") == 400)
  }

  @Test(arguments: [
    "GET / HTTP/1.1\rHost: a\r\n\r\n", "GET / HTTP/1.1\nHost: a\r\n\r\n",
    "GET / HTTP/1.1\r\nHost: a\n\n", "GET / HTTP/1.1\r\nHost: a\r\nX: b\rc\r\n\r\n",
    "GET / HTTP/1.1\r\r\nHost: a\r\n\r\n", "GET / HTTP/1.1\r\nHost: a\r\nX: \0\r\n\r\n",
    "GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n",
  ])
  func aLineEndsWithCRLFAndWithNothingElse(text: String) {
    #expect(rejection(Array(text.utf8)) == 400)
  }

  @Test(arguments: [
    "X : y", "X y", ": y", " X: y", "\tfolded", "X\u{7F}: y", "X: a\u{1}b", "X: a\u{1B}[31m",
    "(X): y", "X",
  ])
  func aMalformedFieldIsRefused(line: String) {
    #expect(rejection("GET / HTTP/1.1\nHost: a\n\(line)\n\n") == 400)
  }

  @Test func aFoldedLineIsRefused() {
    #expect(rejection("GET / HTTP/1.1\nHost: a\nX: y\n more\n\n") == 400)
    #expect(rejection("GET / HTTP/1.1\n Host: a\n\n") == 400)
  }

  @Test func bytesBeyondASCIIMayStandInAFieldValue() throws {
    let request = try request("GET / HTTP/1.1\nHost: a\nX: caf\u{E9}\n\n")
    #expect(request.fields["x"] == "caf\u{E9}")
  }

  @Test(arguments: [
    "", "Host: a\nHost: a\n", "Host: a\nHost: b\n", "Host:\n", "Host: a b\n", "Host: u@a\n",
    "Host: a/b\n", "Host: a:port\n", "Host: [::1\n", "Host: a,b c\n", "Host: a:1234567\n",
    "Host: []\n", "Host: :80\n", "Host: [::1]x\n",
  ])
  func exactlyOneWellFormedHostIsDemanded(fields: String) {
    #expect(rejection("GET / HTTP/1.1\n\(fields)\n") == 400)
    #expect(rejection("GET / HTTP/1.0\n\(fields)\n") == 400)
  }

  @Test(arguments: ["localhost", "127.0.0.1:3000", "[::1]:3000", "a.example:"])
  func everyFormOfAuthorityIsTaken(host: String) throws {
    #expect(try request("GET / HTTP/1.1\nhOsT:\t\(host) \n\n").host == host)
  }

  @Test func aRefusalStands() {
    var parser = RequestParser(body: .unread)
    let verdict = parser.feed(wire("bad line\n"))
    #expect(verdict != .needMore)
    #expect(parser.feed(wire("GET / HTTP/1.1\nHost: a\n\n")) == verdict)
  }

  @Test func connectionFieldAndVersionDecideWhetherToStay() throws {
    #expect(try request("GET / HTTP/1.1\nHost: a\nConnection: x, Close\n\n").keepsAlive == false)
    #expect(try request("GET / HTTP/1.0\nHost: a\n\n").keepsAlive == false)
    #expect(try request("GET / HTTP/1.0\nHost: a\nConnection: keep-alive\n\n").keepsAlive)
  }

  @Test func aParserThatHasSeenNothingIsIdle() {
    var parser = RequestParser(body: .unread)
    #expect(parser.isIdle)
    _ = parser.feed([UInt8(ascii: "G")])
    #expect(!parser.isIdle)
  }

  @Test func noByteSequenceMakesItTrap() {
    var generator = SplitMix(state: 7)
    let alphabet = Array("GET / HTTP/1.1\r\n\r\nHost: a:,;[]0\0\u{7F}".utf8) + [0xFF, 0x16]
    for _ in 0..<2_000 {
      var parser = RequestParser(body: .read(limit: 64), maximumHeadLength: 256)
      let bytes = (0..<64).map { _ in alphabet[Int(generator.next() % UInt64(alphabet.count))] }
      _ = parser.feed(bytes[..<20])
      _ = parser.feed(bytes[20...])
    }
  }
}

/// Numbers that are the same in every run.
struct SplitMix {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var z = state
    z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
    z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
    return z ^ (z >> 31)
  }
}
