import Testing

@testable import OAuth

@Suite struct ClientRegistrationTests {
  private let redirects: [RedirectURI]

  init() throws {
    redirects = [
      try RedirectURI("http://localhost:3000/callback"), try RedirectURI("http://127.0.0.1/cb"),
    ]
  }

  private func request(_ token: String? = nil, isProven: Bool = false) throws
    -> ClientRegistrationRequest
  {
    ClientRegistrationRequest(
      redirectURIs: redirects, clientName: "sallyport", scope: try Scope("openid a"),
      initialAccessToken: token, isProven: isProven,
      endpoint: try Endpoint("https://as.example/register"))
  }

  private func read(_ body: String, status: Int = 201) throws -> ClientRegistrationResponse {
    try ClientRegistrationResponse(
      validating: EndpointAnswer(
        status: status, contentType: "application/json", body: bytes(body)),
      to: request("initial-token"), now: now)
  }

  private func fault(_ members: String) -> TokenResponseFault? {
    do {
      _ = try read(#"{"client_id": "c", \#(members)}"#)
      return nil
    } catch EndpointFailure.faulty(let fault) { return fault } catch { return nil }
  }

  @Test func `a public native client is asked for`() throws {
    let post = try request().post
    #expect(
      try JSONValue(parsing: post.body) == [
        "redirect_uris": ["http://localhost:3000/callback", "http://127.0.0.1/cb"],
        "client_name": "sallyport", "token_endpoint_auth_method": "none",
        "grant_types": ["authorization_code", "refresh_token"], "response_types": ["code"],
        "application_type": "native", "scope": "openid a",
      ])
    #expect(post.authorization == nil)
    #expect(post.headerFields.contains { $0 == ("Content-Type", "application/json") })
    let proven = try JSONValue.object(parsing: request(isProven: true).post.body)
    #expect(proven["dpop_bound_access_tokens"] == true)
  }

