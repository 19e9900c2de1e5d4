/// What helps after a refusal, by who has to act; it stands behind the sentence that says why.
package enum Remedy: Sendable, Hashable, CustomStringConvertible {
  /// The server breaks a rule, and no setting here could bend it.
  case administrator
  /// So does a protected resource.
  case resourceAdministrator
  /// Only the server knows why it said no.
  case asking
  /// What came may not be the server's at all.
  case suspicion
  /// It may have been a slip of the moment, or of somebody in between.
  case signInAgain
  /// The person, or whoever may give access, has said no.
  case access
  /// The clocks of the two are apart, or one of them is wrong.
  case clocks
  /// The same may work later; in so many seconds, where the server says it.
  case later(seconds: Int64?)
  /// Nothing but time: what was to be revoked is forgotten here in any case.
  case expiry
  /// The server cannot be reached.
  case network
  /// The server does not know the client or does not believe it.
  case client
  /// The client is not allowed this way to sign in.
  case permission
  case scope
  case resource
  /// What was asked for is not what the server understands.
  case settings
  case issuer
  /// The address the server sends the browser back to is not registered there, it seems.
  case redirect(uri: String, clientID: String)
  /// The session may not do what a token was asked for.
  case narrowing
  /// Another service answers at the port.
  case port
  /// Nothing stands at an address, or something else.
  case wrongAddress(EndpointName)
  /// An address that the metadata lacks.
  case address(EndpointName)
  /// The token is bound to a key, and nobody has asked for that.
  case proofs
  /// A token bound to a key was asked for, and the server does not give one.
  case withoutProofs
  /// A proof was not believed.
  case proof
  /// A proof was to have a nonce, and the server gives none that it takes.
  case proofNonce
  /// `openid` was asked for, and no ID token came.
  case withoutIDToken

  package var description: String {
    switch self {
    case .administrator: "the server's administrator has to mend that"
    case .resourceAdministrator: "whoever runs it has to mend that"
    case .asking: "the server's administrator can say why"
    case .suspicion:
      "it may be forged: sign in again, and tell the server's administrator if it comes again"
    case .signInAgain: "sign in again, and tell the server's administrator if that does not help"
    case .access: "sign in again and allow it, or ask the server's administrator for access"
    case .clocks: "set this machine's clock, or have the server's set"
    case .later(1?): "try again in a second"
    case .later(let seconds?) where seconds > 1: "try again in \(seconds) seconds"
    case .later: "try again later"
    case .expiry: "the tokens stay good there until they expire"
    case .network: "check the network and the address, or try again later"
    case .client:
      "check client_id and the client's secret, key or certificate with the server's "
        + "administrator"
    case .permission: "the server's administrator has to allow it to this client"
    case .scope: "change scope, or have the server's administrator allow it to this client"
    case .resource: "change resource, or have the server's administrator allow it to this client"
    case .settings: "check the account's settings with the server's administrator"
    case .issuer: "check the issuer with the server's administrator"
    case .redirect(let uri, let clientID):
      "\(Remedy.settings); it must have \(uri) registered for client \(clientID)"
    case .narrowing: "ask for what the sign-in was granted, or sign in again for more"
    case .port: "check the address and its port"
    case .wrongAddress(let name): "check \(name.rawValue) with the server's administrator"
    case .address(let name): "give \(name.rawValue), or have the server's administrator add it"
    case .proofs: "set dpop_bound_access_tokens = yes"
    case .withoutProofs:
      "have the server's administrator turn dpop on for this client, or do without "
        + "dpop_bound_access_tokens"
    case .proof: "check this machine's clock, or have the server's administrator say why"
    case .proofNonce:
      "it gives no nonce for proofs (dpop) that it takes itself, which its administrator has to mend"
    case .withoutIDToken:
      "have the server's administrator allow openid to this client, or take it out of scope"
    }
  }
}

extension OAuthError {
  /// What helps, by the code (RFC 6749 §4.1.2.1, §5.2 and what extends them).
  package var remedy: Remedy {
    if isTransient { return .later(seconds: retryAfter) }
    return switch code {
    case "access_denied": .access
    case "invalid_grant", "expired_token", "login_required", "interaction_required",
      "consent_required", "account_selection_required":
      .signInAgain
    case "invalid_client": .client
    case "unauthorized_client", "unsupported_grant_type", "unsupported_response_type": .permission
    case "invalid_scope", "insufficient_scope": .scope
    case "invalid_target": .resource
    case "invalid_request": .settings
    case "invalid_dpop_proof": .proof
    case "use_dpop_nonce": .proofNonce
    case "invalid_token": .signInAgain
    default: .asking
    }
  }
}

extension EndpointFailure {
  package var remedy: Remedy {
    switch self {
    case .refused(let error): error.remedy
    case .refusedWithoutReason(status: 401): .client
    case .refusedWithoutReason: .asking
    case .unavailable(_, let seconds): .later(seconds: seconds)
    case .faulty(let fault): fault.remedy
    }
  }
}

extension TokenResponseFault {
  package var remedy: Remedy {
    switch self {
    case .bearerInsteadOfDPoP: .withoutProofs
    case .proofNotUsed: .proofs
    case .missing("id_token"): .withoutIDToken
    default: .administrator
    }
  }
}

extension IDTokenFault {
  package var remedy: Remedy {
    switch self {
    case .expired, .notYetValid, .issuedAhead: .clocks
    case .authenticationTooOld: .signInAgain
    case .unknownKeyID, .badSignature, .issuer, .audience, .authorizedParty, .nonce,
      .accessTokenHash, .otherSubject:
      .suspicion
    case .token, .algorithmNotAgreed, .noKey, .claims, .missing, .malformed, .untrustedAudience:
      .administrator
    }
  }
}

extension SignedTokenFault {
  package var remedy: Remedy {
    switch self {
    case .expired: .clocks
    case .signature(.unknownKeyID), .signature(.badSignature), .issuer, .audience: .suspicion
    case .token, .signature, .claims, .missing, .malformed: .administrator
    }
  }
}

extension AuthorizationResponseFault {
  package var remedy: Remedy {
    switch self {
    case .issuerMissing, .notSigned: .administrator
    case .issuerWrong: .suspicion
    case .codeMissing, .codeMalformed, .codeWithError, .malformed: .signInAgain
    case .signedToken(let fault): fault.remedy
    }
  }
}

extension UserInfoFault {
  package var remedy: Remedy {
    switch self {
    // Here it is the access token that is not believed (RFC 6750 §3.1).
    case .answer(.refusedWithoutReason(status: 401)): .signInAgain
    case .answer(let failure): failure.remedy
    case .token(let fault): fault.remedy
    case .otherSubject: .suspicion
    case .notAnAnswer, .subjectMissing: .administrator
    }
  }
}

extension ServerMetadataFault {
  package var remedy: Remedy {
    switch self {
    case .issuerWrong: .issuer
    case .endpointMissing(let name): .address(name)
    case .json, .issuerMissing, .badEndpoint, .endpointWithoutTLS, .endpointOnThisMachine,
      .wrongType, .alias:
      .administrator
    }
  }
}
