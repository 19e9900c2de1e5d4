import Testing

@testable import OAuth

func device(
  client: Client = publicClient, additional: FormParameters = []
) throws -> DeviceAuthorizationRequest {
  try DeviceAuthorizationRequest(
    scope: try Scope("openid profile"), additional: additional, client: client,
    endpoint: Endpoint("https://as.example/as/device_authorization"))
}

func deviceResponse(_ members: String = "") throws -> DeviceAuthorizationResponse {
  let body = """
    {"device_code": "device-code-1", "user_code": "WDJB-MJHT", "expires_in": 600,
    "verification_uri": "https://as.example/device"\(members.isEmpty ? "" : ",")\(members)}
    """
  return try DeviceAuthorizationResponse(
    validating: EndpointAnswer(status: 200, contentType: nil, body: bytes(body)), to: device(),
    now: now)
}

@Suite struct DeviceAuthorizationTests {
  private func read(_ body: String, status: Int = 200) throws -> DeviceAuthorizationResponse {
    try DeviceAuthorizationResponse(
      validating: EndpointAnswer(
        status: status, contentType: "application/json", body: bytes(body)),
      to: device(), now: now)
  }

  /// The fault of an answer complete but for one member; `nil` takes it out.
  private func fault(_ name: String, _ value: String?) -> TokenResponseFault? {
    var members = [
      "device_code": #""d""#, "user_code": #""u""#, "expires_in": "600",
      "verification_uri": #""https://as.example/device""#,
    ]
    members[name] = value
    let body = members.map { "\"\($0)\": \($1)" }.joined(separator: ",")
    do {
      _ = try read("{\(body)}")
      return nil
    } catch EndpointFailure.faulty(let fault) { return fault } catch { return nil }
  }