  @Test func `the device grant is asked for where it is used, and has to be given`() throws {
    let request = ClientRegistrationRequest(
      redirectURIs: redirects, clientName: "sallyport", scope: nil, usesDevices: true,
      endpoint: try Endpoint("https://as.example/register"))
    let grant = "urn:ietf:params:oauth:grant-type:device_code"
    let members = try JSONValue.object(parsing: request.post.body)
    #expect(members["grant_types"] == ["authorization_code", .string(grant), "refresh_token"])
    let answer = EndpointAnswer(
      status: 201, contentType: "application/json",
      body: bytes(#"{"client_id": "c", "grant_types": ["authorization_code"]}"#))
    #expect(throws: EndpointFailure.faulty(.notAgreed("grant_types"))) {
      try ClientRegistrationResponse(validating: answer, to: request, now: now)
    }
  }

  @Test func `an initial token goes into the header and not into messages`() throws {
    let request = try request("initial-token")
    #expect(request.post.headerFields.contains { $0 == ("Authorization", "Bearer initial-token") })
    #expect(!"\(request)".contains("initial-token"))
    #expect {
      try read(
        #"{"error": "invalid_token", "error_description": "initial-token is used"}"#, status: 401)
    } throws: { error in
      !"\(error)".contains("initial-token")
    }
  }

  @Test(arguments: [200, 201])
  func `a registration is read whole`(status: Int) throws {
    let response = try read(
      """
      {"client_id": "s6BhdRkqt3", "client_id_issued_at": 1, "client_name": "x",
      "redirect_uris": ["http://127.0.0.1/cb", "http://localhost:3000/callback", "x:y"],
      "grant_types": ["authorization_code"], "response_types": ["code"],
      "token_endpoint_auth_method": "none", "registration_access_token": "reg-23410913",
      "registration_client_uri": "https://as.example/register/s6BhdRkqt3"}
      """, status: status)
    #expect(response.clientID == "s6BhdRkqt3")
    #expect(response.clientSecret == nil)
    #expect(response.method == .none)
    #expect(response.management?.accessToken == "reg-23410913")
    #expect(response.management?.endpoint.path == "/register/s6BhdRkqt3")
    #expect(!"\(response)".contains("reg-23410913"))
  }

  @Test func `a secret nobody asked for is kept with its method and its end`() throws {
    let basic = try read(#"{"client_id": "c", "client_secret": "s"}"#)
    #expect(basic.method == .basic)
    #expect(basic.clientSecretExpiresAt == nil)
    let post = try read(
      """
      {"client_id": "c", "client_secret": "s", "client_secret_expires_at": 1700000200,
      "token_endpoint_auth_method": "client_secret_post"}
      """)
    #expect(post.method == .post)
    #expect(post.clientSecretExpiresAt == 1_700_000_200)
    let never = try read(
      #"{"client_id": "c", "client_secret": "s", "client_secret_expires_at": 0}"#)
    #expect(never.clientSecretExpiresAt == nil)
    #expect(fault(#""client_secret_expires_at": 1e400"#) == nil)
    #expect(fault(#""client_secret_expires_at": -1"#) == .badSeconds("client_secret_expires_at"))
    #expect(fault(#""client_secret_expires_at": "x""#) == .badSeconds("client_secret_expires_at"))
  }

  @Test(arguments: [
    "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt",
    "tls_client_auth", "magic",
  ])
  func `a method without what it needs cannot be used`(method: String) {
    #expect(
      fault(#""token_endpoint_auth_method": "\#(method)""#)
        == .notAgreed("token_endpoint_auth_method"))
  }

  @Test(arguments: [
    (#""redirect_uris": []"#, "redirect_uris"),
    (#""redirect_uris": ["http://localhost:3000/callback"]"#, "redirect_uris"),
    (
      #""redirect_uris": ["http://localhost:3000/callback/", "http://127.0.0.1/cb"]"#,
      "redirect_uris"
    ),
    (#""grant_types": ["client_credentials"]"#, "grant_types"),
    (#""response_types": ["token"]"#, "response_types"),
  ])
  func `a client that cannot sign in is refused`(members: String, name: String) {
    #expect(fault(members) == .notAgreed(name))
  }

  @Test(arguments: [
    "http://127.0.0.1:9200/index", "https://localhost/r", "https://other.example/r",
    "https://as.example:8443/r",
  ])
  func `a client is not managed at another server or at this machine`(uri: String) throws {
    let response = try read(
      """
      {"client_id": "c", "registration_access_token": "t", "registration_client_uri": "\(uri)"}
      """)
    #expect(response.management == nil)
  }

  @Test func `values that cannot be used are refused`() {
    #expect(throws: EndpointFailure.faulty(.missing("client_id"))) { try read("{}") }
    #expect(throws: EndpointFailure.faulty(.badCharacters("client_id"))) {
      try read(#"{"client_id": "a\nb"}"#)
    }
    let token = #""registration_access_token": "a b""#
    let uri = #""registration_client_uri": "https://as.example/r""#
    #expect(fault("\(token), \(uri)") == .badCharacters("registration_access_token"))
    #expect(fault(token) == nil)
    #expect(fault(uri) == nil)
    #expect(
      fault(#""registration_client_uri": "http://as.example/r""#)
        == .badAddress("registration_client_uri", .plainHTTP(host: "as.example")))
    #expect(throws: EndpointFailure.refused(OAuthError(code: "invalid_redirect_uri", status: 400)))
    {
      try read(#"{"error": "invalid_redirect_uri"}"#, status: 400)
    }
    #expect(throws: EndpointFailure.self) { try read(#"{"client_id": "c"}"#, status: 202) }
  }

  @Test func `a registration is deleted with its own token`() throws {
    let endpoint = try Endpoint("https://as.example/register/1")
    let management = try #require(
      ClientRegistrationResponse.Management(endpoint: endpoint, accessToken: "reg-token-1"))
    let deletion = ClientRegistrationDeletion(management)
    #expect(ClientRegistrationDeletion.method == "DELETE")
    #expect(deletion.endpoint == endpoint)
    #expect(deletion.headerFields.contains { $0 == ("Authorization", "Bearer reg-token-1") })
    for status in [200, 204] {
      try deletion.check(EndpointAnswer(status: status, contentType: nil, body: []), now: now)
    }
    for status in [302, 401, 403, 405, 503] {
      #expect(throws: EndpointFailure.self) {
        try deletion.check(EndpointAnswer(status: status, contentType: nil, body: []), now: now)
      }
    }
    #expect(ClientRegistrationResponse.Management(endpoint: endpoint, accessToken: "a\r\nb") == nil)
  }
}

@Suite struct ClientSourceTests {
  private let document = "https://app.example/client.json"
  private let registration = #""registration_endpoint": "https://as.example/register""#
  private let reads = #""client_id_metadata_document_supported": true"#

  private func choose(
    _ clientID: String?, _ document: String?, _ members: String
  ) throws -> ClientSource {
    try ClientSource.choose(
      clientID: clientID, document: document, metadata: metadata(members))
  }

  @Test func `the account's own client is used where there is one`() throws {
    let all = "\(registration),\(reads)"
    #expect(try choose("native-app", document, all) == .configured("native-app"))
    #expect(
      try choose(document, nil, all) == .metadataDocument(ClientIDURL(document)))
  }

  @Test func `a document is used where the server reads them, else a client is registered`() throws
  {
    let all = "\(registration),\(reads)"
    let endpoint = try Endpoint("https://as.example/register")
    #expect(try choose(nil, document, all) == .metadataDocument(ClientIDURL(document)))
    #expect(try choose(nil, document, registration) == .registration(endpoint))
    #expect(try choose(nil, nil, all) == .registration(endpoint))
    #expect(throws: ClientSource.Fault.none) { try choose(nil, document, "") }
    #expect(throws: ClientSource.Fault.none) { try choose(nil, nil, reads) }
  }

  @Test func `an identifier no server can use is refused`() throws {
    #expect(throws: ClientSource.Fault.documentsNotTaken) {
      try choose(document, nil, registration)
    }
    #expect(throws: ClientSource.Fault.clientID(.noPath)) {
      try choose("https://app.example", nil, reads)
    }
    let outright = ServerMetadata(configured: [:], issuer: nil)
    #expect(
      try ClientSource.choose(clientID: document, document: nil, metadata: outright)
        == .metadataDocument(ClientIDURL(document)))
  }

  @Test(arguments: [
    ("http://localhost/client.json", ClientIDURLFault.notHTTPS),
    ("http://app.example/client.json", .address(.plainHTTP(host: "app.example"))),
    ("https://app.example/a#b", .address(.fragment)),
    ("https://me@app.example/a", .address(.userInfo)),
    ("https://app.example", .noPath), ("https://app.example/", .noPath),
    ("https://app.example?a", .noPath), ("https://app.example/a/../b", .dotSegment),
    ("https://app.example/./a", .dotSegment), ("https://app.example/%2E%2e/a", .dotSegment),
    ("https://app.example/a/.", .dotSegment), ("urn:a", .address(.foreignScheme("urn"))),
  ])
  func `an address that could be read in two ways is no identifier`(
    text: String, fault: ClientIDURLFault
  ) {
    #expect(throws: fault) { try ClientIDURL(text) }
  }

  @Test func `an address is an identifier as it is written`() throws {
    for text in [document, "https://app.example:8443/a?b", "https://app.example/..a/b..%2F"] {
      #expect(try ClientIDURL(text).text == text)
    }
    #expect(ClientIDURL.isMeant(by: document))
    #expect(!ClientIDURL.isMeant(by: "http://app.example/a"))
    #expect(!ClientIDURL.isMeant(by: "native-app"))
  }
}
