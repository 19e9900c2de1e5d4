import HTTP1
import Platform

@testable import Courier

/// A sign-in in progress at a fake server, up to the moment the browser comes back.
struct SignInFixture {
  static let tokens = #"{"access_token":"AT-1","token_type":"Bearer","expires_in":3600}"#

  let server: FakeServer
  let run: CourierRun
  let port: UInt16
  let authorize: CourierRun.Block

  /// Starts a sign-in with endpoints given outright.
  ///
  /// - Parameters:
  ///   - settings: lines of the job besides the endpoints, client_id and redirect_uri.
  ///   - token: what the token endpoint does.
  init(
    _ settings: [String] = [], path: String = "/callback",
    token: @escaping FakeServer.Handler = { _ in .json(tokens) }
  ) throws {
    server = try FakeServer(token)
    port = try Sockets.freePort()
    run = try CourierRun(
      [
        "job=login", "account=work", "client_id=client", "timeout=30",
        "authorization_endpoint=\(server.base)/authorize", "token_endpoint=\(server.base)/token",
        "redirect_uri=http://localhost:\(port)\(path)",
      ] + settings)
    authorize = try run.next("authorize")
  }

  var browser: Browser { Browser(port: port) }
  var state: String { authorize["state"] ?? "" }
  var target: String { "/callback?code=C-1&state=\(state)" }

  /// Lets the right answer come and checks nothing but that the sign-in ends well.
  func complete() throws -> CourierRun.Block {
    _ = try browser.finish(target)
    let (block, status) = try run.end()
    guard status == 0 else { throw TestFault(block.text) }
    return block
  }
}
