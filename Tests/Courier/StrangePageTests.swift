import OAuth
import Testing

@testable import Courier

/// Servers that a resource has named, and whose page is somebody else's (RFC 9700 §4.4).
@Suite struct StrangePageTests {
  private static let words = "go on only if the two belong together"

  private func fixture(page: String) throws -> ResourceFixture {
    try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        .json(
          #"{"issuer":"\#(base)","authorization_endpoint":"\#(page)/authorize","#
            + #""token_endpoint":"\#(base)/token","device_authorization_endpoint":"\#(base)/codes"}"#
        )
      },
      "/codes": { _, _ in
        .json(
          #"{"device_code":"D","user_code":"U","verification_uri":"\#(page)/go","expires_in":60,"#
            + #""interval":1}"#)
      },
    ])
  }

  /// The messages up to the end.
  private func messages(_ run: CourierRun) throws -> [String] {
    var messages: [String] = []
    while true {
      let block = try run.next()
      if let message = block["message"] { messages.append(message) }
      if block["event"] == "authorize" {
        run.send("callback=app:/cb?code=C&state=\(block["state"] ?? "")")
      }
      if block["event"] == "done" || block["error"] != nil { return messages }
    }
  }

  @Test("the page of another server is told", arguments: ["login", "device"])
  func told(job: String) throws {
    for (page, settings, count) in [
      ("https://honest.example", [String](), 1), ("http://127.0.0.1:1", [], 0),
      ("https://honest.example", ["issuer"], 0),
    ] {
      let fixture = try fixture(page: page)
      let run = try CourierRun(
        [
          "job=\(job)", "account=api", "timeout=30", "redirect_uri=app:/cb", "client_id=c",
          "resource_url=\(fixture.base)/api",
        ] + settings.map { "\($0)=\(fixture.base)" })
      let told = try messages(run).filter { $0.contains(Self.words) }
      #expect(told.count == count)
      #expect(told.allSatisfy { $0.contains("127.0.0.1") && $0.contains("honest.example") })
    }
  }
}
