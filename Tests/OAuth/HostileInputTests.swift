import Testing

@testable import OAuth

/// SplitMix64: the same numbers on every run, so that a failure can be had again.
private struct Numbers: RandomNumberGenerator {
  var state: UInt64

  mutating func next() -> UInt64 {
    state &+= 0x9E37_79B9_7F4A_7C15
    var value = state
    value = (value ^ (value >> 30)) &* 0xBF58_476D_1CE4_E5B9
    value = (value ^ (value >> 27)) &* 0x94D0_49BB_1331_11EB
    return value ^ (value >> 31)
  }
}

/// Well-formed texts, changed at random: every parser must give a value or a fault, never trap.
@Suite struct HostileInputTests {
  private static let rounds = 1500

  private func changed(_ seeds: [String], _ check: ([UInt8]) -> Void) {
    var numbers = Numbers(state: 1)
    let special = bytes("{}[]\"\\:,.-+eE%&=#?@/u0;\u{0}\n\u{1B} ") + [0x7F, 0x80, 0xC3, 0xED, 0xFF]
    for round in 0..<Self.rounds {
      var text = bytes(seeds[round % seeds.count])
      for _ in 0...Int.random(in: 0..<4, using: &numbers) {
        let index = Int.random(in: 0...text.count, using: &numbers)
        let byte = special.randomElement(using: &numbers) ?? 0
        switch Int.random(in: 0..<4, using: &numbers) {
        case 0: text.insert(byte, at: index)
        case 1 where index < text.count: text.remove(at: index)
        case 2 where index < text.count: text[index] = byte
        default: text.removeLast(Int.random(in: 0...text.count, using: &numbers))
        }
      }
      check(text)
    }
  }

  @Test func `json`() throws {
    let seeds = [
      #"{"access_token":"a","token_type":"Bearer","expires_in":3600,"scope":"a b","x":[1,{}]}"#,
      #"{"a":"\ud83d\ude00\n","b":[-1.5e+10,0,true,false,null],"c":{"d":{"e":[]}}}"#,
      #"{"error":"invalid_grant","error_description":"no","error_uri":"https://a.example/"}"#,
    ]
    let request = try exchange()
    changed(seeds) { text in
      if let value = try? JSONValue(parsing: text) {
        #expect((try? JSONValue(parsing: value.serialized())) == value)
      }
      for status in [200, 400, 503] {
        let answer = EndpointAnswer(status: status, contentType: nil, body: text)
        _ = try? TokenResponse(validating: answer, to: request, now: now)
      }
    }
  }

  @Test func `forms and answers at the redirect`() throws {
    let state = try anyState()
    let issuer = try Issuer("https://as.example/as")
    let seeds = [
      "code=a%2Bb&state=\(state.text)&iss=https%3A%2F%2Fas.example%2Fas&session_state=1",
      "error=access_denied&error_description=no+way&state=\(state.text)",
    ]
    changed(seeds) { text in
      if let form = try? FormParameters(decoding: text) {
        #expect((try? FormParameters(decoding: form.encoded())) == form)
      }
      let query = String(decoding: text, as: UTF8.self)
      let outcome = AuthorizationResponse.validate(
        query: query, state: state, issuer: .compared(issuer))
      if case .authorized(let response) = outcome { #expect(Grammar.isVSCHAR(response.code)) }
    }
  }

  @Test func `addresses`() {
    let seeds = [
      "https://as.example:8443/as/token?a=b%20c", "http://[::1]:3000/callback?x",
      "http://127.0.0.1/cb", "com.example.app://oidc_callback?x=1",
    ]
    changed(seeds) { text in
      let text = String(decoding: text, as: UTF8.self)
      if let endpoint = try? Endpoint(text) {
        #expect(endpoint.text.utf8.allSatisfy { (0x21...0x7E).contains($0) })
        #expect(endpoint.scheme == .https || endpoint.isLoopback)
        #expect(endpoint.requestTarget.hasPrefix("/"))
      }
      _ = (try? Issuer(text))?.wellKnownAddresses
      if let uri = try? RedirectURI(text).withPort(1234) {
        #expect((try? RedirectURI(uri.text)) == uri)
      }
    }
  }

  @Test func `tokens and keys`() throws {
    let keys = try JSONWebKeySet(validating: bytes(Vectors.keys))
    let nonce = try anyNonce()
    let expectation = IDTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID,
      occasion: .signIn(nonce: nonce), accessToken: Vectors.accessToken)
    changed(Vectors.tokens.map(\.token)) { text in
      let token = String(decoding: text, as: UTF8.self)
      let checked = try? IDToken(
        validating: token, against: expectation, keys: keys, cryptography: SystemCryptography(),
        now: now)
      #expect(checked == nil || Vectors.tokens.contains { $0.token == token })
      _ = PreviousIDToken(stored: token)
    }
    changed([Vectors.keys]) { _ = try? JSONWebKeySet(validating: $0) }
  }

