import Testing

@testable import OAuth

@Suite struct AuthorizationRequestTests {
  private func request(
    _ endpoint: String = "https://as.example/as/authorize", scope: String? = "openid profile",
    clientID: String = "native-app", redirectURI: String = "http://localhost:3000/callback",
    additional: FormParameters = []
  ) throws -> AuthorizationRequest {
    try AuthorizationRequest(
      endpoint: Endpoint(endpoint), clientID: clientID, redirectURI: RedirectURI(redirectURI),
      scope: scope.map { try Scope($0) }, state: anyState(), nonce: anyNonce(),
      challenge: anyVerifier().challenge { [UInt8](repeating: 4, count: $0.count - 11) },
      additional: additional)
  }

  private func query(_ request: AuthorizationRequest) throws -> FormParameters {
    try FormParameters(decoding: Endpoint(request.url).query ?? "")
  }

  @Test func `a sign-in with openid has all it needs, each once`() throws {
    let request = try request()
    let query = try query(request)
    #expect(request.url.hasPrefix("https://as.example/as/authorize?response_type=code&"))
    #expect(
      query.parameters == [
        FormParameter("response_type", "code"), FormParameter("client_id", "native-app"),
        FormParameter("redirect_uri", "http://localhost:3000/callback"),
        FormParameter("scope", "openid profile"), FormParameter("state", try anyState().text),
        FormParameter("nonce", try anyNonce().text),
        FormParameter("code_challenge", Base64URL.encode([UInt8](repeating: 4, count: 32))),
        FormParameter("code_challenge_method", "S256"),
      ])
    #expect(request.sentNonce?.text == (try anyNonce().text))
  }

  @Test(arguments: ["profile", nil])
  func `no nonce is sent where no ID token is asked for`(scope: String?) throws {
    let request = try request(scope: scope)
    let query = try query(request)
    #expect(query.values(of: "nonce").isEmpty)
    #expect(request.sentNonce == nil)
    #expect(query.values(of: "scope") == [scope].compactMap { $0 })
  }

  @Test(arguments: [
    ("https://as.example/a?tenant=1", "https://as.example/a?tenant=1&response_type=code&"),
    ("https://as.example/a?", "https://as.example/a?response_type=code&"),
    ("https://as.example/a?t=1&", "https://as.example/a?t=1&response_type=code&"),
  ])
  func `the endpoint's own query stays in front`(endpoint: String, start: String) throws {
    #expect(try request(endpoint).url.hasPrefix(start))
  }

  @Test func `hostile values stay values and the address stays an address`() throws {
    let request = try request(
      clientID: "a&state=b#c\n;$(id)é", redirectURI: "com.example.app:/cb?x=1&y=2",
      additional: [FormParameter("login_hint", "me@example.com"), FormParameter("a b", "c=d&e")])
    let query = try query(request)
    #expect(query.values(of: "client_id") == ["a&state=b#c\n;$(id)é"])
    #expect(query.values(of: "redirect_uri") == ["com.example.app:/cb?x=1&y=2"])
    #expect(query.values(of: "login_hint") == ["me@example.com"])
    #expect(query.values(of: "a b") == ["c=d&e"])
    #expect(!query.isRepeated("state"))
  }

  @Test(arguments: [
    "response_type", "client_id", "redirect_uri", "scope", "state", "nonce", "code_challenge",
    "code_challenge_method", "code_verifier", "client_secret", "request", "request_uri",
  ])
  func `additional parameters cannot touch the sign-in's own`(name: String) {
    #expect(throws: AuthorizationRequestFault.reserved(name)) {
      try request(additional: [FormParameter(name, "x")])
    }
  }

  @Test func `each parameter stands once, resource excepted`() throws {
    #expect(throws: AuthorizationRequestFault.repeated("prompt")) {
      try request(additional: [FormParameter("prompt", "login"), FormParameter("prompt", "none")])
    }
    #expect(throws: AuthorizationRequestFault.repeated("audience")) {
      try request(
        "https://as.example/a?audience=x", additional: [FormParameter("audience", "y")])
    }
    #expect(throws: AuthorizationRequestFault.repeated("state")) {
      try request("https://as.example/a?st%61te=x")
    }
    let resources: FormParameters = [
      FormParameter("resource", "https://a.example"),
      FormParameter("resource", "https://b.example"),
    ]
    #expect(try query(request(additional: resources)).values(of: "resource").count == 2)
  }

  @Test func `an answer that cannot be received is not asked for`() throws {
    _ = try request(additional: [FormParameter("response_mode", "query")])
    #expect(throws: AuthorizationRequestFault.responseMode("fragment")) {
      try request(additional: [FormParameter("response_mode", "fragment")])
    }
  }

  @Test func `a response mode and a proof's key are asked for by their names, once`() throws {
    let request = try AuthorizationRequest(
      endpoint: Endpoint("https://as.example/a"), clientID: "c",
      redirectURI: RedirectURI("http://localhost:3000/"), scope: nil, state: anyState(),
      nonce: anyNonce(), challenge: anyVerifier().challenge { $0 }, responseMode: .queryJWT,
      proofKey: "thumb")
    #expect(try query(request).values(of: "response_mode") == ["query.jwt"])
    #expect(try query(request).values(of: "dpop_jkt") == ["thumb"])
    #expect(throws: AuthorizationRequestFault.repeated("response_mode")) {
      try AuthorizationRequest(
        endpoint: Endpoint("https://as.example/a"), clientID: "c",
        redirectURI: RedirectURI("http://localhost:3000/"), scope: nil, state: anyState(),
        nonce: anyNonce(), challenge: anyVerifier().challenge { $0 }, responseMode: .queryJWT,
        additional: [FormParameter("response_mode", "query")])
    }
    for name in ["dpop_jkt", "client_assertion", "client_assertion_type"] {
      #expect(throws: AuthorizationRequestFault.reserved(name)) {
        try self.request(additional: [FormParameter(name, "x")])
      }
    }
  }
}
