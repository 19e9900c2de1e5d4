import Testing

@testable import OAuth

@Suite struct ServerMetadataTests {
  @Test func `the document's endpoints, lists and flags are read`() throws {
    let metadata = try metadata(
      """
      "jwks_uri": "https://as.example/as/jwks", "revocation_endpoint": null,
      "end_session_endpoint": "https://as.example/as/signoff?x=1",
      "token_endpoint_auth_methods_supported": ["none", "client_secret_post"],
      "scopes_supported": null, "authorization_response_iss_parameter_supported": true,
      "unknown_endpoint": "http://as.example/x", "mtls_endpoint_aliases": {"a": 1}
      """)
    #expect(metadata.origin == .discovered)
    #expect(metadata.endpoint(.token)?.text == "https://as.example/as/token")
    #expect(metadata.endpoint(.endSession)?.query == "x=1")
    #expect(metadata.endpoint(.revocation) == nil)
    #expect(metadata.list(.tokenEndpointAuthMethods) == ["none", "client_secret_post"])
    #expect(metadata.list(.scopes) == nil)
    #expect(metadata.has(.sendsIssuer))
    #expect(!metadata.has(.requiresPushedRequests))
    #expect(try metadata.require(.jwks).path == "/as/jwks")
    #expect(throws: ServerMetadataFault.endpointMissing(.userinfo)) {
      try metadata.require(.userinfo)
    }
  }

  @Test(arguments: [
    "https://as.example/as/", "https://as.example", "https://AS.example/as",
    "https://as.example:443/as", "https://evil.example/as", "https://as.example/{tenantid}",
  ])
  func `a document of another issuer is refused`(named: String) throws {
    let issuer = try Issuer("https://as.example/as")
    #expect(throws: ServerMetadataFault.issuerWrong(PrintableText(named))) {
      try ServerMetadata(validating: bytes(#"{"issuer": "\#(named)"}"#), issuer: issuer)
    }
  }

  @Test(arguments: ["{}", #"{"issuer": null}"#, #"{"issuer": 1}"#, #"{"issuer": ["a"]}"#])
  func `a document that names no issuer is refused`(document: String) throws {
    let issuer = try Issuer("https://as.example/as")
    #expect(throws: ServerMetadataFault.issuerMissing) {
      try ServerMetadata(validating: bytes(document), issuer: issuer)
    }
  }

  @Test(arguments: ["<html></html>", "", "[", "[]", "\"a\""])
  func `what is no document is refused`(text: String) throws {
    let issuer = try Issuer("https://as.example/as")
    #expect(throws: ServerMetadataFault.self) {
      try ServerMetadata(validating: bytes(text), issuer: issuer)
    }
  }

  @Test(arguments: EndpointName.allCases)
  func `every endpoint is held to https`(name: EndpointName) throws {
    let issuer = try Issuer("https://as.example/as")
    func read(_ value: String) throws -> ServerMetadata {
      let text = #"{"issuer": "https://as.example/as", "\#(name.rawValue)": \#(value)}"#
      return try ServerMetadata(validating: bytes(text), issuer: issuer)
    }
    #expect(try read(#""https://other.example/x""#).endpoint(name)?.host == "other.example")
    #expect(throws: ServerMetadataFault.badEndpoint(name, .plainHTTP(host: "as.example"))) {
      try read(#""http://as.example/x""#)
    }
    #expect(throws: ServerMetadataFault.endpointWithoutTLS(name)) {
      try read(#""http://localhost/x""#)
    }
    #expect(throws: ServerMetadataFault.endpointOnThisMachine(name)) {
      try read(#""https://127.0.0.1:8443/x""#)
    }
    #expect(throws: ServerMetadataFault.badEndpoint(name, .badCharacter)) {
      try read(##""https://as.example/$(id)\n""##)
    }
    #expect(throws: ServerMetadataFault.wrongType(name.rawValue)) { try read("1") }
  }

  @Test(arguments: MetadataList.allCases)
  func `every list is a list of texts`(list: MetadataList) throws {
    #expect(try metadata(#""\#(list.rawValue)": ["a"]"#).list(list) == ["a"])
    for value in ["\"a\"", "[1]", "{}", "true", #"["a", null]"#] {
      #expect(throws: ServerMetadataFault.wrongType(list.rawValue)) {
        try metadata(#""\#(list.rawValue)": \#(value)"#)
      }
    }
  }

  @Test(arguments: MetadataFlag.allCases)
  func `every flag is a yes or a no`(flag: MetadataFlag) throws {
    #expect(try metadata(#""\#(flag.rawValue)": true"#).has(flag))
    #expect(try !metadata(#""\#(flag.rawValue)": false"#).has(flag))
    #expect(throws: ServerMetadataFault.wrongType(flag.rawValue)) {
      try metadata(#""\#(flag.rawValue)": "true""#)
    }
  }

  @Test func `a loopback issuer may use http throughout`() throws {
    let text = #"{"issuer": "http://localhost:9000", "token_endpoint": "http://localhost:9000/t"}"#
    let issuer = try Issuer("http://localhost:9000")
    let metadata = try ServerMetadata(validating: bytes(text), issuer: issuer)
    #expect(metadata.endpoint(.token)?.port == 9000)
  }

  @Test func `endpoints given outright win over discovered ones`() throws {
    let own = try Endpoint("https://mine.example/token")
    let metadata = try metadata().overridden(by: [.token: own])
    #expect(metadata.endpoint(.token) == own)
    #expect(metadata.endpoint(.authorization)?.host == "as.example")
    #expect(metadata.origin == .discovered)
  }

  @Test func `another document adds only what is missing, and only of the same issuer`() throws {
    let issuer = try Issuer(Vectors.issuer)
    let (revoke, push) = (
      try Endpoint("https://as.example/r"), try Endpoint("https://as.example/p")
    )
    let elsewhere = try Endpoint("https://as.example/other")
    let endpoints: [EndpointName: Endpoint] = [
      .token: elsewhere, .revocation: revoke, .pushedAuthorizationRequest: push,
    ]
    let both = try metadata().supplemented(
      by: ServerMetadata(configured: endpoints, issuer: issuer))
    #expect(try both.endpoint(.token) == metadata().endpoint(.token))
    #expect(both.endpoint(.pushedAuthorizationRequest) == push)
    #expect(both.origin == .discovered)
    let stranger = ServerMetadata(
      configured: endpoints, issuer: try Issuer("https://as.example/another"))
    #expect(try metadata().supplemented(by: stranger).endpoint(.pushedAuthorizationRequest) == nil)
  }

  @Test func `how iss is checked follows from what is known`() throws {
    let issuer = try Issuer(Vectors.issuer)
    let sends = #""authorization_response_iss_parameter_supported": true"#
    #expect(try metadata().issuerRule == .compared(issuer))
    #expect(try metadata(sends).issuerRule == .demanded(issuer))
    #expect(ServerMetadata(configured: [:], issuer: nil).issuerRule == .unknown)
    #expect(ServerMetadata(configured: [:], issuer: issuer).issuerRule == .compared(issuer))
  }
}
