import HTTP1
import OAuth
import Testing

@testable import PracticeServer

struct ClientAuthenticationTests {
  /// A refresh is the shortest request that needs a client: authenticated, it is `invalid_grant`.
  private func attempt(
    _ form: [(String, String)], basic: String? = nil,
    clients: [RegisteredClient] = RegisteredClient.builtIn
  ) throws -> Reply {
    var fixture = try Fixture()
    fixture.server = AuthorizationServer(
      Settings(origin: Fixture.issuer, clients: clients, signer: fixture.server.settings.signer))
    var fields: HeaderFields = [:]
    if let basic { fields.append("Authorization", "Basic \(Base64.encode(Array(basic.utf8)))") }
    return fixture.post(
      "/token", [("grant_type", "refresh_token"), ("refresh_token", "x")] + form, fields)
  }

  @Test func `a secret is taken from the body and from the header`() throws {
    let post = [("client_id", "practice-web"), ("client_secret", "practice-web-secret")]
    #expect(try attempt(post).oauthError == "invalid_grant")
    #expect(
      try attempt([], basic: "practice-web:practice-web-secret").oauthError == "invalid_grant")
  }

  @Test func `a secret in the header is form-encoded`() throws {
    let client = RegisteredClient(id: "a b", secret: "p:%ä", redirectURIs: [])
    let reply = try attempt([], basic: "a+b:p%3A%25%C3%A4", clients: [client])
    #expect(reply.oauthError == "invalid_grant")
  }

  @Test(arguments: [
    "practice-web:wrong", "practice-web:", "practice-web", "stranger:x", "practice:x", ":", "%zz:x",
  ])
  func `wrong credentials in the header are challenged`(basic: String) throws {
    let reply = try attempt([], basic: basic)
    #expect(reply.status == 401)
    #expect(reply.oauthError == "invalid_client")
    #expect(reply.response.fields["WWW-Authenticate"]?.hasPrefix("Basic ") == true)
  }

  @Test(arguments: [
    [("client_id", "practice-web")],
    [("client_id", "practice-web"), ("client_secret", "wrong")],
    [("client_id", "practice-web"), ("client_secret", "")],
    [("client_id", "practice"), ("client_secret", "x")],
    [("client_id", "stranger")],
    [],
  ])
  func `wrong credentials in the body are refused`(form: [(String, String)]) throws {
    let reply = try attempt(form)
    #expect(reply.status == 401)
    #expect(reply.oauthError == "invalid_client")
  }

  @Test func `two ways at once are refused`() throws {
    let both = try attempt(
      [("client_secret", "practice-web-secret")], basic: "practice-web:practice-web-secret")
    #expect(both.oauthError == "invalid_request")
    let other = try attempt(
      [("client_id", "practice")], basic: "practice-web:practice-web-secret")
    #expect(other.oauthError == "invalid_request")
  }

  @Test(arguments: ["Bearer x", "Basic", "Basic ???", "Digest a=b", ""])
  func `another header is no authentication`(header: String) throws {
    var fixture = try Fixture()
    let reply = fixture.post(
      "/token", [("grant_type", "refresh_token"), ("client_id", "practice")],
      ["Authorization": header])
    #expect(reply.oauthError == "invalid_client")
  }

  @Test func `a header given twice is refused`() throws {
    var fixture = try Fixture()
    let reply = fixture.post(
      "/token", [("grant_type", "refresh_token")],
      ["Authorization": "Basic YTpi", "authorization": "Basic YTpi"])
    #expect(reply.oauthError == "invalid_request")
  }
}
