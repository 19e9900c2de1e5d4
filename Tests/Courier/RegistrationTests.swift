import Glibc
import HTTP1
import OAuth
import Platform
import Testing

@testable import Courier

/// Clients that register themselves (RFC 7591), and how they are kept and ended (RFC 7592).
@Suite struct RegistrationTests {
  @Test func registrationSaysWhatTheClientIs() throws {
    let fixture = try ResourceFixture()
    let (block, status) = try fixture.complete(fixture.login())
    #expect(status == 0)
    let members = try fixture.registration()
    #expect(members["client_name"] == "sallyport")
    #expect(members["application_type"] == "native")
    #expect(members["token_endpoint_auth_method"] == "none")
    #expect(members["redirect_uris"] == [.string(ResourceFixture.redirectURI)])
    #expect(members["grant_types"] == ["authorization_code", "refresh_token"])
    #expect(members["scope"] == "read")
    #expect(block["registration.issuer"] == fixture.base)
    #expect(block["registration.client_id"] == "registered")
    #expect(block["registration.redirect_uris"] == ResourceFixture.redirectURI)
    #expect(block["registration.client_uri"] == "\(fixture.base)/register/registered")
    #expect(block["registration.access_token"] == "RAT")
    #expect(fixture.server.requests("/register").first?.fields.contains("Authorization") == false)
    #expect(fixture.server.requests("/register/registered").isEmpty)
  }

  @Test func accountWithAnIssuerAloneRegistersToo() throws {
    let fixture = try ResourceFixture()
    let url = try fixture.run(["issuer=\(fixture.base)"]).next("authorize")["url"]
    #expect(url?.parameter("client_id") == "registered")
  }

  // MARK: what is kept

  @Test func keptRegistrationServesAgain() throws {
    let fixture = try ResourceFixture()
    let (block, status) = try fixture.complete(fixture.login(fixture.kept()))
    #expect(status == 0)
    #expect(block["client_id"] == "former")
    #expect(block["registration.access_token"] == "RAT-1")
    #expect(fixture.server.requests("/register").isEmpty)
    #expect(fixture.server.requests("/register/former").isEmpty)
  }

