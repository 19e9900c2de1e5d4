import OAuth
import TLS
import Testing

@testable import PracticeServer

struct MetadataTests {
  @Test(arguments: ["", "/tenant"])
  func `a client finds the metadata at every spelling`(path: String) throws {
    var fixture = try Fixture(issuerPath: path)
    let issuer = try Issuer(Fixture.issuer + path)
    for address in issuer.wellKnownAddresses {
      let reply = fixture.get(address.path)
      #expect(reply.status == 200)
      let metadata = try ServerMetadata(validating: reply.response.body, issuer: issuer)
      try metadata.checkChallengeMethods()
      #expect(metadata.issuerRule == .demanded(issuer))
      #expect(try metadata.require(.token).text == "\(issuer.text)/token")
    }
    #expect(fixture.get("\(path)/jwks").status == 200)
    #expect(fixture.get("/nowhere").status == 404)
  }

  @Test func `with a tenant there is nothing beside it`() throws {
    var fixture = try Fixture(issuerPath: "/tenant")
    #expect(fixture.get("/jwks").status == 404)
    #expect(fixture.get("/tenant").status == 200)
    #expect(fixture.get("/tenant/").status == 200)
    #expect(fixture.get("/").status == 200)
  }

  @Test(arguments: TokenSigner.algorithms)
  func `the announced key checks what was signed`(algorithm: SignatureAlgorithm) throws {
    let signer = try TokenSigner(algorithm)
    let set = JSONValue.object(["keys": [signer.jsonWebKey]]).serialized()
    let keys = try JSONWebKeySet(validating: set)
    #expect(keys.keys.map(\.keyID) == [signer.keyID])
    let token = try signer.sign(["sub": "alice"], type: "JWT")
    #expect(try JWS(compact: token).header.keyID == signer.keyID)
    #expect(signer.claims(of: token)?["sub"] == "alice")
    #expect(signer.claims(of: token + "A") == nil)
    #expect(try TokenSigner(algorithm).claims(of: token) == nil)
  }
}

struct PageTests {
  @Test func `text from outside is escaped`() throws {
    var fixture = try Fixture()
    let page = fixture.authorize(["scope": "a<script>&'b", "login_hint": "\"><script>"])
    #expect(page.status == 200)
    #expect(!page.text.contains("<script"))
    #expect(page.text.contains("a&lt;script&gt;&amp;&#39;b"))
    let form = try #require(SignInForm(page: page.text))
    let scopes = form.filledIn(as: "alice", .allow).values(of: "scope")
    #expect(scopes == ["a<script>&'b"])
  }

  @Test func `pages cannot be framed, kept or made to load anything`() throws {
    var fixture = try Fixture()
    let fields = fixture.authorize().response.fields
    #expect(fields["Content-Security-Policy"]?.contains("default-src 'none'") == true)
    #expect(fields["Content-Security-Policy"]?.contains("frame-ancestors 'none'") == true)
    #expect(fields["Cache-Control"] == "no-store")
    #expect(fields["Referrer-Policy"] == "no-referrer")
  }

  @Test func `a hint fills the name in`() throws {
    var fixture = try Fixture()
    #expect(fixture.authorize(["login_hint": "dave"]).text.contains("value=\"dave\""))
    #expect(fixture.authorize(["login_hint": "bob"]).text.contains("value=\"bob\" checked"))
  }
}
