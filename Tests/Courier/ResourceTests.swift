import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// The way from the address of a protected resource to the sign-in (RFC 9728).
@Suite struct ResourceTests {
  @Test func resourceLeadsToItsServer() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.login()
    let authorize = try run.next("authorize")
    let url = try #require(authorize["url"])
    #expect(url.hasPrefix("\(fixture.base)/authorize?"))
    #expect(url.parameter("client_id") == "registered")
    #expect(url.parameter("scope") == "read")
    let indicator = FormParameters.encode("\(fixture.base)/api")
    #expect(url.parameter("resource") == indicator)
    run.send(
      "callback=\(ResourceFixture.redirectURI)?code=C-1&state=\(authorize["state"] ?? "")")
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(block["issuer"] == fixture.base)
    #expect(block["client_id"] == "registered")
    #expect(block["session.resource"] == "\(fixture.base)/api")
    #expect(fixture.bodies("/token").first?.contains("resource=\(indicator)") == true)
  }

  @Test func onlyTheHeadOfTheResourcesAnswerIsRead() throws {
    let fixture = try ResourceFixture([
      "/api": { _, base in
        .bytes(
          Array(
            """
            HTTP/1.1 401 Unauthorized\r\nContent-Type: text/event-stream\r
            Content-Length: 9999999\r\nContent-Encoding: br\r
            WWW-Authenticate: Bearer resource_metadata="\(base)/document"\r\n\r\ndata: 1\n
            """.utf8))
      }
    ])
    #expect(try fixture.url().hasPrefix("\(fixture.base)/authorize?"))
  }

  @Test func accountWithItsOwnServerDoesNotAskTheResource() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.run([
      "issuer=\(fixture.base)", "client_id=c", "resource=\(fixture.base)/api",
    ])
    let url = try #require(try run.next("authorize")["url"])
    #expect(url.parameter("resource") == FormParameters.encode("\(fixture.base)/api"))
    #expect(fixture.server.requests("/api").isEmpty)
  }

  @Test func accountWithAResourceAloneAsksIt() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.run(["client_id=c", "resource=\(fixture.base)/api"])
    #expect(try run.next("authorize")["url"]?.parameter("client_id") == "c")
    #expect(fixture.server.requests("/api").count == 1)
  }

  @Test(
    "an answer that demands nothing is refused",
    arguments: [
      (200, 1, "answers without a token"), (204, 1, "answers without a token"),
      (302, 1, "redirect"), (308, 1, "redirect"), (500, 5, "status 500"), (429, 5, "status 429"),
    ])
  func undemanding(status: Int, exit: Int32, words: String) throws {
    let fixture = try ResourceFixture([
      "/api": { _, _ in
        .response(
          Response(
            status: status, fields: ["Location": "https://other.example/", "Retry-After": "7"])
        )
      }
    ])
    let (block, code) = try fixture.login().end()
    #expect(code == exit)
    #expect(block["error_description"]?.contains(words) == true)
    #expect(fixture.server.requests.count == 1)
  }

  @Test func openResourceWithAnIssuerIsSignedInAt() throws {
    let fixture = try ResourceFixture(["/api": { _, _ in .status(200) }])
    #expect(try fixture.url(["issuer=\(fixture.base)"]).hasPrefix("\(fixture.base)/authorize?"))
  }

  @Test(
    "an address that is no resource's is refused",
    arguments: [
      ("http://api.example/", "http on api.example"), ("https://api.example/#x", "fragment"),
      ("file:///etc/passwd", "file:"), ("https://a@api.example/", "user name"),
    ])
  func address(text: String, words: String) throws {
    let run = try CourierRun([
      "job=login", "resource_url=\(text)", "redirect_uri=\(ResourceFixture.redirectURI)",
    ])
    let (block, status) = try run.end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains(words) == true)
  }

  // MARK: metadata

  @Test(
    "the metadata is looked for where the challenge does not say",
    arguments: [
      ("", 401, "/.well-known/oauth-protected-resource/api", "/api"),
      ("Negotiate", 401, "/.well-known/oauth-protected-resource/api", "/api"),
      ("Bearer =\"", 401, "/.well-known/oauth-protected-resource/api", "/api"),
      ("Bearer", 403, "/.well-known/oauth-protected-resource", ""),
      ("", 405, "/.well-known/oauth-protected-resource", ""),
      ("", 404, "/.well-known/oauth-protected-resource", "/"),
    ])
  func wellKnown(field: String, status: Int, place: String, resource: String) throws {
    let fixture = try ResourceFixture([
      "/api": { _, _ in ResourceFixture.challenge(field, status: status) },
      place: { _, base in .json(ResourceFixture.document(base, resource: resource)) },
    ])
    let url = try fixture.url()
    #expect(url.parameter("resource") == FormParameters.encode("\(fixture.base)\(resource)"))
    #expect(url.parameter("scope") == "read+write")
  }

  @Test("a document about another resource is refused", arguments: ["", "/ap", "/api/x", "/API"])
  func otherResource(name: String) throws {
    let fixture = try ResourceFixture([
      "/document": { _, base in .json(ResourceFixture.document(base, resource: name)) }
    ])
    let (block, status) = try fixture.login().end()
    #expect(status == 1)
    let sentence = try #require(block["error_description"])
    #expect(sentence.contains("is that of \(fixture.base)\(name), which is not the address"))
    let covers = "sallyport login \(fixture.base)"
    let detour = "sallyport login api --issuer URL --resource \(fixture.base)/api"
    #expect(block["hint"] == (name.isEmpty ? covers : detour))
    #expect(fixture.server.requests("/register").isEmpty)
  }

  @Test func accountsOwnWordForTheResourceCounts() throws {
    let fixture = try ResourceFixture([
      "/document": { _, base in .json(ResourceFixture.document(base, resource: "")) }
    ])
    let run = try fixture.run(["resource_url=\(fixture.base)/api", "resource=\(fixture.base)"])
    let url = try #require(try run.next("authorize")["url"])
    #expect(url.parameter("resource") == FormParameters.encode(fixture.base))
  }

  @Test func documentTheChallengeNamesHasToBeThere() throws {
    let fixture = try ResourceFixture([
      "/document": { _, _ in .status(404) },
      "/.well-known/oauth-protected-resource/api": { _, base in
        .json(ResourceFixture.document(base))
      },
    ])
    let (block, status) = try fixture.login().end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("the resource's metadata with status 404") == true)
  }

  @Test func resourceElsewhereMayNotLeadToThisMachine() throws {
    let fixture = try ResourceFixture()
    let job = try ClientFixture.job(["resource_url=https://api.example/x"])
    let deadline = BootInstant.now.adding(seconds: 10)
    let http = HTTPClient(job: job, environment: Environment([:]))
    let asked = try #require(try AskedResource(of: job, http: http, deadline: deadline))
    let field = #"Bearer resource_metadata="\#(fixture.base)/document""#
    let demand = AskedResource.Demand(
      challenge: try ResourceChallenge(fields: [field]), status: 401)
    let discovery = ResourceDiscovery(asked: asked, demand: demand)
    #expect(throws: CourierFailure.self) { try discovery.metadata() }
    let document = ResourceFixture.document(
      "https://api.example", resource: "/x", servers: [fixture.base])
    let metadata = try ProtectedResourceMetadata(
      validating: Array(document.utf8), of: asked.resource)
    #expect(throws: CourierFailure.self) { try discovery.server(of: metadata) }
    #expect(fixture.server.requests.isEmpty)
  }

  // MARK: servers

  @Test func olderServerIsToldFromOthers() throws {
    let fixture = try ResourceFixture(["/api": { _, _ in ResourceFixture.challenge("Bearer") }])
    let (block, status) = try fixture.login().end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("does not say where to sign in") == true)
    #expect(
      block["hint"] == "sallyport login \(fixture.base)/api --issuer \(fixture.base)")
    #expect(try fixture.url(["issuer=\(fixture.base)"]).hasPrefix("\(fixture.base)/authorize?"))
  }

  @Test func firstServerThatAnswersIsTakenAndSaid() throws {
    let fixture = try ResourceFixture([
      "/document": { _, base in .json(ResourceFixture.document(base, servers: ["/gone", ""])) }
    ])
    let (block, status) = try fixture.complete(fixture.login())
    #expect(status == 0)
    #expect(block["issuer"] == fixture.base)
    let warning = try #require(block["warning[]"])
    #expect(warning.hasPrefix("signed in at \(fixture.base), because \(fixture.base)/gone could"))
  }

  @Test func serverThatCallsItselfOtherwiseIsRefused() throws {
    let fixture = try ResourceFixture([
      "/document": { _, base in .json(ResourceFixture.document(base, servers: ["/"])) }
    ])
    let (block, status) = try fixture.login().end()
    #expect(status == 1)
    #expect(
      block["hint"] == "sallyport login \(fixture.base)/api --issuer \(fixture.base)")
    // What the hint says works: the resource may be loose about a slash.
    #expect(try fixture.url(["issuer=\(fixture.base)"]).hasPrefix("\(fixture.base)/authorize?"))
  }

  @Test func accountsOwnIssuerHasToBeOneOfTheResources() throws {
    let fixture = try ResourceFixture()
    let (block, status) = try fixture.login(["issuer=https://other.example"]).end()
    #expect(status == 1)
    let sentence = try #require(block["error_description"])
    #expect(sentence.contains("does not take tokens of https://other.example, but of"))
    #expect(fixture.server.requests("/.well-known/openid-configuration").isEmpty)
  }

  @Test("a secret needs its issuer", arguments: ["client_secret", "client_secret_command"])
  func straySecret(key: String) throws {
    let fixture = try ResourceFixture()
    let lines = ["client_id=c", "\(key)=echo s"]
    let (block, status) = try fixture.login(lines).end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains("the \(key) is for one server alone") == true)
    #expect(block["hint"] == "sallyport login \(fixture.base)/api --issuer \(fixture.base)")
    let url = try fixture.url(lines + ["issuer=\(fixture.base)"])
    #expect(url.parameter("client_id") == "c")
  }
}
