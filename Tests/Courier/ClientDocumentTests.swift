import Glibc
import OAuth
import Platform
import Testing

@testable import Courier

/// The client metadata document that is ready to be hosted (OAuth Client ID Metadata Document §4).
@Suite struct ClientDocumentTests {
  private static let path = "packaging/client-metadata/sallyport.json"

  private func document() throws -> [String: JSONValue] {
    let root = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
    let file = try Descriptor.open("/\(root)/\(Self.path)", O_RDONLY)
    // Many servers read no more than 5 KB of such a document.
    return try JSONValue.object(parsing: try readAll(file.number, limit: 5 * 1024))
  }

  private func strings(_ name: String) throws -> [String] {
    try #require(try document()[name]?.arrayValue).compactMap(\.stringValue)
  }

  @Test func identifierIsAnAddressThatServersTake() throws {
    let id = try #require(try document()["client_id"]?.stringValue)
    #expect(ClientIDURL.isMeant(by: id))
    let url = try ClientIDURL(id)
    #expect(url.text == id)
  }

  @Test func redirectURIsAreThoseOfAnAccountThatSaysNothing() throws {
    let listed = try strings("redirect_uris")
    #expect(listed == ["http://localhost:3000/callback", "http://127.0.0.1:3000/callback"])
    let usual = try AccountSettings.redirectURIs(of: try ClientFixture.job([]))
    #expect(usual.allSatisfy { listed.contains($0.text) })
    for text in listed { #expect(try RedirectURI(text).authority?.hasSuffix(":3000") == true) }
  }

  @Test func clientIsThePublicOneThatSignsInHere() throws {
    let members = try document()
    #expect(members["token_endpoint_auth_method"] == "none")
    #expect(members["application_type"] == "native")
    #expect(members["client_name"]?.stringValue?.isEmpty == false)
    #expect(try strings("grant_types") == ["authorization_code", "refresh_token"])
    #expect(try strings("response_types") == ["code"])
    #expect(members["client_secret"] == nil && members["client_secret_expires_at"] == nil)
  }
}
