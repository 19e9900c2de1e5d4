import HTTP1
import OAuth
import Testing

@testable import Courier

/// Authorization requests that are pushed: never a plain one in their place.
@Suite struct PushedRequestTests {
  private func run(
    _ settings: [String] = [], push: @escaping FakeServer.Handler
  ) throws -> (CourierRun, FakeServer) {
    let server = try FakeServer(push)
    let port = try Sockets.freePort()
    let run = try CourierRun(
      [
        "job=login", "account=work", "client_id=client", "timeout=20", "scope=read",
        "authorization_endpoint=\(server.base)/authorize?tenant=1",
        "token_endpoint=\(server.base)/token",
        "pushed_authorization_request_endpoint=\(server.base)/par",
        "redirect_uri=http://localhost:\(port)/callback",
      ] + settings)
    return (run, server)
  }

  private let required = "require_pushed_authorization_requests=yes"

  @Test func referenceAloneReachesTheBrowser() throws {
    let (run, server) = try run([required, "authorize.prompt=login", "response_mode=form_post"]) {
      _ in .json(#"{"request_uri":"urn:x:1","expires_in":10}"#, status: 201)
    }
    let authorize = try run.next("authorize")
    #expect(
      authorize["url"]
        == "\(server.base)/authorize?tenant=1&client_id=client&request_uri=urn%3Ax%3A1")
    #expect(try run.next("waiting")["message"]?.contains("10 seconds") == true)
    let pushed = try FormParameters(decoding: server.requests.first?.body ?? [])
    #expect(pushed.value(of: "state") == authorize["state"])
    #expect(pushed.value(of: "response_mode") == "form_post")
    #expect(pushed.value(of: "prompt") == "login")
    #expect(pushed.value(of: "client_id") == "client")
    #expect(pushed.repeatedNames.isEmpty)
  }

  @Test("ends the sign-in without an address", arguments: [200, 302, 400, 404, 503])
  func failure(_ status: Int) throws {
    let (run, server) = try run([required]) { _ in .status(status) }
    let (block, result) = try run.end()
    #expect(result != 0)
    #expect(block["url"] == nil)
    #expect(server.requests.count == 1)
  }

  @Test func nothingIsPushedWhereNobodyWantsIt() throws {
    let (run, server) = try run { _ in .status(404) }
    #expect(try run.next("authorize")["url"]?.contains("state=") == true)
    #expect(server.requests.isEmpty)
  }
}
