import Testing

@testable import OAuth

private enum Choice: Equatable {
  case none
  case basic
  case post
}

@Suite struct ClientAuthenticationTests {
  private func choose(
    secret: String?, method: String? = nil, _ metadata: ServerMetadata
  ) throws -> Choice {
    switch try ClientAuthentication.choose(secret: secret, method: method, metadata: metadata) {
    case .none: .none
    case .basic: .basic
    case .post: .post
    }
  }

  private let outright = ServerMetadata(configured: [:], issuer: nil)

  @Test func `without a secret there is no authentication`() throws {
    #expect(try choose(secret: nil, outright) == .none)
    #expect(try choose(secret: nil, metadata()) == .none)
    let name = #""token_endpoint_auth_methods_supported": ["client_secret_basic"]"#
    #expect(try choose(secret: nil, metadata(name)) == .none)
  }

  @Test func `with a secret the metadata decides`() throws {
    let name = #""token_endpoint_auth_methods_supported":"#
    #expect(try choose(secret: "s", metadata()) == .basic)
    let both = try metadata(#"\#(name) ["client_secret_post", "client_secret_basic"]"#)
    #expect(try choose(secret: "s", both) == .basic)
    #expect(try choose(secret: "s", metadata(#"\#(name) ["client_secret_post"]"#)) == .post)
    #expect(try choose(secret: "s", metadata(#"\#(name) ["none"]"#)) == .post)
    #expect(try choose(secret: "s", outright) == .post)
  }

  @Test func `the account's own method wins`() throws {
    #expect(try choose(secret: "s", method: "client_secret_post", metadata()) == .post)
    #expect(try choose(secret: "s", method: "client_secret_basic", outright) == .basic)
    #expect(try choose(secret: "s", method: "none", metadata()) == .none)
    #expect(throws: ClientAuthenticationFault.secretMissing(method: "client_secret_basic")) {
      try choose(secret: nil, method: "client_secret_basic", outright)
    }
    #expect(throws: ClientAuthenticationFault.unknownMethod(PrintableText("magic"))) {
      try choose(secret: "s", method: "magic", outright)
    }
  }

  @Test func `basic credentials are form-encoded before base64`() throws {
    let client = Client(id: "a:b c", authentication: .basic(secret: "p+%&=ü:"))
    let header = try #require(client.authorization)
    let credentials = try #require(Base64.decode(header.dropFirst("Basic ".utf8.count)))
    #expect(String(decoding: credentials, as: UTF8.self) == "a%3Ab+c:p%2B%25%26%3D%C3%BC%3A")
    #expect(client.bodyParameters.isEmpty)
  }
}
