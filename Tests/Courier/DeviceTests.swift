import HTTP1
import OAuth
import Synchronization
import Testing

@testable import Courier

/// The device grant from the codes to the tokens.
@Suite struct DeviceTests {
  private static let codes =
    #"{"device_code":"DC","user_code":"WDJB-MJHT","verification_uri":"https://server.example/go","#
    + #""expires_in":60,"interval":1}"#
  private static let tokens = #"{"access_token":"AT-1","token_type":"Bearer"}"#

  /// A server whose token endpoint gives these answers, one after the other, and then tokens.
  private func server(_ answers: [FakeReply] = []) throws -> FakeServer {
    let waiting = Mutex(answers)
    return try FakeServer { request in
      if request.path == "/codes" { return .json(Self.codes) }
      return waiting.withLock { $0.isEmpty ? nil : $0.removeFirst() } ?? .json(Self.tokens)
    }
  }

  private func run(
    _ server: FakeServer, _ settings: [String] = [], timeout: Int = 30
  ) throws -> CourierRun {
    try CourierRun(
      [
        "job=device", "account=work", "client_id=client", "timeout=\(timeout)",
        "authorization_endpoint=\(server.base)/a", "token_endpoint=\(server.base)/token",
        "device_authorization_endpoint=\(server.base)/codes",
      ] + settings)
  }

  @Test func codesAreShownAndTokensCome() throws {
    let server = try server()
    let run = try run(server, ["scope=read write", "resource=https://api.example"])
    let device = try run.next("device")
    #expect(device["user_code"] == "WDJB-MJHT")
    #expect(device["verification_uri"] == "https://server.example/go")
    #expect(device["verification_uri_complete"] == nil)
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(block["access_token"] == "AT-1")
    #expect(block["scope"] == "read write")
    #expect(block["session.resource"] == "https://api.example")
    #expect(!block.text.contains("DC"))
  }

  @Test func pendingAndLostConnectionsAreLivedThrough() throws {
    let server = try server([
      .json(#"{"error":"authorization_pending"}"#, status: 400), .bytes([]),
    ])
    let run = try run(server)
    #expect(try run.next("waiting")["message"]?.hasSuffix("trying again") == true)
    #expect(try run.end().status == 0)
    #expect(server.requests("/token").count == 3)
  }

  @Test(
    "ends it",
    arguments: [
      (#"{"error":"access_denied"}"#, Int32(4)), (#"{"error":"expired_token"}"#, 4),
      (#"{"error":"invalid_grant"}"#, 4), (#"{"error":"access\u001b"}"#, 4),
    ])
  func refusal(_ body: String, _ expected: Int32) throws {
    let server = try server([.json(body, status: 400)])
    let (block, status) = try run(server).end()
    #expect(status == expected)
    #expect(block["error_description"]?.contains("\u{1B}") == false)
    #expect(server.requests("/token").count == 1)
  }

  @Test func timeOfTheJobEndsItToo() throws {
    let pending = FakeReply.json(#"{"error":"authorization_pending"}"#, status: 400)
    let server = try server(Array(repeating: pending, count: 100))
    let (block, status) = try run(server, timeout: 2).end()
    #expect(status == 5)
    #expect(block["hint"] == "sallyport login work --device")
  }

  @Test(
    "a code is waited for as long as it is good, half an hour at most",
    arguments: [
      ([String](), 900, 890...900), ([], 9999, 1790...1800), (["timeout=60"], 900, 50...60),
    ])
  func patience(settings: [String], life: Int, shown: ClosedRange<Int>) throws {
    let codes =
      #"{"device_code":"DC","user_code":"U","verification_uri":"https://server.example/go","#
      + #""expires_in":\#(life),"interval":5}"#
    let server = try FakeServer { _ in .json(codes) }
    let run = try CourierRun(
      [
        "job=device", "client_id=client", "token_endpoint=\(server.base)/token",
        "device_authorization_endpoint=\(server.base)/codes",
      ] + settings)
    let seconds = try run.next("device")["expires_in"].flatMap { Int($0) }
    #expect(shown.contains(try #require(seconds)))
  }

  @Test func whatIsNeededWithoutAnIssuerIsNamed() throws {
    let run = try CourierRun([
      "job=device", "account=work", "client_id=client", "token_endpoint=http://127.0.0.1:1/t",
    ])
    let (block, status) = try run.end()
    #expect(status == 1)
    #expect(
      block["error_description"]
        == "work has neither an issuer nor a device_authorization_endpoint and token_endpoint")
  }

  @Test func serverWithoutTheGrantIsNamed() throws {
    let run = try CourierRun([
      "job=device", "client_id=client", "authorization_endpoint=http://127.0.0.1:1/a",
      "token_endpoint=http://127.0.0.1:1/t",
    ])
    let (block, status) = try run.end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("device_authorization_endpoint") == true)
  }
}
