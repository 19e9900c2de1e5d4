import Testing

@testable import OAuth

@Suite struct ProtectedResourceTests {
  @Test(arguments: [
    ("https://mcp.example", "https://mcp.example/.well-known/oauth-protected-resource"),
    ("https://mcp.example/", "https://mcp.example/.well-known/oauth-protected-resource"),
    ("https://mcp.example/mcp", "https://mcp.example/.well-known/oauth-protected-resource/mcp"),
    (
      "https://mcp.example:8443/a/b/?x=1",
      "https://mcp.example:8443/.well-known/oauth-protected-resource/a/b/?x=1"
    ),
    ("https://mcp.example?x=1", "https://mcp.example/.well-known/oauth-protected-resource?x=1"),
    ("http://[::1]:80/mcp", "http://[::1]/.well-known/oauth-protected-resource/mcp"),
  ])
  func `the well-known name stands between host and path`(url: String, expected: String) throws {
    let resource = ProtectedResource(try Endpoint(url))
    #expect(resource.wellKnownAddress?.text == expected)
    let host = try #require(resource.wellKnownAddressOfHost?.text)
    #expect(host.hasSuffix("/.well-known/oauth-protected-resource"))
  }

  private func read(
    _ document: String, of url: String = "https://mcp.example/mcp",
    rule: ProtectedResourceRule = .identical
  ) throws -> ProtectedResourceMetadata {
    try ProtectedResourceMetadata(
      validating: bytes(document), of: ProtectedResource(Endpoint(url)), rule: rule)
  }

  private func document(_ resource: String, _ members: String = "") -> String {
    """
    {"resource": "\(resource)", "authorization_servers": ["https://as.example/as"]\
    \(members.isEmpty ? "" : ",")\(members)}
    """
  }

  @Test func `a document is read whole`() throws {
    let metadata = try read(
      document(
        "https://mcp.example/mcp",
        """
        "scopes_supported": ["a", "b"], "resource_name": "My\\n MCP", "x": 1,
        "bearer_methods_supported": ["header"], "dpop_bound_access_tokens_required": true
        """))
    #expect(metadata.resource.text == "https://mcp.example/mcp")
    #expect(metadata.authorizationServers.map(\.text) == ["https://as.example/as"])
    #expect(metadata.scopes == ["a", "b"])
    #expect(metadata.name?.text == "My MCP")
    #expect(metadata.requiresProofs)
    let bare = try read(document("https://mcp.example/mcp"))
    #expect(bare.scopes == nil && bare.name == nil && !bare.requiresProofs)
  }

