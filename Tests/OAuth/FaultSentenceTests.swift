import Testing

@testable import OAuth

@Suite struct FaultSentenceTests {
  private func check(_ faults: [any CustomStringConvertible]) {
    let sentences = faults.map(\.description)
    #expect(Set(sentences).count == faults.count)
    for sentence in sentences {
      #expect(!sentence.isEmpty && !sentence.contains("\n") && !sentence.hasSuffix("."))
      #expect(sentence.first?.isLowercase == true)
    }
  }

  @Test func `every fault of an answer is one plain sentence of its own`() {
    let text = PrintableText("x")
    let faults: [TokenResponseFault] = [
      .redirect(status: 302), .unexpectedStatus(204), .notJSON(contentType: PrintableText("")),
      .notJSON(contentType: text), .json(.malformed), .missing("x"), .wrongType("x"),
      .tooLong("x"), .badCharacters("x"), .unknownTokenType(text), .bearerInsteadOfDPoP,
      .proofNotUsed, .badLifetime, .badSeconds("x"), .badAddress("x", .notAbsolute),
      .unknownIssuedType(text), .notAgreed("x"),
    ]
    check(faults)
  }

  @Test func `every fault at the redirect is one plain sentence of its own`() {
    let faults: [AuthorizationResponseFault] = [
      .issuerMissing, .issuerWrong, .codeMissing, .codeMalformed, .codeWithError,
      .malformed("code"), .notSigned, .signedToken(.issuer), .signedToken(.audience),
      .signedToken(.missing("exp")), .signedToken(.malformed("exp")),
      .signedToken(.expired(secondsAgo: 61)), .signedToken(.claims(.malformed)),
      .signedToken(.token(.malformed)), .signedToken(.signature(.badSignature(isKeyNamed: true))),
      .signedToken(.signature(.unknownKeyID(PrintableText("k")))),
    ]
    check(faults)
    let others: [NotOurs] = [
      .unreadable(.tooLong), .notAForm, .badToken(.malformed), .badClaims(.malformed),
      .stateMissing, .stateWrong, .repeated("code"),
    ]
    check(others)
  }

  @Test func `every fault of a client is one plain sentence of its own`() {
    check([
      ClientAuthenticationFault.unknownMethod(PrintableText("x")), .secretMissing(method: "x"),
      .secretTooShort, .keyMissing(method: "x"), .certificateMissing(method: "x"),
    ])
    check([
      SigningAlgorithmFault.unknown(PrintableText("x")),
      .noneInCommon(listed: PrintableText("x")),
    ])
    check([ClientIDURLFault.address(.fragment), .notHTTPS, .noPath, .dotSegment])
    check([ClientSource.Fault.none, .clientID(.noPath), .documentsNotTaken])
    check([DPoPTarget.Fault.badMethod, .badAddress(.notAbsolute)])
    check([PushedRequestFault.endpointMissing(.account), .endpointMissing(.metadata)])
    check([
      DevicePollingEnd.expired, .denied(OAuthError(code: "access_denied")),
      .failed(.unavailable(status: 503, retryAfter: nil)),
    ])
  }

  @Test func `every fault of a resource or of userinfo is one plain sentence of its own`() {
    check(
      [
        ResourceChallengeFault.field(.tooLong), .field(.tooMany), .field(.malformed),
        .field(.repeated(PrintableText("x"))), .noOAuth, .badMetadataAddress(.fragment),
        .badScope(.badCharacter), .badContextClasses, .badMaximumAge,
      ] as [ResourceChallengeFault])
    check([
      ProtectedResourceMetadataFault.json(.malformed), .resourceMissing,
      .resourceWrong(PrintableText("x")), .wrongType("x"), .noAuthorizationServer,
      .tooManyAuthorizationServers, .badAuthorizationServer(.query), .noHeaderTokens,
    ])
    check([
      UserInfoFault.answer(.refusedWithoutReason(status: 401)),
      .notAnAnswer(contentType: PrintableText("text/html")), .token(.issuer), .subjectMissing,
      .otherSubject,
    ])
  }
}
