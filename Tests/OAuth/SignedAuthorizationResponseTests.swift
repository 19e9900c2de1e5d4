import Testing

@testable import OAuth

/// A shape of `AuthorizationOutcome` that can be compared.
private enum Shape: Equatable {
  case notOurs(NotOurs)
  case refused(String)
  case faulty(AuthorizationResponseFault)
  case code(String)

  init(_ outcome: AuthorizationOutcome) {
    self =
      switch outcome {
      case .notOurs(let reason): .notOurs(reason)
      case .refused(let error): .refused(error.code)
      case .faulty(let fault): .faulty(fault)
      case .authorized(let response): .code(response.code)
      }
  }
}

@Suite struct FormPostResponseTests {
  private func judge(
    _ body: String, type: String? = "application/x-www-form-urlencoded"
  ) throws -> Shape {
    let body = body.split(separator: "STATE", omittingEmptySubsequences: false)
      .joined(separator: try anyState().text)
    return Shape(
      AuthorizationResponse.validate(
        form: bytes(body), contentType: type, state: try anyState(),
        issuer: .demanded(try Issuer(Vectors.issuer))))
  }

  private let issuer = "iss=https%3A%2F%2Fas.example%2Fas"

  @Test func `a posted answer is judged by the rules of the query`() throws {
    #expect(try judge("code=a%2Bb&state=STATE&\(issuer)") == .code("a+b"))
    #expect(try judge("error=access_denied&state=STATE&\(issuer)") == .refused("access_denied"))
    #expect(try judge("code=a&state=x&\(issuer)") == .notOurs(.stateWrong))
    #expect(try judge("code=a&\(issuer)") == .notOurs(.stateMissing))
    #expect(try judge("code=a&code=b&state=STATE&\(issuer)") == .notOurs(.repeated("code")))
    #expect(try judge("code=a&state=STATE&state=STATE") == .notOurs(.repeated("state")))
    #expect(try judge("code=a&state=STATE") == .faulty(.issuerMissing))
    #expect(try judge("code=%zz&state=STATE") == .notOurs(.unreadable(.badEncoding)))
  }

  @Test(arguments: [nil, "", "text/plain", "multipart/form-data", "application/json"])
  func `a body that is not declared a form is not ours`(type: String?) throws {
    #expect(try judge("code=a&state=STATE&\(issuer)", type: type) == .notOurs(.notAForm))
  }

  @Test func `the declaration may have parameters and any case`() throws {
    let type = "Application/X-WWW-Form-URLEncoded; charset=UTF-8"
    #expect(try judge("code=a&state=STATE&\(issuer)", type: type) == .code("a"))
  }
}

@Suite struct SignedAuthorizationResponseTests {
  private let server: Issuing
  private let state: State

  init() throws {
    server = try Issuing()
    state = try anyState()
  }

  private var complete: [String: JSONValue] {
    [
      "iss": .string(Vectors.issuer), "aud": .string(Vectors.clientID),
      "exp": .number(JSONNumber(now + 60)), "state": .string(state.text), "code": "the-code",
    ]
  }

  private func expectation(_ algorithms: [String]? = nil) throws -> SignedTokenExpectation {
    SignedTokenExpectation(
      issuer: try Issuer(Vectors.issuer), clientID: Vectors.clientID, algorithms: algorithms)
  }

  private func judge(
    query: String, algorithms: [String]? = nil, keys: JSONWebKeySet? = nil
  ) throws -> Shape {
    Shape(
      AuthorizationResponse.validate(
        signedQuery: query, state: state, expectation: try expectation(algorithms),
        keys: keys ?? server.keys, cryptography: SystemCryptography(), now: now))
  }

  /// Judges an answer complete but for these claims; `nil` for a claim takes it out.
  private func judge(_ changes: [String: JSONValue?]) throws -> Shape {
    var claims = complete
    for (name, value) in changes { claims[name] = value }
    return try judge(query: "response=\(server.token(claims))")
  }

