import Testing

@testable import OAuth

@Suite struct PushedRequestTests {
  private func request(
    endpoint: String = "https://as.example/authorize?tenant=1"
  ) throws -> AuthorizationRequest {
    try AuthorizationRequest(
      endpoint: Endpoint(endpoint), clientID: "native app",
      redirectURI: RedirectURI("http://localhost:3000/callback"), scope: Scope("openid"),
      state: anyState(), nonce: anyNonce(), challenge: anyVerifier().challenge { $0 },
      responseMode: .formPost, resources: [ResourceIndicator("https://api.example/")],
      proofKey: "thumb", additional: [FormParameter("prompt", "login")])
  }

  private func push(_ client: Client) throws -> PushedAuthorizationRequest {
    try PushedAuthorizationRequest(
      pushing: request(), client: client, endpoint: Endpoint("https://as.example/par"))
  }

  private func read(
    _ body: String, status: Int = 201
  ) throws -> PushedAuthorizationResponse {
    try PushedAuthorizationResponse(
      validating: EndpointAnswer(
        status: status, contentType: "application/json", body: bytes(body)),
      to: push(Client(id: "c", authentication: .post(secret: "secret-1"))), now: now)
  }

  private func fault(_ body: String) -> TokenResponseFault? {
    do {
      _ = try read(body)
      return nil
    } catch EndpointFailure.faulty(let fault) { return fault } catch { return nil }
  }

  @Test func `the form has every parameter of the request, each once`() throws {
    let post = try push(Client(id: "native app", authentication: .none)).post
    #expect(post.parameters == (try request().parameters))
    #expect(post.parameters.repeatedNames.isEmpty)
    #expect(post.authorization == nil)
    for (name, value) in [
      ("response_mode", "form_post"), ("resource", "https://api.example/"), ("prompt", "login"),
      ("dpop_jkt", "thumb"), ("client_id", "native app"), ("response_type", "code"),
    ] {
      #expect(post.parameters.value(of: name) == value)
    }
  }

  @Test func `the client authenticates as it does everywhere`() throws {
    let secret = try push(Client(id: "native app", authentication: .post(secret: "s"))).post
    #expect(secret.parameters.values(of: "client_id") == ["native app"])
    #expect(secret.parameters.value(of: "client_secret") == "s")
    let basic = try push(Client(id: "native app", authentication: .basic(secret: "s"))).post
    #expect(basic.authorization?.hasPrefix("Basic ") == true)
    #expect(basic.parameters.values(of: "client_id") == ["native app"])
    #expect(basic.parameters.value(of: "client_secret") == nil)
  }

  @Test(arguments: [200, 201])
  func `the browser's address holds the client and the reference and nothing else`(
    status: Int
  ) throws {
    let response = try read(
      #"{"request_uri": "urn:example:bwc4JK-ESC0w8acc191e-Y1LTC2", "expires_in": 60}"#,
      status: status)
    #expect(response.expiresIn == 60)
    #expect(
      try request().url(pushedAs: response)
        == "https://as.example/authorize?tenant=1&client_id=native+app"
        + "&request_uri=urn%3Aexample%3Abwc4JK-ESC0w8acc191e-Y1LTC2")
  }

  @Test func `an endpoint that brings a reference of its own is refused`() {
    #expect(throws: AuthorizationRequestFault.repeated("request_uri")) {
      try request(endpoint: "https://as.example/authorize?request_uri=urn:evil")
    }
  }

  @Test(arguments: [
    ("{}", TokenResponseFault.missing("request_uri")),
    (#"{"request_uri": "", "expires_in": 60}"#, .missing("request_uri")),
    (#"{"request_uri": 1, "expires_in": 60}"#, .wrongType("request_uri")),
    (#"{"request_uri": "urn:a b", "expires_in": 60}"#, .badCharacters("request_uri")),
    (#"{"request_uri": "urn:a\n", "expires_in": 60}"#, .badCharacters("request_uri")),
    (#"{"request_uri": "urn:a"}"#, .missing("expires_in")),
    (#"{"request_uri": "urn:a", "expires_in": -1}"#, .badSeconds("expires_in")),
  ])
  func `an answer that lacks something is refused`(body: String, expected: TokenResponseFault) {
    #expect(fault(body) == expected)
  }

  @Test func `a reference too long for an address is refused`() {
    let longest = String(repeating: "a", count: 2048)
    #expect(fault(#"{"request_uri": "\#(longest)", "expires_in": 1}"#) == nil)
    #expect(fault(#"{"request_uri": "\#(longest)a", "expires_in": 1}"#) == .tooLong("request_uri"))
  }

  @Test func `refusals keep their reason, and other successes are none`() {
    #expect(throws: EndpointFailure.refused(OAuthError(code: "invalid_request", status: 400))) {
      try read(#"{"error": "invalid_request"}"#, status: 400)
    }
    for status in [202, 204, 302] {
      #expect(throws: EndpointFailure.self) {
        try read(#"{"request_uri": "urn:a", "expires_in": 60}"#, status: status)
      }
    }
  }

  @Test func `a proof goes along in its header field`() throws {
    let proof = try anyProof()
    let post = try push(publicClient).proven(by: proof).post
    #expect(post.headerFields.contains { $0 == ("DPoP", proof.text) })
  }

  @Test func `requests are pushed when the account or the server says so, never by chance`() throws
  {
    let endpoint = #""pushed_authorization_request_endpoint": "https://as.example/par""#
    let required = #""require_pushed_authorization_requests": true"#
    let address = try Endpoint("https://as.example/par")
    func decide(_ account: Bool, _ members: String) throws -> PushedRequestPolicy {
      try PushedRequestPolicy.decide(accountRequires: account, metadata: metadata(members))
    }
    #expect(try decide(false, endpoint) == .notUsed)
    #expect(try decide(false, "") == .notUsed)
    #expect(try decide(true, endpoint) == .required(address, by: .account))
    #expect(try decide(false, "\(endpoint),\(required)") == .required(address, by: .metadata))
    #expect(throws: PushedRequestFault.endpointMissing(.account)) { try decide(true, "") }
    #expect(throws: PushedRequestFault.endpointMissing(.metadata)) { try decide(false, required) }
  }
}
