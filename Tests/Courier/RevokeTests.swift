import HTTP1
import Testing

@testable import Courier

/// The end of a session at its server (RFC 7009).
@Suite struct RevokeTests {
  private func revoke(_ server: FakeServer?, _ more: [String]) throws -> (CourierRun.Block, Int32) {
    let base = server?.base ?? "http://127.0.0.1:1"
    let endpoint = server.map { ["session.revocation_endpoint=\($0.base)/revoke"] } ?? []
    return try CourierRun(
      ["job=revoke", "account=work", "client_id=c", "session.token_endpoint=\(base)/t"]
        + endpoint + more
    ).end()
  }

  private func bodies(_ server: FakeServer) -> [String] {
    server.requests.map { String(decoding: $0.body, as: UTF8.self) }
  }

  @Test func bothTokensAreRevokedTheRefreshTokenFirst() throws {
    let server = try FakeServer { _ in .status(200) }
    let (block, status) = try revoke(server, ["refresh_token=R", "access_token=A"])
    #expect(status == 0)
    #expect(block["revoked"] == "yes")
    #expect(
      bodies(server) == [
        "token=R&token_type_hint=refresh_token&client_id=c",
        "token=A&token_type_hint=access_token&client_id=c",
      ])
  }

  @Test func accessTokenAloneIsRevokedToo() throws {
    let server = try FakeServer { _ in .status(200) }
    #expect(try revoke(server, ["access_token=A"]).1 == 0)
    #expect(bodies(server) == ["token=A&token_type_hint=access_token&client_id=c"])
  }

  @Test func serverWithoutRevocationIsAWarning() throws {
    let (block, status) = try revoke(nil, ["refresh_token=R"])
    #expect(status == 0)
    #expect(block["revoked"] == nil)
    #expect(block["warning[]"] == "the server names no revocation endpoint")
  }

  @Test("a token that still lives is a failure", arguments: [(401, 4), (503, 5), (302, 1)])
  func refused(status: Int, exit: Int32) throws {
    let server = try FakeServer { _ in .status(status) }
    let (block, code) = try revoke(server, ["refresh_token=R-SECRET"])
    #expect(code == exit)
    #expect(!block.text.contains("R-SECRET"))
  }

  @Test func nothingToRevokeIsSaid() throws {
    let server = try FakeServer { _ in .status(200) }
    #expect(try revoke(server, []).1 == 2)
  }

  @Test func revocationEndpointWithoutTLSIsRefused() throws {
    let (_, status) = try CourierRun([
      "job=revoke", "client_id=c", "refresh_token=R", "session.token_endpoint=https://a.example/t",
      "session.revocation_endpoint=http://a.example/r",
    ]).end()
    #expect(status == 1)
  }
}