  @Test func keptRegistrationServesWhereTheServerTakesNoNewOnes() throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        .json(ResourceFixture.metadata(base, #""x":1"#))
      }
    ])
    #expect(try fixture.url(fixture.kept()).parameter("client_id") == "former")
  }

  @Test(
    "a registration that does not fit any more is replaced, and deleted once that has worked",
    arguments: [
      ["issuer": "https://other.example"], ["redirect_uris": "app:/other"],
      ["client_secret": "s", "client_secret_expires_at": "1"], ["scope": "write"], ["scope": ""],
      ["dpop_bound_access_tokens": "yes"],
    ])
  func replaced(changes: [String: String]) throws {
    let fixture = try ResourceFixture()
    let run = try fixture.login(fixture.kept(changes))
    let authorize = try run.next("authorize")
    #expect(authorize["url"]?.parameter("client_id") == "registered")
    #expect(fixture.server.requests("/register/former").isEmpty)
    run.send("callback=\(ResourceFixture.redirectURI)?code=C&state=\(authorize["state"] ?? "")")
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(block["registration.client_id"] == "registered")
    let deletions = fixture.server.requests("/register/former")
    #expect(deletions.map(\.method) == ["DELETE"])
    #expect(deletions.first?.fields["Authorization"] == "Bearer RAT-1")
  }

  @Test func clientOfTheBrowserIsReplacedByOneForDevicesToo() throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        let more =
          #""registration_endpoint":"BASE/register","device_authorization_endpoint":"BASE/d""#
        return .json(ResourceFixture.metadata(base, more))
      },
      "/d": { _, base in
        .json(
          #"{"device_code":"D","user_code":"U","verification_uri":"\#(base)/v","expires_in":60,"interval":1}"#
        )
      },
    ])
    let address = "\(fixture.base)/api"
    let run = try CourierRun(
      [
        "job=device", "account=api", "timeout=30", "redirect_uri=\(ResourceFixture.redirectURI)",
        "resource_url=\(address)", "resource=\(address)",
      ] + fixture.kept())
    _ = try run.next("device")
    let grants = try fixture.registration()["grant_types"]?.arrayValue ?? []
    #expect(grants.contains("urn:ietf:params:oauth:grant-type:device_code"))
    let (block, status) = try run.end()
    #expect(status == 0)
    #expect(block["registration.device"] == "yes")
    let kept = fixture.kept(["device": "yes"])
    #expect(try fixture.url(kept).parameter("client_id") == "former")
  }

  @Test func registrationOfASignInThatFailedIsDeleted() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.login()
    let state = try run.next("authorize")["state"] ?? ""
    run.send("callback=\(ResourceFixture.redirectURI)?error=access_denied&state=\(state)")
    #expect(try run.end().status == 4)
    let deletions = fixture.server.requests("/register/registered")
    #expect(deletions.map { $0.fields["Authorization"] } == ["Bearer RAT"])
  }

  @Test func keptRegistrationOutlivesASignInThatFailed() throws {
    let fixture = try ResourceFixture()
    let run = try fixture.login(fixture.kept())
    let state = try run.next("authorize")["state"] ?? ""
    run.send("callback=\(ResourceFixture.redirectURI)?error=access_denied&state=\(state)")
    #expect(try run.end().status == 4)
    #expect(fixture.server.requests("/register/former").isEmpty)
  }

  @Test func secretTheServerGaveIsUsed() throws {
    let fixture = try ResourceFixture([
      "/register": { _, _ in
        .json(
          #"{"client_id":"c","client_secret":"S-1","client_secret_expires_at":0,"#
            + #""token_endpoint_auth_method":"client_secret_post"}"#, status: 201)
      }
    ])
    let (block, status) = try fixture.complete(fixture.login())
    #expect(status == 0)
    #expect(fixture.bodies("/token").first?.contains("client_secret=S-1") == true)
    #expect(block["registration.client_secret"] == "S-1")
    #expect(block["registration.token_endpoint_auth_method"] == "client_secret_post")
  }

  @Test("a client the server has forgotten is registered anew", arguments: [true, false])
  func forgotten(isKept: Bool) throws {
    let fixture = try ResourceFixture([
      "/token": { _, _ in .json(#"{"error":"invalid_client"}"#, status: 401) }
    ])
    let (block, status) = try fixture.complete(fixture.login(isKept ? fixture.kept() : []))
    #expect(status == 4)
    #expect(
      block["hint"] == (isKept ? "sallyport logout api --all && sallyport login api" : nil))
  }

  // MARK: the other ways to a client

  @Test("a metadata document is used where the server reads it", arguments: [true, false])
  func document(isTaken: Bool) throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        let more =
          #""registration_endpoint":"BASE/register","client_id_metadata_document_supported":"#
        return .json(ResourceFixture.metadata(base, more + (isTaken ? "true" : "false")))
      }
    ])
    let document = "https://client.example/sallyport.json"
    let url = try fixture.url(["client_id_metadata_document=\(document)"])
    let id = isTaken ? FormParameters.encode(document) : "registered"
    #expect(url.parameter("client_id") == id)
    #expect(fixture.server.requests("/register").isEmpty == isTaken)
  }

  @Test(
    "without a client there is a way out",
    arguments: [
      (#""x":1"#, "takes no client metadata documents either"),
      (#""client_id_metadata_document_supported":true"#, "or give client_id_metadata_document"),
    ])
  func noClient(member: String, words: String) throws {
    let fixture = try ResourceFixture([
      "/.well-known/openid-configuration": { _, base in
        .json(ResourceFixture.metadata(base, member))
      }
    ])
    let (block, status) = try fixture.login().end()
    #expect(status == 1)
    let sentence = try #require(block["error_description"])
    #expect(sentence.hasPrefix("api has no client_id, and 127.0.0.1 registers no clients"))
    #expect(sentence.contains(words))
    #expect(block["hint"] == "sallyport login \(fixture.base)/api --client-id ID")
  }

  @Test func registrationThatIsRefusedIsSaid() throws {
    let fixture = try ResourceFixture([
      "/register": { _, _ in
        .json(
          #"{"error":"invalid_redirect_uri","error_description":"no \u001b[31m here"}"#, status: 400
        )
      }
    ])
    let (block, status) = try fixture.login().end()
    #expect(status == 4)
    #expect(block["oauth_error"] == "invalid_redirect_uri")
    #expect(block["error_description"]?.contains("answered invalid_redirect_uri: no ") == true)
    #expect(!block.text.contains("\u{1b}"))
    #expect(block["error_description"]?.contains("initial_access_token_file") == true)
    #expect(block["hint"] == "sallyport login \(fixture.base)/api --client-id ID")
  }

  // MARK: initial access tokens

  @Test func initialAccessTokenIsShown() throws {
    let fixture = try ResourceFixture()
    let folder = try ScratchFolder()
    let path = try folder.file("token", "IAT-1\nnotes\n")
    let lines = ["initial_access_token_file=\(path)", "issuer=\(fixture.base)"]
    _ = try fixture.url(lines)
    let request = try #require(fixture.server.requests("/register").first)
    #expect(request.fields["Authorization"] == "Bearer IAT-1")
  }

  @Test(
    "an initial access token that is no secret, or none at all, is refused",
    arguments: [("IAT-1", mode_t(0o644), "others can read it"), ("a b", 0o600, "printable ascii")])
  func badToken(text: String, mode: mode_t, words: String) throws {
    let fixture = try ResourceFixture()
    let folder = try ScratchFolder()
    let path = try folder.file("token", text, mode: mode)
    let lines = ["initial_access_token_file=\(path)", "issuer=\(fixture.base)"]
    let (block, status) = try fixture.login(lines).end()
    #expect(status == 1)
    #expect(block["error_description"]?.contains(words) == true)
    #expect(block.text.contains("IAT-1") == false)
    #expect(fixture.server.requests("/register").isEmpty)
  }

  @Test func initialAccessTokenNeedsItsServer() throws {
    let fixture = try ResourceFixture()
    let folder = try ScratchFolder()
    let path = try folder.file("token", "IAT-1")
    let (block, status) = try fixture.login(["initial_access_token_file=\(path)"]).end()
    #expect(status == 1)
    #expect(block["hint"] == "sallyport login \(fixture.base)/api --issuer \(fixture.base)")
    #expect(fixture.server.requests("/register").isEmpty)
  }
}

/// The end of a registration (RFC 7592 §2.3).
@Suite struct UnregisterTests {
  private func unregister(
    _ fixture: ResourceFixture, _ changes: [String: String] = [:]
  ) throws -> (block: CourierRun.Block, status: Int32) {
    try CourierRun(["job=unregister", "account=api"] + fixture.kept(changes)).end()
  }

  @Test func registrationIsDeleted() throws {
    let fixture = try ResourceFixture()
    let (block, status) = try unregister(fixture)
    #expect(status == 0)
    #expect(block["deleted"] == "yes")
    let request = try #require(fixture.server.requests.first)
    #expect(request.method == "DELETE")
    #expect(request.path == "/register/former")
    #expect(request.fields["Authorization"] == "Bearer RAT-1")
    #expect(request.body.isEmpty)
  }

  @Test(
    "a registration that stays is a failure",
    arguments: [(401, 4), (403, 4), (404, 4), (405, 4), (302, 1), (503, 5)])
  func refused(status: Int, exit: Int32) throws {
    let fixture = try ResourceFixture(["/register/former": { _, _ in .status(status) }])
    let (block, code) = try unregister(fixture)
    #expect(code == exit)
    #expect(block["deleted"] == nil)
    #expect(block["error_description"]?.contains("did not delete client former") == true)
    #expect(!block.text.contains("RAT-1"))
  }

  @Test func serverThatLetsNobodyDeleteIsNamed() throws {
    let fixture = try ResourceFixture()
    let (block, status) = try unregister(fixture, ["client_uri": "", "access_token": ""])
    #expect(status == 1)
    #expect(block["error_description"]?.contains("lets no client delete") == true)
    #expect(fixture.server.requests.isEmpty)
  }

  @Test("what was kept has to make sense", arguments: ["client_id", "issuer"])
  func nothing(key: String) throws {
    let fixture = try ResourceFixture()
    #expect(try unregister(fixture, [key: ""]).status == 2)
  }
}