  @Test func `texts and dates`() {
    changed(["\u{1B}[31mred\u{1B}]0;x\u{7} é 😀", "Sun, 06 Nov 1994 08:49:37 GMT"]) { text in
      let text = String(decoding: text, as: UTF8.self)
      let shown = PrintableText(text, redacting: ["06 Nov 1994"]).text
      #expect(!shown.unicodeScalars.contains { $0.properties.generalCategory == .control })
      #expect(PrintableText(shown).text == shown)
      _ = RetryAfter.parse(text, now: now)
    }
  }

  @Test func `challenges`() {
    let seeds = [
      #"Basic realm="simple", Newauth realm="apps", type=1, title="Login to \"apps\"""#,
      #"Bearer error="insufficient_user_authentication", acr_values="a b", max_age=5, scope="x""#,
      #"Negotiate abc==, DPoP algs="ES256", resource_metadata="https://a.example/b""#,
    ]
    changed(seeds) { text in
      let field = String(decoding: text, as: UTF8.self)
      if let challenges = try? AuthenticationChallenge.parse([field]) {
        let values = challenges.flatMap(\.parameters.values)
        #expect(!values.joined().unicodeScalars.contains { $0.value < 0x20 && $0 != "\t" })
      }
      if let challenge = try? ResourceChallenge(fields: [field]) {
        #expect(challenge.resourceMetadata.map { $0.scheme == .https || $0.isLoopback } ?? true)
      }
    }
  }

  @Test func `answers of the other endpoints`() throws {
    let device = try device()
    let pushed = PushedAuthorizationRequest(
      pushing: try anyAuthorizationRequest(), client: publicClient,
      endpoint: try Endpoint("https://as.example/par"))
    let registration = ClientRegistrationRequest(
      redirectURIs: [], clientName: "x", scope: nil,
      endpoint: try Endpoint("https://as.example/register"))
    let seeds = [
      #"{"device_code":"d","user_code":"A-B","verification_uri":"https://a.b/","expires_in":60,"interval":5}"#,
      #"{"request_uri":"urn:a","expires_in":60,"x":"é"}"#,
      #"{"client_id":"c","client_secret":"s","client_secret_expires_at":0,"redirect_uris":["a:b"]}"#,
      #"{"resource":"https://a.example/","authorization_servers":["https://as.example"]}"#,
    ]
    changed(seeds) { text in
      let answer = EndpointAnswer(status: 200, contentType: nil, body: text)
      if let response = try? DeviceAuthorizationResponse(
        validating: answer, to: device, now: now)
      {
        #expect(Grammar.isVSCHAR(response.userCode))
        #expect(DeviceAuthorizationResponse.intervals.contains(response.interval))
        #expect(DeviceAuthorizationResponse.lifetimes.contains(response.expiresIn))
      }
      if let response = try? PushedAuthorizationResponse(validating: answer, to: pushed, now: now) {
        #expect(Grammar.isVisible(response.requestURI))
      }
      _ = try? ClientRegistrationResponse(validating: answer, to: registration, now: now)
      if let resource = try? Endpoint("https://a.example/") {
        _ = try? ProtectedResourceMetadata(
          validating: text, of: ProtectedResource(resource), rule: .covering)
      }
    }
  }

  @Test func `signed answers`() throws {
    let server = try Issuing()
    let state = try anyState()
    let expectation = SignedTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID)
    let token = server.token([
      "iss": .string(Vectors.issuer), "aud": .string(Vectors.clientID), "sub": "user-1",
      "exp": .number(JSONNumber(now + 60)), "state": .string(state.text), "code": "c",
    ])
    changed(["response=\(token)"]) { text in
      let query = String(decoding: text, as: UTF8.self)
      let outcome = AuthorizationResponse.validate(
        signedQuery: query, state: state, expectation: expectation, keys: server.keys,
        cryptography: SystemCryptography(), now: now)
      guard case .authorized(let response) = outcome else { return }
      #expect(response.code == "c")
    }
  }

  @Test func `dates in every form`() {
    let seeds = [
      "Sun, 06 Nov 1994 08:49:37 GMT", "Sunday, 06-Nov-94 08:49:37 GMT",
      "Sun Nov  6 08:49:37 1994",
    ]
    changed(seeds) { text in
      let text = String(decoding: text, as: UTF8.self)
      _ = ClockSkew(date: text, now: now)?.description
      _ = DPoPNonce(text)
      _ = try? DPoPTarget(method: text, url: text)
    }
  }
}
