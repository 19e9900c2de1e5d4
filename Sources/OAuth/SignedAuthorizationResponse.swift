/// Authorization responses as one signed token: JWT Secured Authorization Response Mode (JARM §2.4).
extension AuthorizationResponse {
  /// Judges the query of a request at the redirection URI, for `jwt` and `query.jwt`.
  ///
  /// - Parameters:
  ///   - keys: the server's own; a fault that `isCuredByFreshKeys` is worth fetching them anew.
  ///   - now: seconds since 1970.
  package static func validate(
    signedQuery query: String, state: State, expectation: SignedTokenExpectation,
    keys: JSONWebKeySet, cryptography: any Cryptography, now: Int64
  ) -> AuthorizationOutcome {
    let parameters: FormParameters
    do { parameters = try FormParameters(decoding: query) } catch {
      return .notOurs(.unreadable(error))
    }
    return judge(signed: parameters, state, expectation, keys, cryptography, now)
  }

  /// Judges the body of a POST to the redirection URI, for `form_post.jwt`.
  package static func validate(
    signedForm body: [UInt8], contentType: String?, state: State,
    expectation: SignedTokenExpectation, keys: JSONWebKeySet, cryptography: any Cryptography,
    now: Int64
  ) -> AuthorizationOutcome {
    let parameters: FormParameters
    do { parameters = try form(body, contentType) } catch { return .notOurs(error) }
    return judge(signed: parameters, state, expectation, keys, cryptography, now)
  }

  /// The order is that of the plain modes: `state` first, even before the signature, so that a
  /// token of another sign-in changes nothing; then whose word it is; then what it says.
  private static func judge(
    signed parameters: FormParameters, _ state: State, _ expectation: SignedTokenExpectation,
    _ keys: JSONWebKeySet, _ cryptography: any Cryptography, _ now: Int64
  ) -> AuthorizationOutcome {
    guard !parameters.isRepeated("response") else { return .notOurs(.repeated("response")) }
    guard let text = parameters.value(of: "response") else {
      // A plain answer to this very sign-in is a protection taken away.
      return mismatch(of: parameters, with: state).map { .notOurs($0) } ?? .faulty(.notSigned)
    }
    let token: JWS
    do { token = try JWS(compact: text) } catch { return outcome(of: error, in: text, state) }
    let claims: SignedTokenClaims
    do { claims = SignedTokenClaims(try JSONValue.object(parsing: token.payload)) } catch {
      return .notOurs(.badClaims(error))
    }
    if let reason = mismatch(of: claims, with: state) { return .notOurs(reason) }
    do {
      try check(token, claims, expectation, keys, cryptography, now)
      let parameters = try inner(claims)
      return judge(parameters, state, .demanded(expectation.issuer))
    } catch { return .faulty(error) }
  }

  /// A token that cannot be checked at all, as one that is signed with "none", is refused where it
  /// has the right state all the same: the server would not send a better one.
  private static func outcome(
    of fault: JWSFault, in text: String, _ state: State
  ) -> AuthorizationOutcome {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count == 3, let payload = Base64URL.decode(String(parts[1])),
      let claims = try? SignedTokenClaims(parsing: payload),
      mismatch(of: claims, with: state) == nil
    else { return .notOurs(.badToken(fault)) }
    return .faulty(.signedToken(.token(fault)))
  }

  private static func mismatch(of claims: SignedTokenClaims, with state: State) -> NotOurs? {
    guard claims.has("state") else { return .stateMissing }
    guard let given = claims.members["state"]?.stringValue, state.matches(given) else {
      return .stateWrong
    }
    return nil
  }

  private static func check(
    _ token: JWS, _ claims: SignedTokenClaims, _ expectation: SignedTokenExpectation,
    _ keys: JSONWebKeySet, _ cryptography: any Cryptography, _ now: Int64
  ) throws(AuthorizationResponseFault) {
    do throws(SignatureFault) {
      try token.verify(by: keys, agreed: expectation.algorithms, cryptography)
    } catch { throw .signedToken(.signature(error)) }
    do throws(SignedTokenFault) {
      try claims.check(expectation.issuer)
      try claims.checkAudience(for: expectation.clientID)
      try claims.checkExpiration(now: now)
    } catch { throw .signedToken(error) }
  }

  /// What the token says, as a plain answer would.
  private static func inner(
    _ claims: SignedTokenClaims
  ) throws(AuthorizationResponseFault) -> FormParameters {
    var parameters = FormParameters()
    for name in ["state"] + knownNames where claims.has(name) {
      guard let value = claims.members[name]?.stringValue else { throw .malformed(name) }
      parameters.append(name, value)
    }
    return parameters
  }
}
