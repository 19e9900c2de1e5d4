import OAuth
import Testing

@testable import Courier

/// What a server tells about a person, as lines.
@Suite struct UserInfoTests {
  private func lines(_ claims: [String: JSONValue]) -> [String] {
    FlattenedClaims(claims).lines.map { "\($0.name)=\($0.value)" }
  }

  @Test func textsAreThemselvesAndTheRestIsJSON() {
    #expect(
      lines([
        "sub": "1", "age": 7, "ok": true, "none": .null, "list": ["a", 1], "place": ["x": "y z"],
      ])
        == ["age=7", #"list=["a",1]"#, "none=null", "ok=true", #"place={"x":"y z"}"#, "sub=1"])
  }

  @Test func whatMovesACursorIsGone() {
    #expect(lines(["name": "a\u{1B}[2Jb\nc\0d\u{202E}e\u{9B}f"]) == ["name=a [2Jb c d e f"])
    #expect(lines(["x": ["\u{9B}\u{1F600}\u{E0001}"]]) == [#"x=["\u009b😀\udb40\udc01"]"#])
  }

  @Test("cannot stand in front of a value", arguments: ["", "a=b", "a b", "a\nb", "ü", "x[]"])
  func name(_ name: String) {
    let claims = FlattenedClaims([name: "v", "sub": "1"])
    #expect(claims.lines.map(\.name) == ["sub"])
    #expect(claims.document?.contains(":\"v\"") == true)
  }

  @Test func wholeThatIsTooLongIsLeftOutAndSaid() {
    let long = FlattenedClaims(["sub": "1", "long": .string(String(repeating: "x", count: 70_000))])
    #expect(long.document == nil)
    #expect(long.warnings.count == 1)
    #expect(long.lines.first?.value.unicodeScalars.count == 1001)
    #expect(FlattenedClaims(["sub": "1"]).warnings.isEmpty)
  }

  @Test("more than a block can hold is left out and said", arguments: [(600, 1), (250, 4000)])
  func crowd(count: Int, length: Int) {
    let text = String(repeating: "x", count: length)
    let names = (0..<count).map { ("\($0)\(String(repeating: "n", count: 190))", text) }
    let claims = FlattenedClaims(
      Dictionary(uniqueKeysWithValues: names.map { ($0.0, JSONValue.string($0.1)) }))
    #expect((1...256).contains(claims.lines.count))
    #expect(claims.lines.count < count)
    #expect(claims.warnings.contains { $0.contains("the rest was left out") })
  }

  @Test func anotherUsersDataAreRefused() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    let server = try FakeServer { _ in .json(#"{"sub":"somebody"}"#) }
    let token = JWS.compact(
      header: ["alg": "ES256"],
      payload: ["iss": .string(fixture.issuer), "sub": "me", "aud": "client"]
    ) { _ in [] }
    let run = try CourierRun([
      "job=userinfo", "account=work", "client_id=client", "access_token=AT",
      "session.client_id=client", "session.issuer=\(fixture.issuer)",
      "session.token_endpoint=\(fixture.issuer)/token",
      "session.userinfo_endpoint=\(server.base)/userinfo", "secret.id_token=\(token)",
    ])
    let (block, status) = try run.end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("another user") == true)
    #expect(server.requests.first?.fields["Authorization"] == "Bearer AT")
    #expect(!block.text.contains("somebody"))
  }
}
