import HTTP1
import Testing

@testable import Courier

/// Which of an issuer's documents are read, by what a job needs.
@Suite struct NeededEndpointTests {
  private static let first = "/as/.well-known/openid-configuration"
  private static let second = "/.well-known/oauth-authorization-server/as"

  /// A server whose second document has what its first lacks.
  private func server(
    first own: String = "", issuerOfSecond: String = "/as", _ other: FakeReply? = nil
  ) throws -> FakeServer {
    try FakeServer { request in
      let base = "http://\(request.host)"
      func document(_ issuer: String, _ members: String) -> FakeReply {
        .json(
          #"{"issuer":"\#(base)\#(issuer)","authorization_endpoint":"\#(base)/a","#
            + #""token_endpoint":"\#(base)/t"\#(members)}"#)
      }
      switch request.path {
      case Self.first: return document("/as", own)
      case Self.second:
        return other
          ?? document(
            issuerOfSecond,
            #","device_authorization_endpoint":"\#(base)/device","#
              + #""pushed_authorization_request_endpoint":"\#(base)/par","#
              + #""registration_endpoint":"\#(base)/register","#
              + #""revocation_endpoint":"\#(base)/revoke""#)
      case "/par":
        return .json(#"{"request_uri":"urn:r","expires_in":60}"#, status: 201)
      case "/register": return .json(#"{"client_id":"made"}"#, status: 201)
      case "/device":
        return .json(
          #"{"device_code":"D","user_code":"U","verification_uri":"\#(base)/v","expires_in":60}"#)
      case "/revoke": return .status(200)
      default: return .status(404)
      }
    }
  }

  private func start(_ job: String, _ server: FakeServer, _ more: [String]) throws -> CourierRun {
    try CourierRun(
      ["job=\(job)", "account=work", "issuer=\(server.base)/as", "redirect_uri=app:/cb"] + more)
  }

  @Test func oneDocumentDoesWhereNothingIsMissing() throws {
    let server = try server()
    _ = try start("login", server, ["client_id=c"]).next("authorize")
    #expect(server.requests.map(\.path) == [Self.first])
  }

  @Test func deviceSignInTakesItsEndpointFromTheOther() throws {
    let server = try server()
    _ = try start("device", server, ["client_id=c"]).next("device")
    #expect(server.requests.prefix(3).map(\.path) == [Self.first, Self.second, "/device"])
  }

  @Test func requestIsPushedToTheEndpointOfTheOther() throws {
    let server = try server()
    let lines = ["client_id=c", "require_pushed_authorization_requests=yes"]
    _ = try start("login", server, lines).next("authorize")
    #expect(server.requests.map(\.path) == [Self.first, Self.second, "/par"])
  }

  @Test func clientIsRegisteredAtTheEndpointOfTheOther() throws {
    let server = try server()
    _ = try start("login", server, []).next("authorize")
    #expect(server.requests.map(\.path) == [Self.first, Self.second, "/register"])
  }

  @Test func whatTheFirstOrTheAccountSaysIsLeftAsItIs() throws {
    let server = try server(first: #","registration_endpoint":"http://127.0.0.1:1/own""#)
    let device = "device_authorization_endpoint=\(server.base)/device"
    _ = try start("device", server, ["client_id=c", device]).next("device")
    #expect(server.requests.prefix(2).map(\.path) == [Self.first, "/device"])
    let (block, _) = try start(
      "login", server, ["require_pushed_authorization_requests=yes"]
    ).end()
    #expect(block["error"] == "temporarily_unavailable", "\(block.text)")
    #expect(server.requests("/register").isEmpty)
  }

  @Test(
    "another document that is no good changes nothing",
    arguments: [FakeReply.status(500), .status(404), .json("{"), .bytes([])])
  func uselessOther(reply: FakeReply) throws {
    let server = try server(reply)
    let (block, exit) = try start("device", server, ["client_id=c"]).end()
    #expect(exit == 1)
    #expect(
      block["error_description"]?.hasPrefix("the server names no device_authorization_endpoint")
        == true)
  }

  @Test func anotherIssuersDocumentIsNotTakenFrom() throws {
    let server = try server(issuerOfSecond: "/other")
    let (block, exit) = try start("device", server, ["client_id=c"]).end()
    #expect(exit == 1)
    #expect(block["error_description"]?.contains("device_authorization_endpoint") == true)
    #expect(server.requests("/device").isEmpty)
  }

  @Test func tokensAreRevokedWhereTheOtherSays() throws {
    let server = try server()
    let lines = [
      "client_id=c", "access_token=A", "session.issuer=\(server.base)/as",
      "session.token_endpoint=\(server.base)/t",
    ]
    let (block, exit) = try start("revoke", server, lines).end()
    #expect(exit == 0)
    #expect(block["revoked"] == "yes", "\(block.text)")
    #expect(server.requests.map(\.path) == [Self.first, Self.second, "/revoke"])
  }
}
