import HTTP1
import OAuth
import Testing

@testable import Courier

/// What a resource demands beside a token: scope, a stronger sign-in, proofs of possession.
@Suite struct StepUpTests {
  private static let insufficient =
    #"Bearer error="insufficient_scope", resource_metadata="BASE/document""#

  /// A resource that answers a token with `field` and everything else with a plain demand.
  private func fixture(
    _ field: String, status: Int = 403, _ document: String = #""scopes_supported":["read","write"]"#
  ) throws -> ResourceFixture {
    try ResourceFixture([
      "/api": { request, base in
        let plain = #"Bearer resource_metadata="BASE/document", scope="read""#
        let text = request.fields.contains("Authorization") ? field : plain
        let parts = text.split(separator: "BASE", omittingEmptySubsequences: false)
        return ResourceFixture.challenge(parts.joined(separator: base), status: status)
      },
      "/document": { _, base in .json(ResourceFixture.document(base, document)) },
    ])
  }

  private func session(_ base: String, _ more: [String] = []) -> [String] {
    ["former.access_token=AT-0", "former.scope=read", "session.resource=\(base)/api"] + more
  }

  private func authorizations(_ fixture: ResourceFixture) -> [String?] {
    fixture.server.requests("/api").map { $0.fields["Authorization"] }
  }

