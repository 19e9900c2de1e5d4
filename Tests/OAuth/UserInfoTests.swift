import Testing

@testable import OAuth

@Suite struct UserInfoTests {
  private let server: Issuing

  init() throws { server = try Issuing() }

  private func read(
    _ body: String, type: String? = "application/json", status: Int = 200,
    algorithms: [String]? = nil
  ) throws -> UserInfo {
    try UserInfo(
      validating: EndpointAnswer(status: status, contentType: type, body: bytes(body)),
      subject: "user-1", accessToken: "access-token-1",
      expectation: SignedTokenExpectation(
        issuer: Issuer(Vectors.issuer), clientID: Vectors.clientID, algorithms: algorithms),
      keys: server.keys, cryptography: SystemCryptography(), now: now)
  }

  private func readSigned(_ claims: [String: JSONValue]) throws -> UserInfo {
    try read(server.token(claims), type: "application/jwt")
  }

  @Test func `plain claims about the right person are taken`() throws {
    let info = try read(#"{"sub": "user-1", "name": "Jane", "email_verified": true}"#)
    #expect(info.subject == "user-1")
    #expect(info.claims["name"] == "Jane")
    #expect(!info.isSigned)
    #expect(!"\(info)".contains("Jane"))
  }

  @Test(arguments: ["user-2", "user-1 ", "User-1", "user\u{2010}1"])
  func `claims about another person are refused, signed or not`(subject: String) throws {
    #expect(throws: UserInfoFault.otherSubject) { try read(#"{"sub": "\#(subject)"}"#) }
    #expect(throws: UserInfoFault.otherSubject) { try readSigned(["sub": .string(subject)]) }
  }

  @Test func `claims about nobody are refused`() {
    for body in ["{}", #"{"sub": null}"#, #"{"sub": ""}"#, #"{"sub": 1}"#] {
      #expect(throws: UserInfoFault.subjectMissing) { try read(body) }
    }
    #expect(throws: UserInfoFault.subjectMissing) { try readSigned(["name": "Jane"]) }
  }

  @Test(arguments: ["application/jwt", "application/jwt; charset=utf-8", "Application/JWT"])
  func `signed claims are taken when everything they say is right`(type: String) throws {
    let info = try read(
      server.token([
        "sub": "user-1", "name": "Jane", "iss": .string(Vectors.issuer),
        "aud": [.string(Vectors.clientID)], "exp": .number(JSONNumber(now + 1)),
      ]), type: type)
    #expect(info.isSigned)
    #expect(info.claims["name"] == "Jane")
    #expect(try readSigned(["sub": "user-1"]).isSigned)
  }

  @Test func `signed claims of others, for others or from the past are refused`() throws {
    func fault(_ name: String, _ value: JSONValue) -> UserInfoFault? {
      do {
        _ = try readSigned(["sub": "user-1", name: value])
        return nil
      } catch { return error as? UserInfoFault }
    }
    #expect(fault("iss", "https://evil.example") == .token(.issuer))
    #expect(fault("aud", "other") == .token(.audience))
    #expect(
      fault("exp", .number(JSONNumber(now - 100))) == .token(.expired(secondsAgo: 100)))
    #expect(SignedTokenFault.expired(secondsAgo: 100).mayBeClockSkew)
    #expect(!SignedTokenFault.issuer.mayBeClockSkew)
  }

  @Test func `a signature that is wrong or none is refused`() throws {
    let forged = try Issuing().token(["sub": "user-1"])
    #expect(throws: UserInfoFault.token(.signature(.badSignature(isKeyNamed: true)))) {
      try read(forged, type: "application/jwt")
    }
    let none = JWS.compact(header: ["alg": "none"], payload: ["sub": "user-1"]) { _ in [] }
    #expect(throws: UserInfoFault.token(.token(.unknownAlgorithm(PrintableText("none"))))) {
      try read(none, type: "application/jwt")
    }
    #expect(throws: UserInfoFault.token(.token(.malformed))) {
      try read(#"{"sub": "user-1"}"#, type: "application/jwt")
    }
    #expect(throws: UserInfoFault.token(.signature(.algorithmNotAgreed(.es256)))) {
      try read(
        server.token(["sub": "user-1"]), type: "application/jwt", algorithms: ["RS256"])
    }
    #expect(throws: UserInfoFault.token(.claims(.notAnObject))) {
      let header = Base64URL.encode(bytes(#"{"alg":"ES256","kid":"k1"}"#))
      let input = "\(header).\(Base64URL.encode(bytes("[]")))"
      let signature = try server.key.sign(bytes(input), by: .es256)
      _ = try read("\(input).\(Base64URL.encode(signature))", type: "application/jwt")
    }
  }

  @Test func `an unknown key is worth a second look at the server's keys`() throws {
    let token = server.token(["sub": "user-1"], header: ["alg": "ES256", "kid": "k2"])
    #expect {
      try read(token, type: "application/jwt")
    } throws: { error in
      (error as? UserInfoFault)?.isCuredByFreshKeys == true
    }
    #expect(!UserInfoFault.otherSubject.isCuredByFreshKeys)
  }

  @Test func `a page, a redirect and a refusal are no claims`() {
    #expect(throws: UserInfoFault.notAnAnswer(contentType: PrintableText("text/html"))) {
      try read("<html></html>", type: "text/html")
    }
    #expect(throws: UserInfoFault.answer(.faulty(.redirect(status: 302)))) {
      try read("", status: 302)
    }
    #expect(throws: UserInfoFault.answer(.refusedWithoutReason(status: 401))) {
      try read("", status: 401)
    }
    #expect(throws: UserInfoFault.answer(.faulty(.json(.malformed)))) { try read("{") }
    #expect(throws: UserInfoFault.answer(.refusedWithoutReason(status: 403))) {
      try read(server.token(["sub": "user-1"]), type: "application/jwt", status: 403)
    }
  }
}