  @Test(arguments: [
    "https://mcp.example/mcp/", "https://mcp.example/", "https://mcp.example",
    "https://MCP.example/mcp", "https://mcp.example:443/mcp", "https://evil.example/mcp",
    "http://mcp.example/mcp", "https://mcp.example/mcp?x", "",
  ])
  func `a document about another resource is refused`(resource: String) {
    #expect(throws: ProtectedResourceMetadataFault.resourceWrong(PrintableText(resource))) {
      try read(document(resource))
    }
  }

  @Test(arguments: [
    "https://mcp.example", "https://mcp.example/", "https://mcp.example/a",
    "https://mcp.example/a/", "https://mcp.example/a/mcp",
  ])
  func `under the weaker rule a resource that leads there will do`(resource: String) throws {
    let url = "https://mcp.example/a/mcp"
    #expect(try read(document(resource), of: url, rule: .covering).resource.text == resource)
  }

  @Test(arguments: ["/a/../b", "/a/%2e%2E/b", "/a/./b", "/a/.."])
  func `a path that may lead out again is below nothing`(path: String) throws {
    let resource = ProtectedResource(try Endpoint("https://mcp.example\(path)"))
    #expect(!resource.isCovered(by: "https://mcp.example/a"))
    #expect(
      ProtectedResource(try Endpoint("https://mcp.example/a/..b")).isCovered(
        by: "https://mcp.example/a"))
  }

  @Test(arguments: [
    "https://mcp.example/a/mc", "https://mcp.example/a/mcp/x", "https://mcp.example/b",
    "https://evil.example/", "https://mcp.example:8443/", "https://mcp.example/?a", "urn:a",
    "https://mcp.example/#a", "http://localhost/",
  ])
  func `under the weaker rule another one is refused all the same`(resource: String) {
    #expect(throws: ProtectedResourceMetadataFault.resourceWrong(PrintableText(resource))) {
      try read(document(resource), of: "https://mcp.example/a/mcp", rule: .covering)
    }
  }

  @Test(arguments: [
    ("", ProtectedResourceMetadataFault.json(.malformed)), ("[]", .json(.notAnObject)),
    ("{}", .resourceMissing), (#"{"resource": 1}"#, .resourceMissing),
    (#"{"resource": "https://mcp.example/mcp"}"#, .noAuthorizationServer),
    (
      #"{"resource": "https://mcp.example/mcp", "authorization_servers": []}"#,
      .noAuthorizationServer
    ),
    (
      #"{"resource": "https://mcp.example/mcp", "authorization_servers": "https://a.b"}"#,
      .wrongType("authorization_servers")
    ),
    (
      #"{"resource": "https://mcp.example/mcp", "authorization_servers": ["http://as.example"]}"#,
      .badAuthorizationServer(.plainHTTP(host: "as.example"))
    ),
    (
      #"{"resource": "https://mcp.example/mcp", "authorization_servers": ["https://a.b?c"]}"#,
      .badAuthorizationServer(.query)
    ),
  ])
  func `a document that lacks something is refused`(
    document: String, fault: ProtectedResourceMetadataFault
  ) {
    #expect(throws: fault) { try read(document) }
  }

  @Test func `wrong types, endless lists and tokens in the query are refused`() {
    let resource = "https://mcp.example/mcp"
    for (member, name) in [
      (#""scopes_supported": "a""#, "scopes_supported"),
      (#""dpop_bound_access_tokens_required": 1"#, "dpop_bound_access_tokens_required"),
      (#""bearer_methods_supported": {}"#, "bearer_methods_supported"),
    ] {
      #expect(throws: ProtectedResourceMetadataFault.wrongType(name)) {
        try read(document(resource, member))
      }
    }
    #expect(throws: ProtectedResourceMetadataFault.noHeaderTokens) {
      try read(document(resource, #""bearer_methods_supported": ["query"]"#))
    }
    let servers = [String](repeating: #""https://a.b""#, count: 17).joined(separator: ",")
    #expect(throws: ProtectedResourceMetadataFault.tooManyAuthorizationServers) {
      try read(#"{"resource": "\#(resource)", "authorization_servers": [\#(servers)]}"#)
    }
  }
}

@Suite struct ResourceIndicatorTests {
  @Test(arguments: ["https://api.example/a?b", "urn:example:api", "http://other.example/x"])
  func `any absolute address can name a resource`(text: String) throws {
    #expect(try ResourceIndicator(text).text == text)
  }

  @Test func `a fragment, a relative address and anything else cannot`() {
    #expect(throws: AddressFault.fragment) { try ResourceIndicator("https://a.example/#b") }
    #expect(throws: AddressFault.notAbsolute) { try ResourceIndicator("/api") }
    #expect(throws: AddressFault.badCharacter) { try ResourceIndicator("https://a.example/\n") }
  }

  @Test func `resources go to both endpoints, as often as there are some`() throws {
    let resources = [try ResourceIndicator("https://a.example/"), try ResourceIndicator("urn:b")]
    let texts = ["https://a.example/", "urn:b"]
    let endpoint = try Endpoint("https://as.example/t")
    let refresh = TokenRequest(
      refreshing: "r", scope: try Scope("a"), resources: resources, client: publicClient,
      endpoint: endpoint)
    #expect(refresh.post.parameters.values(of: "resource") == texts)
    #expect(refresh.post.parameters.values(of: "scope") == ["a"])
    let exchange = TokenRequest(
      exchanging: try response(code: "c"), redirectURI: try RedirectURI("http://localhost:3000/"),
      verifier: try anyVerifier(), resources: resources, client: publicClient, endpoint: endpoint)
    #expect(exchange.post.parameters.values(of: "resource") == texts)
    let request = try AuthorizationRequest(
      endpoint: Endpoint("https://as.example/a"), clientID: "c",
      redirectURI: RedirectURI("http://localhost:3000/"), scope: nil, state: anyState(),
      nonce: anyNonce(), challenge: anyVerifier().challenge { $0 }, resources: resources)
    #expect(request.parameters.values(of: "resource") == texts)
    #expect(request.url.hasSuffix("&resource=https%3A%2F%2Fa.example%2F&resource=urn%3Ab"))
  }
}

@Suite struct ScopeUnionTests {
  @Test func `a union has every token once and loses none`() throws {
    let union = try Scope("openid files:read").union(Scope("files:write openid files:write"))
    #expect(union.text == "openid files:read files:write")
    #expect(try Scope("a").union(Scope("a")).text == "a")
  }

  @Test func `what was not granted is named`() throws {
    let asked = try Scope("repo user:email read")
    #expect(asked.withheld(from: nil).isEmpty)
    #expect(asked.withheld(from: "read repo user:email more").isEmpty)
    #expect(asked.withheld(from: "repo") == ["user:email", "read"])
    #expect(asked.withheld(from: "repo,user:email,read").isEmpty)
    #expect(asked.withheld(from: "repository reader") == asked.tokens)
    #expect(try Scope("a,b").withheld(from: "a,b c").isEmpty)
  }

  @Test func `what was granted beyond the wish is named`() throws {
    let asked = try Scope("repo read")
    #expect(asked.surplus(in: nil).isEmpty)
    #expect(asked.surplus(in: "read").isEmpty)
    #expect(asked.surplus(in: "repo,read").isEmpty)
    #expect(asked.surplus(in: "openid repo read write") == ["openid", "write"])
    #expect(asked.surplus(in: "repo,admin") == ["admin"])
    #expect(try Scope("a,b").surplus(in: "a,b c") == ["c"])
  }
}
