import Testing

@testable import OAuth

@Suite struct RemedyTests {
  private let all: [Remedy] = [
    .administrator, .resourceAdministrator, .asking, .suspicion, .signInAgain, .access, .clocks,
    .later(seconds: nil), .later(seconds: 1), .later(seconds: 2), .expiry, .network, .client,
    .permission, .port, .scope, .resource, .settings, .issuer, .address(.jwks), .address(.token),
    .proofs,
    .withoutProofs, .proof, .proofNonce, .withoutIDToken,
  ]

  @Test func `each is one part of a sentence, and another one`() {
    let words = all.map(\.description)
    #expect(Set(words).count == all.count)
    for text in words {
      #expect(!text.contains(";") && !text.contains("\n") && !text.hasSuffix("."))
      #expect(text.first?.isLowercase == true)
    }
  }

  @Test func `a wait is told where there is one`() {
    #expect(Remedy.later(seconds: nil).description == "try again later")
    #expect(Remedy.later(seconds: 0).description == "try again later")
    #expect(Remedy.later(seconds: -5).description == "try again later")
    #expect(Remedy.later(seconds: 1).description == "try again in a second")
    #expect(Remedy.later(seconds: 300).description == "try again in 300 seconds")
  }

  @Test(arguments: [
    ("access_denied", Remedy.access), ("invalid_grant", .signInAgain),
    ("login_required", .signInAgain), ("expired_token", .signInAgain),
    ("invalid_token", .signInAgain), ("invalid_client", .client),
    ("unauthorized_client", .permission), ("unsupported_grant_type", .permission),
    ("invalid_scope", .scope), ("insufficient_scope", .scope), ("invalid_target", .resource),
    ("invalid_request", .settings), ("invalid_dpop_proof", .proof), ("use_dpop_nonce", .proofNonce),
    ("server_error", .later(seconds: nil)), ("teapot", .asking), ("", .asking),
  ])
  func `an error of the server's tells who must act`(code: String, remedy: Remedy) {
    #expect(OAuthError(code: code).remedy == remedy)
  }

  @Test func `trouble of the server's comes before what it says`() {
    let error = OAuthError(code: "invalid_grant", status: 503, retryAfter: 7)
    #expect(EndpointFailure.refused(error).remedy == .later(seconds: 7))
    #expect(EndpointFailure.unavailable(status: 429, retryAfter: 9).remedy == .later(seconds: 9))
  }

  @Test func `a refusal without a word is the client's business at 401 alone`() {
    #expect(EndpointFailure.refusedWithoutReason(status: 401).remedy == .client)
    #expect(EndpointFailure.refusedWithoutReason(status: 403).remedy == .asking)
    // At userinfo it is the access token that is not believed.
    #expect(UserInfoFault.answer(.refusedWithoutReason(status: 401)).remedy == .signInAgain)
    #expect(UserInfoFault.answer(.refusedWithoutReason(status: 403)).remedy == .asking)
  }

  @Test func `what may be forged is told from what is only wrong`() {
    let forged: [IDTokenFault] = [
      .unknownKeyID(PrintableText("k")), .badSignature(isKeyNamed: true), .issuer, .audience,
      .authorizedParty, .nonce, .accessTokenHash, .otherSubject,
    ]
    #expect(forged.allSatisfy { $0.remedy == .suspicion })
    let wrong: [IDTokenFault] = [
      .token(.encrypted), .algorithmNotAgreed(.rs256), .noKey(for: .es256), .claims(.malformed),
      .missing("sub"), .malformed("exp"), .untrustedAudience,
    ]
    #expect(wrong.allSatisfy { $0.remedy == .administrator })
    #expect(AuthorizationResponseFault.issuerWrong.remedy == .suspicion)
    #expect(AuthorizationResponseFault.issuerMissing.remedy == .administrator)
    #expect(AuthorizationResponseFault.signedToken(.audience).remedy == .suspicion)
    #expect(SignedTokenFault.signature(.badSignature(isKeyNamed: true)).remedy == .suspicion)
    #expect(SignedTokenFault.missing("exp").remedy == .administrator)
    #expect(UserInfoFault.otherSubject.remedy == .suspicion)
  }

  @Test func `clocks are blamed for times alone`() {
    let times: [IDTokenFault] = [
      .expired(secondsAgo: 61), .notYetValid(secondsAhead: 61), .issuedAhead(secondsAhead: 61),
    ]
    #expect(times.allSatisfy { $0.remedy == .clocks && $0.mayBeClockSkew })
    #expect(SignedTokenFault.expired(secondsAgo: 61).remedy == .clocks)
    // The person can sign in anew; no clock makes an old sign-in a fresh one.
    #expect(IDTokenFault.authenticationTooOld.remedy == .signInAgain)
  }

  @Test func `a setting is named where it helps`() {
    #expect(TokenResponseFault.proofNotUsed.remedy == .proofs)
    #expect(TokenResponseFault.bearerInsteadOfDPoP.remedy == .withoutProofs)
    #expect(TokenResponseFault.missing("id_token").remedy == .withoutIDToken)
    #expect(TokenResponseFault.missing("access_token").remedy == .administrator)
    #expect(ServerMetadataFault.endpointMissing(.jwks).remedy == .address(.jwks))
    #expect(ServerMetadataFault.issuerWrong(PrintableText("x")).remedy == .issuer)
  }
}

@Suite struct ClaimMeaningTests {
  @Test func `a claim is told in words, with its name behind them`() {
    #expect(ClaimMeaning.of("aud") == "which client it is for (aud)")
    #expect(ClaimMeaning.of("whatever") == "its whatever")
    #expect(IDTokenFault.missing("nonce").description.hasSuffix("which sign-in it answers (nonce)"))
    #expect(SignedTokenFault.malformed("exp").description.hasSuffix("when it expires (exp)"))
  }

  @Test func `a header that cannot be used is told by what it leaves open`() {
    #expect(JWSFault.headerMember("alg").description.hasSuffix("how it is signed (alg)"))
    #expect(
      JWSFault.headerMember("kid").description.hasSuffix("which key it is signed with (kid)"))
  }
}
