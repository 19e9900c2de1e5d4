import Glibc
import HTTP1
import OAuth
import Platform
import TLS
import Testing

@testable import Courier

/// Two clocks that are too far apart, named wherever they may be the reason of a refusal.
@Suite struct ClockSkewTests {
  /// An HTTP date so many seconds from now.
  private static func date(_ offset: Int64) -> String {
    var time = time_t(wallClockSeconds() + offset)
    var parts = tm()
    gmtime_r(&time, &parts)
    var text = [CChar](repeating: 0, count: 64)
    let count = strftime(&text, text.count, "%a, %d %b %Y %H:%M:%S GMT", &parts)
    return String(decoding: text.prefix(count).map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  private static func reply(_ body: String, status: Int = 200, clock offset: Int64?) -> FakeReply {
    var fields: HeaderFields = ["Content-Type": "application/json"]
    if let offset { fields.append("Date", date(offset)) }
    return .response(Response(status: status, fields: fields, body: Array(body.utf8)))
  }

  /// A refresh whose ID token has expired long ago.
  private func refresh(clock offset: Int64?, claims: [String: JSONValue]) throws -> String {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    var behaviour = IDTokenFixture.Behaviour()
    behaviour.claims = claims
    let idToken = fixture.idToken(fixture.issuer, behaviour)
    let server = try FakeServer { _ in
      Self.reply(
        #"{"access_token":"A","token_type":"Bearer","id_token":"\#(idToken)"}"#, clock: offset)
    }
    let (block, status) = try CourierRun([
      "job=refresh", "client_id=client", "refresh_token=R",
      "session.issuer=\(fixture.issuer)", "session.token_endpoint=\(server.base)/t",
      "session.jwks_uri=\(fixture.issuer)/jwks",
    ]).end()
    #expect(status == 1)
    return block["error_description"] ?? ""
  }

  private var expired: [String: JSONValue] {
    let now = wallClockSeconds()
    return ["exp": .number(JSONNumber(now - 3300)), "iat": .number(JSONNumber(now - 3600))]
  }

  @Test func clockThatIsAheadIsNamedWithTheServersDate() throws {
    let sentence = try refresh(clock: -3600, claims: expired)
    #expect(sentence.contains("the id token expired"), "\(sentence)")
    #expect(sentence.contains("seconds ahead of the server's, which says"))
    #expect(sentence.contains(" GMT; set this machine's clock, or have the server's set"))
  }

  @Test func clockThatIsBehindIsNamedToo() throws {
    let ahead = wallClockSeconds() + 7200
    let sentence = try refresh(
      clock: 7200,
      claims: ["exp": .number(JSONNumber(ahead + 300)), "iat": .number(JSONNumber(ahead))])
    #expect(sentence.contains("seconds behind the server's"), "\(sentence)")
  }

  @Test("clocks that agree are not blamed", arguments: [0, -50, 50])
  func agreement(offset: Int64) throws {
    let sentence = try refresh(clock: offset, claims: expired)
    #expect(sentence.contains("the id token expired"))
    #expect(!sentence.contains("set this machine's clock"), "\(sentence)")
  }

  @Test func clocksThatNobodyKnowsAreSuspectedOnly() throws {
    let sentence = try refresh(clock: nil, claims: expired)
    #expect(sentence.contains("the id token expired"))
    #expect(!sentence.contains("ahead of the server's"), "\(sentence)")
  }

  @Test func otherFaultsHaveNothingToDoWithClocks() throws {
    let sentence = try refresh(clock: -3600, claims: ["aud": "another"])
    #expect(sentence.contains("aud"))
    #expect(!sentence.contains("clock"), "\(sentence)")
  }

  @Test("a proof or an assertion of the wrong time is spoken of", arguments: [true, false])
  func proofs(isProven: Bool) throws {
    let code = isProven ? "invalid_dpop_proof" : "invalid_client"
    let server = try FakeServer { _ in
      Self.reply(#"{"error":"\#(code)"}"#, status: 400, clock: -3600)
    }
    let folder = try ScratchFolder()
    let key = try ProofKey(for: try ClientFixture.metadata())
    let file = try folder.file("k.pem", try ClientFixture.pem(try SigningKey(generating: .p256)))
    let lines =
      isProven
      ? ["secret.dpop_key=\(key.storable)", "session.dpop_alg=\(key.algorithm.rawValue)"]
      : ["client_key_file=\(file)", "token_endpoint_auth_method=private_key_jwt"]
    let (block, status) = try CourierRun(
      [
        "job=refresh", "client_id=client", "refresh_token=R",
        "session.token_endpoint=\(server.base)/t",
      ] + lines
    ).end()
    #expect(status == 4)
    #expect(block["error_description"]?.contains("seconds ahead of the server's") == true)
  }

  @Test func signedAnswerOfAnotherTimeIsSpokenOf() throws {
    let fixture = try IDTokenFixture()
    defer { fixture.release() }
    fixture.behaviour.withLock { $0.date = Self.date(-3600) }
    let run = try CourierRun([
      "job=login", "account=work", "client_id=client", "issuer=\(fixture.issuer)",
      "redirect_uri=app:/cb", "response_mode=jwt",
    ])
    let state = try #require(try run.next("authorize")["state"])
    var behaviour = IDTokenFixture.Behaviour()
    behaviour.claims = expired.merging(["state": .string(state), "code": "C"]) { $1 }
    run.send("callback=app:/cb?response=\(fixture.idToken(fixture.issuer, behaviour))")
    let (block, status) = try run.end()
    #expect(status == 1)
    let sentence = try #require(block["error_description"])
    #expect(sentence.contains("the signed answer is refused: it expired"), "\(sentence)")
    #expect(sentence.contains("seconds ahead of the server's, which says"), "\(sentence)")
  }
}
