import OAuth
import TLS
import Testing

@testable import Courier

/// Whom an assertion is shown to.
@Suite struct AssertionPlaceTests {
  /// A server can call another one's token endpoint its own; the assertion would be good there.
  @Test func assertionForATokenEndpointIsShownToItsServerAlone() throws {
    let server = try FakeServer { _ in .status(200) }
    let other = try FakeServer { _ in .status(404) }
    let folder = try ScratchFolder()
    let file = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    func revoke(at place: FakeServer, _ audience: String) throws -> Int32 {
      try CourierRun([
        "job=revoke", "account=work", "client_id=client", "access_token=A-SECRET",
        "session.issuer=\(server.base)", "session.token_endpoint=\(place.base)/token",
        "session.revocation_endpoint=\(server.base)/revoke", "client_key_file=\(file)",
        "session.token_endpoint_auth_method=private_key_jwt",
        "client_assertion_audience=\(audience)", "timeout=20",
      ]).end().status
    }
    #expect(try revoke(at: other, "token_endpoint") == 1)
    #expect(server.requests.isEmpty)
    #expect(try revoke(at: other, "issuer") == 0)
    #expect(try revoke(at: server, "token_endpoint") == 0)
    #expect(server.requests.count == 2)
  }

  /// Some servers take an assertion at an endpoint only where it names that very one.
  @Test func assertionCanNameEachEndpointForItself() throws {
    let server = try FakeServer { _ in .status(200) }
    let folder = try ScratchFolder()
    let file = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    let (_, status) = try CourierRun([
      "job=revoke", "account=work", "client_id=client", "access_token=A-SECRET",
      "session.issuer=\(server.base)", "session.token_endpoint=\(server.base)/token",
      "session.revocation_endpoint=\(server.base)/revoke", "client_key_file=\(file)",
      "session.token_endpoint_auth_method=private_key_jwt",
      "client_assertion_audience=endpoint", "timeout=20",
    ]).end()
    #expect(status == 0)
    let body = String(decoding: try #require(server.requests.first).body, as: UTF8.self)
    let assertion = try #require(body.parameter("client_assertion"))
    #expect(try ClientFixture.parts(assertion).1["aud"] == .string("\(server.base)/revoke"))
  }
}