  @Test func `a signed answer gives its code, in the query and in a form`() throws {
    #expect(try judge([:]) == .code("the-code"))
    let form = Shape(
      AuthorizationResponse.validate(
        signedForm: bytes("response=\(server.token(complete))"),
        contentType: "application/x-www-form-urlencoded", state: state,
        expectation: try expectation(), keys: server.keys, cryptography: SystemCryptography(),
        now: now))
    #expect(form == .code("the-code"))
    let undeclared = Shape(
      AuthorizationResponse.validate(
        signedForm: bytes("response=\(server.token(complete))"), contentType: "text/plain",
        state: state, expectation: try expectation(), keys: server.keys,
        cryptography: SystemCryptography(), now: now))
    #expect(undeclared == .notOurs(.notAForm))
  }

  @Test func `a signed refusal is the server's`() throws {
    #expect(try judge(["code": .some(nil), "error": "access_denied"]) == .refused("access_denied"))
    #expect(try judge(["error": "access_denied"]) == .faulty(.codeWithError))
    #expect(try judge(["code": .some(nil)]) == .faulty(.codeMissing))
    #expect(try judge(["code": "a\nb"]) == .faulty(.codeMalformed))
    #expect(try judge(["code": 1]) == .faulty(.malformed("code")))
  }

  @Test func `a token of another sign-in changes nothing, whoever signed it`() throws {
    #expect(try judge(["state": "other"]) == .notOurs(.stateWrong))
    #expect(try judge(["state": 1]) == .notOurs(.stateWrong))
    #expect(try judge(["state": .some(nil)]) == .notOurs(.stateMissing))
    #expect(try judge(["state": "other", "iss": "https://evil.example"]) == .notOurs(.stateWrong))
    let others = try Issuing().token(complete.merging(["state": "other"]) { $1 })
    #expect(try judge(query: "response=\(others)") == .notOurs(.stateWrong))
  }

