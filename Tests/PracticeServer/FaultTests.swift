import HTTP1
import OAuth
import TLS
import Testing

@testable import PracticeServer

struct FaultTests {
  @Test func `every fault has a name of its own and a line for programs`() {
    #expect(Fault.all.count >= 90)
    #expect(Set(Fault.all.map(\.name)).count == Fault.all.count)
    for fault in Fault.all {
      #expect(Grammar.isUnreserved(fault.name) && fault.name == fault.name.lowercased())
      let parts = fault.line.split(separator: "\t", omittingEmptySubsequences: false)
      #expect(parts.count == 5)
      #expect(!fault.section.isEmpty && !fault.line.contains("\n"))
      #expect(Fault.named(fault.name)?.line == fault.line)
    }
    #expect(Fault.named("none") == nil)
  }

  @Test(arguments: Fault.Occasion.allCases)
  func `for every occasion there is a fault`(occasion: Fault.Occasion) {
    #expect(Fault.all.contains { $0.occasion == occasion })
  }

  @Test func `no fault is without effect`() throws {
    // Signatures of Ed25519 are always the same, so that only a fault can make a difference.
    let signer = try TokenSigner(.edDSA)
    let honest = try Tour.replies(nil, signer)
    let isRepeatable = try Tour.replies(nil, signer) == honest
    #expect(isRepeatable)
    for fault in Fault.all {
      let replies = try Tour.replies(fault, signer)
      // Apart from the macro, which would write ten megabytes of replies into its report.
      let isDifferent = replies != honest
      #expect(isDifferent, "\(fault.name) changes nothing")
    }
  }

  @Test func `a fault of one occasion leaves the others alone`() throws {
    let signer = try TokenSigner(.edDSA)
    let honest = try Tour.replies(nil, signer)
    let spoiled = try Tour.replies(Fault.named("token-10-mib"), signer)
    for (name, reply) in honest where !["exchange", "bound", "swapped", "poll"].contains(name) {
      let isSame = spoiled[name] == reply
      #expect(isSame, "\(name) differs")
    }
  }

  @Test func `a server without a fault announces none`() throws {
    let settings = try Fixture().server.settings
    let block = StartBlock(settings: settings, port: 1, certificateFile: nil, processID: 1)
    #expect(!block.attributes.contains("fault="))
    let fault = try #require(Fault.named("alg-none"))
    let misled = try Fixture(misbehaviour: Misbehaviour(fault, beside: .es256)).server.settings
    let other = StartBlock(settings: misled, port: 1, certificateFile: nil, processID: 1)
    #expect(other.attributes.contains("fault=alg-none\n"))
    #expect(other.greeting.first?.contains("alg-none") == true)
  }

  @Test func `an unknown fault is no fault`() {
    #expect(throws: UsageFault.unknownFault("alg-nun")) {
      try ServeOptions(["--fault", "alg-nun"])
    }
    #expect(throws: UsageFault.needs("certificate=", "--tls")) {
      let pem = try SelfSignedCertificate.make(validFrom: 0, validUntil: 1).certificatePEM
      _ = try ServeOptions(["--client", "a,certificate=x"], reading: { _ in pem })
    }
  }
}

/// One request to every place a fault can strike, in an order a client could have.
private struct Tour {
  /// A reply as it goes on the wire.
  struct Seen: Equatable {
    let response: Response
    let delivery: Delivery
  }

  private var fixture: Fixture
  private var seen: [String: Seen] = [:]

  private init(fault: Fault?, signer: TokenSigner) throws {
    fixture = try Fixture(
      {
        $0.servesResource = true
        $0.approval = .automatic(user: "alice")
      }, signer: signer,
      misbehaviour: try fault.map { try Misbehaviour($0, beside: .edDSA) })
  }

  static func replies(_ fault: Fault?, _ signer: TokenSigner) throws -> [String: Seen] {
    var tour = try Tour(fault: fault, signer: signer)
    tour.go()
    return tour.seen
  }

  private mutating func go() {
    for name in ["metadata", "metadata-again"] {
      note(name, fixture.get("/.well-known/openid-configuration"))
    }
    note("oauth-metadata", fixture.get("/.well-known/oauth-authorization-server"))
    for name in ["keys", "keys-again"] { note(name, fixture.get("/jwks")) }
    note("register", fixture.registration())
    note("push", fixture.post("/par", Fixture.authorization))
    note("authorize", fixture.authorize())
    note("exchange", fixture.exchange(unusedCode))
    note("signed", fixture.authorize(["response_mode": "jwt"]))
    note("posted", fixture.authorize(["response_mode": "form_post"]))
    note("bound", fixture.exchange(unusedCode, proof: Self.proof))
    note("swapped", fixture.swap(accessToken))
    note("userinfo", fixture.userInfo(accessToken))
    note("resource", fixture.get("/resource"))
    note(
      "resource-metadata", fixture.get("/.well-known/oauth-protected-resource/resource"))
    note("refresh", fixture.refresh(refreshToken))
    note(
      "device", fixture.post("/device_authorization", [("client_id", "practice")]))
    note("poll", fixture.pollFirstDevice())
    note("revoke", fixture.post("/revoke", [("token", "x"), ("client_id", "practice")]))
  }

  private mutating func note(_ name: String, _ reply: Reply) {
    seen[name] = Seen(response: reply.response, delivery: reply.delivery)
  }

  // What was issued is taken from the server itself: a fault may keep it from the client.

  private var unusedCode: String {
    fixture.server.codes.first { entry in
      if case .fresh = entry.value.state { true } else { false }
    }?.key ?? ""
  }

  private var accessToken: String {
    let bearer = fixture.server.accessTokens.filter { $0.value.keyThumbprint == nil }
    return bearer.keys.min { $0 < $1 } ?? ""
  }

  private var refreshToken: String {
    let fresh = fixture.server.refreshTokens.filter { $0.value.state == .fresh }
    return fresh.filter { $0.value.keyThumbprint == nil }.keys.min { $0 < $1 } ?? ""
  }

  private static let proof = (try? ClientKey(.edDSA).proof()) ?? ""
}

extension Fixture {
  fileprivate mutating func registration() -> Reply {
    let document: JSONValue = [
      "redirect_uris": ["http://localhost:3000/callback"], "token_endpoint_auth_method": "none",
    ]
    return send(
      "POST", "/register", ["Content-Type": "application/json"], body: document.serialized())
  }

  fileprivate mutating func swap(_ accessToken: String) -> Reply {
    post(
      "/token",
      [
        ("grant_type", AuthorizationServer.exchangeGrantType), ("client_id", "practice"),
        ("subject_token", accessToken), ("audience", "https://api.example"),
        ("subject_token_type", "urn:ietf:params:oauth:token-type:access_token"),
      ])
  }

  fileprivate mutating func pollFirstDevice() -> Reply {
    post(
      "/token",
      [
        ("grant_type", AuthorizationServer.deviceGrantType), ("client_id", "practice"),
        ("device_code", server.devices.keys.first ?? ""),
      ])
  }
}

struct DateFieldTests {
  @Test(arguments: [
    (0, "Thu, 01 Jan 1970 00:00:00 GMT"), (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
    (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
    (1_709_251_199, "Thu, 29 Feb 2024 23:59:59 GMT"),
    (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"), (-1, "Thu, 01 Jan 1970 00:00:00 GMT"),
  ])
  func `a time is told as HTTP does`(seconds: Int64, text: String) {
    #expect(DateField.text(seconds) == text)
    #expect(HTTPDate.parse(text) == max(0, seconds))
  }
}
