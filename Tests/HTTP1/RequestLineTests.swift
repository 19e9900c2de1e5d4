import HTTP1
import Testing

@Suite struct RequestLineTests {
  @Test(arguments: [
    "GET  / HTTP/1.1", "GET /  HTTP/1.1", " GET / HTTP/1.1", "GET / HTTP/1.1 ", "GET /",
    "GET\t/ HTTP/1.1", "G@T / HTTP/1.1", "GET /a b HTTP/1.1", "GET /\u{E9} HTTP/1.1",
    "GET / http/1.1", "GET / HTTP/1", "GET / HTTP/11", "GET /a\u{7F} HTTP/1.1", "GET /#f HTTP/1.1",
    "GET * HTTP/1.1", "GET callback HTTP/1.1", "GET ftp://a/ HTTP/1.1", "GET http:// HTTP/1.1",
    "GET http://u@a/ HTTP/1.1", "CONNECT /x HTTP/1.1", "GET a:80 HTTP/1.1", "/ HTTP/1.1",
  ])
  func aMalformedRequestLineIsRefused(line: String) {
    #expect(rejection("\(line)\nHost: a\n\n") == 400)
  }

  @Test(arguments: ["HTTP/0.9", "HTTP/1.2", "HTTP/2.0", "HTTP/3.0"])
  func onlyVersions10And11AreSpoken(version: String) {
    #expect(rejection("GET / \(version)\nHost: a\n\n") == 505)
  }

  @Test func theHTTP2PrefaceIsAnsweredAtOnce() {
    #expect(rejection("PRI * HTTP/2.0\n\nSM\n\n") == 505)
  }

  @Test func anotherProtocolsFirstBytesAreRefusedBeforeALineIsWhole() {
    #expect(rejection([0x16, 0x03, 0x01]) == 400)
    #expect(rejection([0x80]) == 400)
    #expect(rejection(Array("{\"".utf8)) == 400)
    #expect(rejection(Array("\u{0}".utf8)) == 400)
    #expect(rejection(Array("GET\t".utf8)) == 400)
    #expect(rejection(Array("\rG".utf8)) == 400)
  }

  @Test func aMethodWithoutAnEndIsNotWaitedFor() {
    #expect(rejection(Array(String(repeating: "A", count: 33).utf8)) == 501)
    #expect(rejection(Array(String(repeating: "A", count: 32).utf8)) == nil)
    #expect(rejection("\(String(repeating: "A", count: 33)) / HTTP/1.1\nHost: a\n\n") == 501)
  }

  @Test(arguments: ["HEAD", "POST", "PUT", "FROB", "delete"])
  func anyMethodIsTheCallersToJudge(method: String) throws {
    #expect(try request("\(method) /x HTTP/1.1\nHost: a\n\n").method == method)
  }

  @Test func theAbsoluteFormIsTakenWithItsOwnAuthority() throws {
    let absolute = try request("GET HTTP://b.example:81/p/q?x=1 HTTP/1.1\nHost: a\n\n")
    #expect(absolute.host == "b.example:81")
    #expect(absolute.path == "/p/q")
    #expect(absolute.query == "x=1")
    let bare = try request("GET https://b HTTP/1.1\nHost: a\n\n")
    #expect(bare.path == "/" && bare.query == nil)
    let query = try request("GET http://b?x HTTP/1.1\nHost: a\n\n")
    #expect(query.path == "/" && query.query == "x" && query.host == "b")
  }

  @Test func asteriskAndAuthorityFormHaveNoPathOfAFile() throws {
    #expect(try request("OPTIONS * HTTP/1.1\nHost: a\n\n").path == "*")
    let connect = try request("CONNECT b.example:443 HTTP/1.1\nHost: a\n\n")
    #expect(connect.path == "" && connect.host == "b.example:443")
  }

  @Test func theQueryBeginsAtTheFirstMarkAndMayBeEmpty() throws {
    #expect(try request("GET /a?b?c HTTP/1.1\nHost: a\n\n").query == "b?c")
    #expect(try request("GET /a? HTTP/1.1\nHost: a\n\n").query == "")
    #expect(try request("GET /a HTTP/1.1\nHost: a\n\n").query == nil)
    #expect(try request("GET //a HTTP/1.1\nHost: a\n\n").path == "//a")
  }
}
