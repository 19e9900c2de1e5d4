import HTTP1
import OAuth
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
    #expect(
      block["warning[]"]
        == "the server names no revocation endpoint; the tokens stay good there until they expire")
  }

  @Test("a token that still lives is a failure", arguments: [(401, 4), (503, 5), (302, 1)])
  func refused(status: Int, exit: Int32) throws {
    let server = try FakeServer { _ in .status(status) }
    let (block, code) = try revoke(server, ["refresh_token=R-SECRET"])
    #expect(code == exit)
    #expect(!block.text.contains("R-SECRET"))
    // 401 has advice of its own, which does not take that sentence's place.
    #expect(block["error_description"]?.hasSuffix("\(Remedy.expiry)") == true, "\(block.text)")
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

  @Test func narrowerTokensAreRevokedToo() throws {
    let server = try FakeServer { _ in .status(200) }
    let (block, status) = try revoke(
      server, ["refresh_token=R", "narrowed_token[]=N1", "narrowed_token[]=N2"])
    #expect(status == 0)
    #expect(block["revoked"] == "yes")
    #expect(bodies(server).map { $0.parameter("token") } == ["R", "N1", "N2"])
    #expect(bodies(server).last?.parameter("token_type_hint") == "access_token")
  }

  @Test func refusalOfOneTokenKeepsNoOtherAlive() throws {
    let server = try FakeServer { request in
      String(decoding: request.body, as: UTF8.self).contains("token=N1")
        ? .json(#"{"error":"invalid_request"}"#, status: 400) : .status(200)
    }
    let (block, status) = try revoke(
      server, ["refresh_token=R", "narrowed_token[]=N1", "narrowed_token[]=N2"])
    #expect(status == 4)
    #expect(block["oauth_error"] == "invalid_request")
    #expect(bodies(server).map { $0.parameter("token") } == ["R", "N1", "N2"])
  }

  @Test func serverThatDoesNotAnswerIsAskedOnce() throws {
    let server = try FakeServer { _ in .status(503) }
    #expect(try revoke(server, ["refresh_token=R", "access_token=A"]).1 == 5)
    #expect(server.requests.count == 1)
  }

  /// RFC 7009 §2.2.1.
  @Test func serverThatRevokesNoAccessTokensIsAWarning() throws {
    let server = try FakeServer { request in
      String(decoding: request.body, as: UTF8.self).contains("token=A")
        ? .json(#"{"error":"unsupported_token_type"}"#, status: 400) : .status(200)
    }
    let (block, status) = try revoke(server, ["refresh_token=R", "access_token=A"])
    #expect(status == 0)
    #expect(block["revoked"] == "yes")
    #expect(block["warning[]"] == "the server revokes no access tokens; they end by themselves")
  }

  // MARK: The grant before a new sign-in

  private func idToken(sid: String?) -> String {
    let claims: [String: JSONValue] = sid.map { ["sid": .string($0)] } ?? [:]
    return JWS.compact(header: ["alg": "ES256"], payload: claims, sign: { _ in [0] })
  }

  @Test(
    "a former grant is revoked where that cannot end the new one",
    arguments: [
      ("a", "b", true), ("a", "a", false), (nil, "a", true), (nil, nil, true), ("a", nil, true),
    ] as [(String?, String?, Bool)])
  func former(sid: String?, successor: String?, isRevoked: Bool) throws {
    let server = try FakeServer { _ in .status(200) }
    let (block, status) = try revoke(
      server,
      [
        "refresh_token=R", "secret.id_token=\(idToken(sid: sid))",
        "successor.id_token=\(idToken(sid: successor))",
      ])
    #expect(status == 0)
    #expect(block["revoked"] == (isRevoked ? "yes" : "no"))
    #expect(block.all("warning[]").isEmpty == isRevoked)
    #expect(server.requests.isEmpty == !isRevoked)
  }

  @Test(
    "Google ends the whole grant with any token",
    arguments: ["successor.id_token=", "successor.id_token=e30.e30.AA"])
  func wholeGrant(line: String) throws {
    let (block, status) = try CourierRun([
      "job=revoke", "client_id=c", "refresh_token=R",
      "session.token_endpoint=https://oauth2.googleapis.com/token",
      "session.revocation_endpoint=https://oauth2.googleapis.com/revoke", line,
    ]).end()
    #expect(status == 0)
    #expect(block["revoked"] == "no")
    #expect(block["warning[]"]?.contains("oauth2.googleapis.com") == true)
  }

  @Test func sessionOfThePersonIsRevokedAtALogoutWhateverItsSid() throws {
    let server = try FakeServer { _ in .status(200) }
    let (block, _) = try revoke(
      server, ["refresh_token=R", "secret.id_token=\(idToken(sid: "a"))"])
    #expect(block["revoked"] == "yes")
  }
}