  @Test func `a public client names itself and its scope`() throws {
    let post = try device().post
    #expect(
      String(decoding: post.body, as: UTF8.self) == "client_id=native-app&scope=openid+profile")
    #expect(post.authorization == nil)
  }

  @Test func `a confidential client authenticates, and a challenge and resources go along`() throws
  {
    let challenge = try anyVerifier().challenge { Array($0.prefix(32)) }
    let request = try DeviceAuthorizationRequest(
      scope: nil, resources: [ResourceIndicator("https://a.example/"), .init("urn:b")],
      challenge: challenge, additional: [FormParameter("audience", "x")],
      client: Client(id: "c", authentication: .post(secret: "s")),
      endpoint: Endpoint("https://as.example/d"))
    #expect(
      String(decoding: request.post.body, as: UTF8.self)
        == "client_id=c&client_secret=s&code_challenge=\(challenge.text)"
        + "&code_challenge_method=S256&resource=https%3A%2F%2Fa.example%2F&resource=urn%3Ab"
        + "&audience=x")
  }

  @Test(arguments: [
    "client_id", "client_secret", "scope", "client_assertion", "device_code", "grant_type",
    "code_challenge", "redirect_uri", "request_uri",
  ])
  func `an account cannot set what the sign-in sets`(name: String) {
    #expect(throws: AuthorizationRequestFault.reserved(name)) {
      try device(additional: [FormParameter(name, "x")])
    }
  }

  @Test func `no parameter stands twice but resource`() throws {
    #expect(throws: AuthorizationRequestFault.repeated("audience")) {
      try device(additional: [FormParameter("audience", "x"), FormParameter("audience", "y")])
    }
    _ = try device(additional: [FormParameter("resource", "x"), FormParameter("resource", "y")])
  }

  @Test func `an answer is read whole, with the interval of the specification`() throws {
    let response = try deviceResponse(
      #""verification_uri_complete": "https://as.example/device?user_code=WDJB-MJHT""#)
    #expect(response.deviceCode == "device-code-1")
    #expect(response.userCode == "WDJB-MJHT")
    #expect(response.verificationURI.text == "https://as.example/device")
    #expect(response.verificationURIComplete?.query == "user_code=WDJB-MJHT")
    #expect(response.expiresIn == 600)
    #expect(response.interval == 5)
  }

  @Test(arguments: [
    "https://evil.example/device?user_code=A", "https://as.example:8443/device",
    "http://localhost/device",
  ])
  func `a picture leads nowhere but to the address that is shown`(complete: String) throws {
    let response = try deviceResponse(#""verification_uri_complete": "\#(complete)""#)
    #expect(response.verificationURIComplete == nil)
  }

  @Test func `the older spelling of Google is read`() throws {
    let response = try read(
      """
      {"device_code": "d", "user_code": "u", "expires_in": 1800, "interval": 5,
      "verification_url": "https://www.google.com/device"}
      """)
    #expect(response.verificationURI.host == "www.google.com")
  }

  @Test(arguments: ["device_code", "user_code", "verification_uri", "expires_in"])
  func `what must be there must be there`(name: String) {
    #expect(fault(name, nil) == .missing(name))
    #expect(fault(name, "null") == .missing(name))
  }

  @Test(arguments: [#""a\u001b[2Jb""#, #""a\nb""#, #""é""#, #""\u202eab""#, #""a\u0000""#])
  func `a code that could command a terminal is refused`(value: String) {
    #expect(fault("user_code", value) == .badCharacters("user_code"))
    #expect(fault("device_code", value) == .badCharacters("device_code"))
  }

  @Test func `a code no person would type is refused`() {
    let longest = String(repeating: "A", count: 64)
    #expect(fault("user_code", "\"\(longest)\"") == nil)
    #expect(fault("user_code", "\"\(longest)A\"") == .tooLong("user_code"))
  }

  @Test(arguments: ["verification_uri", "verification_uri_complete"])
  func `an address to be opened is https or on this machine, and nothing but an address`(
    name: String
  ) {
    #expect(
      fault(name, #""http://as.example/d""#) == .badAddress(name, .plainHTTP(host: "as.example")))
    #expect(fault(name, #""https://a@as.example/""#) == .badAddress(name, .userInfo))
    #expect(
      fault(name, #""javascript:alert(1)""#) == .badAddress(name, .foreignScheme("javascript")))
    #expect(fault(name, #""https://as.example/\u001b[2J""#) == .badAddress(name, .badCharacter))
    #expect(fault(name, #""-https://as.example""#) == .badAddress(name, .notAbsolute))
    #expect(fault(name, "1") == .wrongType(name))
    #expect(fault(name, #""http://localhost:9000/d""#) == nil)
  }

  @Test(arguments: [
    ("0", 1), ("1", 1), ("5", 5), ("5.9", 5), ("60", 60), ("61", 60), ("1e400", 60), ("\"7\"", 7),
    ("9223372036854775808", 60), ("null", 5),
  ])
  func `an interval is bounded on both sides`(value: String, seconds: Int64) throws {
    #expect(try deviceResponse("\"interval\": \(value)").interval == seconds)
  }

  @Test(arguments: ["-1", "-0.5", "true", "\"soon\"", "{}", "[]"])
  func `an interval or a lifetime that is no number of seconds is refused`(value: String) {
    #expect(fault("interval", value) == .badSeconds("interval"))
    #expect(fault("expires_in", value) == .badSeconds("expires_in"))
  }

  @Test func `a lifetime is bounded`() throws {
    let long = try read(
      #"{"device_code":"d","user_code":"u","expires_in":1e300,"verification_uri":"https://a.b/"}"#)
    #expect(long.expiresIn == 3600)
  }

  @Test func `the server's refusal is its own`() {
    #expect(throws: EndpointFailure.refused(OAuthError(code: "invalid_client", status: 401))) {
      try read(#"{"error": "invalid_client"}"#, status: 401)
    }
  }

  @Test func `a poll has the device code and the client`() throws {
    let endpoint = try Endpoint("https://as.example/as/token")
    let request = try TokenRequest(
      polling: deviceResponse(), client: publicClient, endpoint: endpoint)
    #expect(request.grant == .deviceCode)
    #expect(
      String(decoding: request.post.body, as: UTF8.self)
        == "grant_type=urn%3Aietf%3Aparams%3Aoauth%3Agrant-type%3Adevice_code"
        + "&device_code=device-code-1&client_id=native-app")
    #expect(request.post.secrets.contains("device-code-1"))
    let bound = try TokenRequest(
      polling: deviceResponse(), verifier: anyVerifier(), client: publicClient, endpoint: endpoint)
    #expect(bound.post.parameters.value(of: "code_verifier") == (try anyVerifier().text))
    #expect(bound.post.secrets.contains(try anyVerifier().text))
  }

  @Test func `the codes do not show when the answer is printed`() throws {
    let response = try deviceResponse()
    #expect(!"\(response)".contains("device-code-1"))
    #expect(!String(reflecting: response).contains("WDJB"))
  }
}
