import Testing

@testable import OAuth

@Suite struct MutualTLSMetadataTests {
  private let aliases = """
    "userinfo_endpoint": "https://as.example/userinfo",
    "end_session_endpoint": "https://as.example/signoff",
    "mtls_endpoint_aliases": {
      "token_endpoint": "https://mtls.as.example/token",
      "authorization_endpoint": "https://mtls.as.example/authorize",
      "end_session_endpoint": "https://mtls.as.example/signoff",
      "revocation_endpoint": "https://mtls.as.example/revoke", "unknown": 1
    }
    """

  @Test func `aliases are used only where the client shows a certificate`() throws {
    let plain = try metadata(aliases)
    #expect(plain.endpoint(.token)?.host == "as.example")
    #expect(plain.endpoint(.revocation) == nil)
    let mutual = plain.withMutualTLS()
    #expect(mutual.endpoint(.token)?.host == "mtls.as.example")
    #expect(mutual.endpoint(.revocation)?.host == "mtls.as.example")
    #expect(mutual.endpoint(.userinfo)?.host == "as.example")
  }

  @Test func `the browser is not sent to an alias`() throws {
    let mutual = try metadata(aliases).withMutualTLS()
    #expect(mutual.endpoint(.authorization)?.host == "as.example")
    #expect(mutual.endpoint(.endSession)?.host == "as.example")
  }

  @Test func `the account's own endpoint wins, whichever comes first`() throws {
    let own: [EndpointName: Endpoint] = [.token: try Endpoint("https://mine.example/token")]
    let metadata = try metadata(aliases)
    #expect(
      metadata.overridden(by: own).withMutualTLS().endpoint(.token)?.host == "mine.example")
    #expect(
      metadata.withMutualTLS().overridden(by: own).endpoint(.token)?.host == "mine.example")
    let outright = ServerMetadata(configured: own, issuer: nil)
    #expect(outright.withMutualTLS().endpoint(.token)?.host == "mine.example")
  }

  @Test func `an alias is held to the rules of an endpoint`() throws {
    #expect(throws: ServerMetadataFault.alias(.badEndpoint(.token, .plainHTTP(host: "a.example"))))
    {
      try metadata(#""mtls_endpoint_aliases": {"token_endpoint": "http://a.example/"}"#)
    }
    #expect(throws: ServerMetadataFault.alias(.endpointWithoutTLS(.token))) {
      try metadata(#""mtls_endpoint_aliases": {"token_endpoint": "http://localhost/"}"#)
    }
    #expect(throws: ServerMetadataFault.wrongType("mtls_endpoint_aliases")) {
      try metadata(#""mtls_endpoint_aliases": []"#)
    }
    #expect(try metadata(#""mtls_endpoint_aliases": null"#).withMutualTLS().endpoint(.token) != nil)
  }
}