  @Test func `the state outside the token counts for nothing`() throws {
    let token = server.token(complete.merging(["state": "other"]) { $1 })
    #expect(try judge(query: "response=\(token)&state=\(state.text)") == .notOurs(.stateWrong))
    let right = server.token(complete)
    #expect(
      try judge(query: "response=\(right)&state=other&code=evil&iss=x") == .code("the-code"))
  }

  @Test func `a signature by another key is refused`() throws {
    let forged = try Issuing().token(complete)
    #expect(
      try judge(query: "response=\(forged)")
        == .faulty(.signedToken(.signature(.badSignature(isKeyNamed: true)))))
    let token = server.token(complete)
    let cut = token.prefix { $0 != "." } + token.drop { $0 != "." }.dropLast(4) + "AAAA"
    #expect(
      try judge(query: "response=\(cut)")
        == .faulty(.signedToken(.signature(.badSignature(isKeyNamed: true)))))
  }

  @Test func `an unknown key is worth a second look at the server's keys`() throws {
    let token = server.token(complete, header: ["alg": "ES256", "kid": "k2"])
    let shape = try judge(query: "response=\(token)")
    let fault = AuthorizationResponseFault.signedToken(
      .signature(.unknownKeyID(PrintableText("k2"))))
    #expect(shape == .faulty(fault))
    #expect(fault.isCuredByFreshKeys)
    #expect(!AuthorizationResponseFault.signedToken(.issuer).isCuredByFreshKeys)
    #expect(!AuthorizationResponseFault.notSigned.isCuredByFreshKeys)
  }

  @Test(arguments: ["none", "HS256"])
  func `an algorithm anybody could use is refused`(algorithm: String) throws {
    let token = JWS.compact(header: ["alg": .string(algorithm)], payload: complete) { _ in [] }
    let fault = JWSFault.unknownAlgorithm(PrintableText(algorithm))
    #expect(try judge(query: "response=\(token)") == .faulty(.signedToken(.token(fault))))
    // Whoever does not know the state must not end the sign-in with it.
    let stray = JWS.compact(header: ["alg": .string(algorithm)], payload: ["state": "x"]) { _ in []
    }
    #expect(try judge(query: "response=\(stray)") == .notOurs(.badToken(fault)))
  }

  @Test func `an algorithm the server does not list is refused`() throws {
    let query = "response=\(server.token(complete))"
    #expect(
      try judge(query: query, algorithms: ["RS256"])
        == .faulty(.signedToken(.signature(.algorithmNotAgreed(.es256)))))
    #expect(try judge(query: query, algorithms: ["RS256", "ES256"]) == .code("the-code"))
  }

  @Test func `issuer, audience and expiry must be right`() throws {
    func fault(_ changes: [String: JSONValue?], is expected: SignedTokenFault) throws -> Bool {
      try judge(changes) == .faulty(.signedToken(expected))
    }
    #expect(try fault(["iss": "https://evil.example"], is: .issuer))
    #expect(try fault(["iss": "https://as.example/as/"], is: .issuer))
    #expect(try fault(["iss": .some(nil)], is: .missing("iss")))
    #expect(try fault(["iss": 1], is: .malformed("iss")))
    #expect(try fault(["aud": "other"], is: .audience))
    #expect(try fault(["aud": []], is: .audience))
    #expect(try fault(["aud": [1]], is: .malformed("aud")))
    #expect(try fault(["aud": .some(nil)], is: .missing("aud")))
    #expect(try fault(["exp": .some(nil)], is: .missing("exp")))
    #expect(try fault(["exp": "soon"], is: .malformed("exp")))
    #expect(try fault(["exp": -1], is: .malformed("exp")))
    #expect(try fault(["exp": .number(JSONNumber(.max))], is: .malformed("exp")))
    #expect(
      try fault(["exp": .number(JSONNumber(now - 60))], is: .expired(secondsAgo: 60)))
    #expect(try judge(["exp": .number(JSONNumber(now - 59))]) == .code("the-code"))
    #expect(try judge(["aud": ["other", .string(Vectors.clientID)]]) == .code("the-code"))
  }

  @Test func `a plain answer to this sign-in is a protection taken away`() throws {
    #expect(try judge(query: "code=a&state=\(state.text)") == .faulty(.notSigned))
    #expect(try judge(query: "error=access_denied&state=\(state.text)") == .faulty(.notSigned))
    #expect(try judge(query: "response=&state=\(state.text)") == .faulty(.notSigned))
    #expect(try judge(query: "error=access_denied&state=x") == .notOurs(.stateWrong))
    #expect(try judge(query: "code=a") == .notOurs(.stateMissing))
  }

  @Test func `what cannot be read is not ours`() throws {
    let token = server.token(complete)
    #expect(
      try judge(query: "response=\(token)&response=\(token)") == .notOurs(.repeated("response")))
    #expect(try judge(query: "response=abc") == .notOurs(.badToken(.malformed)))
    #expect(try judge(query: "response=a.b.c.d.e") == .notOurs(.badToken(.encrypted)))
    #expect(try judge(query: "response=%zz") == .notOurs(.unreadable(.badEncoding)))
    let header = Base64URL.encode(bytes(#"{"alg":"ES256"}"#))
    #expect(
      try judge(query: "response=\(header).\(Base64URL.encode(bytes("[]"))).AA")
        == .notOurs(.badClaims(.notAnObject)))
  }

  @Test func `the modes are told apart and nothing else is one`() throws {
    #expect(ResponseMode.allCases.filter(\.isSigned) == [.jwt, .queryJWT, .formPostJWT])
    #expect(ResponseMode.allCases.filter(\.usesPost) == [.formPost, .formPostJWT])
    #expect(try ResponseMode(configured: "query.jwt") == .queryJWT)
    for text in ["fragment", "fragment.jwt", "web_message", "", "QUERY"] {
      #expect(throws: AuthorizationRequestFault.responseMode(text)) {
        try ResponseMode(configured: text)
      }
    }
  }
}