  @Test(
    "more scope is asked for together with what there was",
    arguments: [
      (#", scope="admin""#, [String](), "read+admin"), (#", scope="read admin""#, [], "read+admin"),
      ("", [], "read+write"), (#", scope="admin""#, ["scope=own"], "read+admin"),
    ])
  func union(more: String, settings: [String], scope: String) throws {
    let fixture = try fixture(Self.insufficient + more)
    let url = try fixture.url(session(fixture.base, settings))
    #expect(url.parameter("scope") == scope)
    #expect(authorizations(fixture) == ["Bearer AT-0"])
  }

  @Test(
    "what steps up stays good for the resources of its session, at their server alone",
    arguments: [("", ["/api", "/other"]), ("/elsewhere", ["/api"])])
  func resources(issuer: String, kept: [String]) throws {
    let fixture = try fixture(Self.insufficient + #", scope="admin""#)
    let base = fixture.base
    let url = try fixture.url([
      "former.access_token=AT-0", "former.scope=read",
      "session.issuer=\(base)\(issuer)", "session.resource=\(base)/api \(base)/other",
    ])
    let asked = url.split(separator: "&").filter { $0.hasPrefix("resource=") }
    #expect(asked.count == kept.count, "\(url)")
    for path in kept {
      #expect(asked.contains { $0.hasSuffix(path.replacing("/", with: "%2F")) }, "\(path)")
    }
  }

  @Test func aTokenThatIsNoStepUpKeepsNoOtherResource() throws {
    let fixture = try fixture(
      #"Bearer error="invalid_token", resource_metadata="BASE/document", scope="read""#,
      status: 401)
    let base = fixture.base
    let url = try fixture.url([
      "former.access_token=AT-0", "session.issuer=\(base)",
      "session.resource=\(base)/api \(base)/other",
    ])
    #expect(!url.contains("other"))
  }

  @Test func moreScopeThatNobodyNamesIsRefused() throws {
    let fixture = try fixture(Self.insufficient, #""scopes_supported":["read"]"#)
    let (block, status) = try fixture.login(session(fixture.base)).end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("does not say which") == true)
    #expect(block["hint"] == "sallyport login \(fixture.base)/api --scope SCOPES")
  }

  @Test func strongerSignInIsAskedFor() throws {
    let fixture = try fixture(
      #"Bearer error="insufficient_user_authentication", acr_values="gold silver", max_age=60, "#
        + #"resource_metadata="BASE/document""#, status: 401)
    let url = try fixture.url(
      session(fixture.base, ["authorize.acr_values=bronze", "authorize.prompt=login"]))
    #expect(
      url.parameter("acr_values") == "gold%20silver" || url.parameter("acr_values") == "gold+silver"
    )
    #expect(url.parameter("max_age") == "60")
    #expect(url.parameter("prompt") == "login")
    #expect(url.parameter("scope") == "read")
    #expect(!url.contains("bronze"))
  }

  @Test(
    "a token is shown to no resource it was not issued for",
    arguments: [
      ["session.resource=https://api.example/api"], ["session.resource=BASE/other BASE/ap"],
      ["session.resource=http://127.0.0.1:1/api"],
    ])
  func foreignToken(lines: [String]) throws {
    let fixture = try fixture(Self.insufficient + #", scope="admin""#)
    let session = lines.map {
      $0.split(separator: "BASE", omittingEmptySubsequences: false).joined(separator: fixture.base)
    }
    let url = try fixture.url(["former.access_token=AT-0", "former.scope=read"] + session)
    #expect(url.parameter("scope") == "read")
    #expect(authorizations(fixture) == [nil])
  }

  @Test func tokenOfAResourceAboveIsShown() throws {
    let fixture = try fixture(Self.insufficient + #", scope="admin""#)
    let lines = ["former.access_token=AT-0", "session.resource=\(fixture.base)"]
    _ = try fixture.url(lines)
    #expect(authorizations(fixture) == ["Bearer AT-0"])
  }

  @Test("a token that is good, or says nothing, is left out", arguments: [200, 403])
  func goodToken(status: Int) throws {
    let fixture = try ResourceFixture([
      "/api": { request, base in
        guard request.fields.contains("Authorization") else {
          return ResourceFixture.challenge(
            #"Bearer resource_metadata="\#(base)/document", scope="other""#)
        }
        return .status(status)
      }
    ])
    #expect(try fixture.url(session(fixture.base)).parameter("scope") == "other")
    #expect(authorizations(fixture) == ["Bearer AT-0", nil])
  }

  @Test func tokenThatHasEndedIsNoStepUp() throws {
    let fixture = try fixture(
      #"Bearer error="invalid_token", resource_metadata="BASE/document", scope="read""#,
      status: 401)
    let url = try fixture.url(session(fixture.base))
    #expect(url.parameter("scope") == "read")
    #expect(authorizations(fixture).count == 1)
  }

  // MARK: what is asked for at first

  @Test(
    "the scope of a first sign-in",
    arguments: [
      (["scope=mine"], #", scope="demanded""#, #""scopes_supported":["all"]"#, "mine"),
      ([], #", scope="demanded""#, #""scopes_supported":["all"]"#, "demanded"),
      ([], "", #""scopes_supported":["all","of","them"]"#, "all+of+them"),
      ([], "", #""x":1"#, "openid"),
    ])
  func firstScope(
    settings: [String], challenge: String, document: String, scope: String
  ) throws {
    let fixture = try ResourceFixture([
      "/api": { _, base in
        ResourceFixture.challenge(#"Bearer resource_metadata="\#(base)/document"\#(challenge)"#)
      },
      "/document": { _, base in .json(ResourceFixture.document(base, document)) },
      "/.well-known/openid-configuration": { _, base in
        let more = #""registration_endpoint":"BASE/register","jwks_uri":"BASE/keys""#
        return .json(ResourceFixture.metadata(base, more))
      },
    ])
    #expect(try fixture.url(settings).parameter("scope") == scope)
    let registered = try fixture.registration()["scope"]?.stringValue
    #expect(registered == scope.split(separator: "+").joined(separator: " "))
  }

  @Test("a refresh token is asked for where the server lists the way", arguments: [true, false])
  func offline(isOwn: Bool) throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        let more =
          #""registration_endpoint":"BASE/register","scopes_supported":["read","offline_access"]"#
        return .json(ResourceFixture.metadata(base, more))
      }
    ])
    let url = try fixture.url(isOwn ? ["scope=read"] : [])
    #expect(url.parameter("scope") == (isOwn ? "read" : "read+offline_access"))
  }

  // MARK: proofs

  @Test(
    "proofs are used where the resource takes nothing else",
    arguments: [
      (["DPoP"], #""x":1"#, true), (["Bearer"], #""dpop_bound_access_tokens_required":true"#, true),
      (["DPoP", "Bearer"], #""x":1"#, false), (["Bearer"], #""x":1"#, false),
    ])
  func proofs(schemes: [String], document: String, isProven: Bool) throws {
    let fixture = try ResourceFixture([
      "/api": { _, base in
        let fields = schemes.map { #"\#($0) resource_metadata="\#(base)/document""# }
        return ResourceFixture.challenge(fields.joined(separator: ", "))
      },
      "/document": { _, base in .json(ResourceFixture.document(base, document)) },
    ])
    #expect((try fixture.url().parameter("dpop_jkt") != nil) == isProven)
    #expect((try fixture.registration()["dpop_bound_access_tokens"] == true) == isProven)
  }

  @Test func boundTokenIsShownWithAProofAndTheResourcesNonce() throws {
    let fixture = try ResourceFixture([
      "/api": { request, base in
        guard request.fields["DPoP"] != nil else { return .status(400) }
        let isFirst = request.fields["DPoP"]?.contains(".") == true && !Self.hasNonce(request)
        let error = isFirst ? "use_dpop_nonce" : "insufficient_scope"
        let field =
          #"DPoP error="\#(error)", scope="admin", resource_metadata="\#(base)/document""#
        return .response(
          Response(status: 401, fields: ["WWW-Authenticate": field, "DPoP-Nonce": "N-1"]))
      }
    ])
    let key = try ProofKey(for: ServerMetadata(configured: [:], issuer: nil))
    let lines = session(
      fixture.base,
      [
        "secret.dpop_key=\(key.storable)", "session.dpop_alg=\(key.algorithm.rawValue)",
        "session.dpop_jkt=\(key.thumbprint)",
      ])
    #expect(try fixture.url(lines).parameter("scope") == "read+admin")
    #expect(authorizations(fixture) == ["DPoP AT-0", "DPoP AT-0"])
  }

  private static func hasNonce(_ request: Request) -> Bool {
    let parts = request.fields["DPoP"]?.split(separator: ".") ?? []
    guard parts.count == 3, let claims = Base64URL.decode(parts[1]) else { return false }
    let members = try? JSONValue.object(parsing: claims)
    return members?["nonce"]?.stringValue == "N-1" && members?["ath"]?.stringValue != nil
  }

  @Test(
    "another kind of sign-in than the one demanded is told", arguments: ["gold", "bronze", nil])
  func contextClass(given: String?) throws {
    let server = try IDTokenFixture()
    defer { server.release() }
    let issuer = server.issuer
    let resource = try FakeServer { request in
      let base = "http://\(request.host)"
      return switch request.path {
      case "/api":
        ResourceFixture.challenge(
          #"Bearer error="insufficient_user_authentication", acr_values="gold silver", "#
            + #"scope="openid", resource_metadata="\#(base)/document""#)
      case "/document": .json(ResourceFixture.document(base, servers: [issuer]))
      default: .status(404)
      }
    }
    let (block, status) = try server.signIn(["resource_url=\(resource.base)/api"]) { behaviour in
      behaviour.claims["acr"] = given.map { .string($0) }
    }
    #expect(status == 0, "\(block.text)")
    let warnings = block.all("warning[]").filter { $0.contains("gold or silver (acr)") }
    #expect(warnings.count == (given == "gold" ? 0 : 1))
  }
}
