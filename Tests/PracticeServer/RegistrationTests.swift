import HTTP1
import OAuth
import Testing

@testable import PracticeServer

struct RegistrationTests {
  private func register(
    _ fixture: inout Fixture, _ document: [String: JSONValue], type: String = "application/json"
  ) -> Reply {
    fixture.send(
      "POST", "/register", ["Content-Type": type], body: JSONValue.object(document).serialized())
  }

  private static let native: [String: JSONValue] = [
    "redirect_uris": ["http://localhost:3000/callback"], "token_endpoint_auth_method": "none",
    "client_name": "a client", "unknown": 7,
  ]

  @Test func `a client that has registered can sign in`() throws {
    var fixture = try Fixture()
    let reply = register(&fixture, Self.native)
    #expect(reply.status == 201)
    let client = try reply.members()
    #expect(client["client_secret"] == nil && client["unknown"] == nil)
    #expect(client["redirect_uris"] == ["http://localhost:3000/callback"])
    let id = try client.text("client_id")
    let code = try fixture.code(["client_id": id])
    #expect(fixture.exchange(code, ["client_id": id]).status == 200)
  }

  @Test func `a confidential client gets a secret for the method it has named`() throws {
    var fixture = try Fixture()
    var document = Self.native
    document["token_endpoint_auth_method"] = "client_secret_post"
    let client = try register(&fixture, document).members()
    let form = [
      ("grant_type", "refresh_token"), ("refresh_token", "x"),
      ("client_id", try client.text("client_id")),
    ]
    let secret = ("client_secret", try client.text("client_secret"))
    #expect(fixture.post("/token", form + [secret]).oauthError == "invalid_grant")
    #expect(fixture.post("/token", form).oauthError == "invalid_client")
    document["token_endpoint_auth_method"] = nil
    let usual = try register(&fixture, document).members()
    #expect(usual["token_endpoint_auth_method"] == "client_secret_basic")
  }

  @Test(
    arguments: [
      ["redirect_uris": []], ["redirect_uris": nil], ["redirect_uris": "http://localhost:1/a"],
      ["redirect_uris": ["http://other.example/a"]], ["redirect_uris": ["javascript:alert(1)"]],
      ["token_endpoint_auth_method": "tls_client_auth"], ["token_endpoint_auth_method": 1],
      ["token_endpoint_auth_method": "private_key_jwt"], ["grant_types": ["implicit"]],
      ["response_types": ["token"]], ["client_name": 7],
    ] as [[String: JSONValue?]])
  func `a client that could not work is refused`(changes: [String: JSONValue?]) throws {
    var fixture = try Fixture()
    var document = Self.native
    for (name, value) in changes { document[name] = value }
    let reply = register(&fixture, document)
    #expect(reply.status == 400)
    #expect(
      ["invalid_redirect_uri", "invalid_client_metadata"].contains(reply.oauthError))
  }

  @Test func `only JSON is taken`() throws {
    var fixture = try Fixture()
    #expect(register(&fixture, Self.native, type: "text/plain").status == 400)
    let array = fixture.send(
      "POST", "/register", ["Content-Type": "application/json"], body: Array("[]".utf8))
    #expect(array.oauthError == "invalid_client_metadata")
  }

  @Test func `an entry is read, changed and removed with its own token`() throws {
    var fixture = try Fixture()
    let client = try register(&fixture, Self.native).members()
    let id = try client.text("client_id")
    let path = "/register/\(id)"
    #expect(try client.text("registration_client_uri") == Fixture.issuer + path)
    let bearer = "Bearer \(try client.text("registration_access_token"))"
    #expect(fixture.get(path).status == 401)
    #expect(fixture.get(path, ["Authorization": "Bearer x"]).status == 401)
    #expect(fixture.get("/register/other", ["Authorization": bearer]).status == 401)
    #expect(try fixture.get(path, ["Authorization": bearer]).members() == client)

    var document = Self.native
    document["client_id"] = .string(id)
    document["redirect_uris"] = ["http://127.0.0.1/other"]
    let fields: HeaderFields = ["Authorization": bearer, "Content-Type": "application/json"]
    let changed = fixture.send(
      "PUT", path, fields, body: JSONValue.object(document).serialized())
    #expect(try changed.members()["redirect_uris"] == ["http://127.0.0.1/other"])
    #expect(fixture.authorize(["client_id": id]).status == 400)
    document["client_id"] = "practice"
    let foreign = fixture.send(
      "PUT", path, fields, body: JSONValue.object(document).serialized())
    #expect(foreign.oauthError == "invalid_client_metadata")

    #expect(fixture.send("DELETE", path, ["Authorization": bearer]).status == 204)
    #expect(fixture.get(path, ["Authorization": bearer]).status == 401)
  }
}

struct ClientDocumentTests {
  private static let address = "\(Fixture.issuer)/client.json"

  @Test func `a document is wanted for an address of this machine alone`() throws {
    var fixture = try Fixture()
    func wanted(_ id: String, _ path: String = "/authorize") -> Bool {
      let query = FormParameters([FormParameter("client_id", id)]).encoded()
      return fixture.server.documentWanted(
        by: Request(
          method: "GET", target: "\(path)?\(query)", path: path, query: query,
          host: "localhost:4000", fields: [:], body: [], keepsAlive: true)) != nil
    }
    #expect(wanted(Self.address))
    for id in [
      "practice", "https://client.example/app.json", "http://localhost:4000/",
      "http://localhost:4000/a?b=c", "file:///etc/passwd", "http://10.0.0.1/a",
    ] { #expect(!wanted(id)) }
    #expect(!wanted(Self.address, "/jwks"))
    _ = fixture.get("/")
  }

  @Test func `a client that is a document can sign in`() throws {
    var fixture = try Fixture()
    #expect(fixture.authorize(["client_id": Self.address]).status == 400)
    let document = try fixture.get("/client.json").members()
    fixture.server.learn(document, from: try Endpoint(Self.address))
    let code = try fixture.code(["client_id": Self.address])
    #expect(fixture.exchange(code, ["client_id": Self.address]).status == 200)
  }

  @Test func `a document names its own address and has no secret`() throws {
    var fixture = try Fixture()
    let honest = try fixture.get("/client.json").members()
    for (name, value): (String, JSONValue) in [
      ("client_id", "http://localhost:4000/other.json"), ("client_secret", "x"),
      ("token_endpoint_auth_method", "client_secret_post"),
      ("redirect_uris", ["http://evil.example/"]),
    ] {
      var document = honest
      document[name] = value
      fixture.server.learn(document, from: try Endpoint(Self.address))
      #expect(fixture.authorize(["client_id": Self.address]).status == 400)
    }
  }
}
