import HTTP1
import Testing

/// Content that is read of the posts to one path, and of nothing else.
@Suite struct PostPolicyTests {
  private let policy = RequestParser.BodyPolicy.readPosts(path: "/callback", limit: 8)

  private func post(_ path: String, method: String = "POST", length: Int = 3) -> String {
    "\(method) \(path) HTTP/1.1\nHost: localhost\nContent-Length: \(length)\n\n"
  }

  @Test func contentOfAPostToThePathIsRead() throws {
    let request = try request(post("/callback") + "a=b", body: policy)
    #expect(request.body == Array("a=b".utf8))
    #expect(request.keepsAlive)
  }

  @Test func postIsNotWholeBeforeItsContentIs() {
    #expect(parse(wire(post("/callback") + "a="), body: policy) == .needMore)
  }

  @Test func queryDoesNotChangeThePath() throws {
    #expect(try request(post("/callback?x=y") + "a=b", body: policy).body == Array("a=b".utf8))
  }

  @Test(
    "is given out with its head alone",
    arguments: [("/Callback", "POST"), ("/callback/", "POST"), ("/", "POST"), ("/callback", "PUT")])
  func others(_ path: String, _ method: String) throws {
    // More than the limit: nothing of it is waited for.
    let request = try request(post(path, method: method, length: 1 << 30), body: policy)
    #expect(request.body.isEmpty)
    #expect(!request.keepsAlive)
  }

  @Test func longContentIsRefused() {
    #expect(rejection(post("/callback", length: 9), body: policy) == 413)
  }

  @Test func contentWithoutALengthIsRefused() {
    let text = "POST /callback HTTP/1.1\nHost: localhost\nTransfer-Encoding: chunked\n\n0\n\n"
    #expect(rejection(text, body: policy) == 411)
  }
}
