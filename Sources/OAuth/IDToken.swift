/// An ID token that has passed every check (OpenID Connect Core 1.0 §2, §3.1.3.7, §12.2).
package struct IDToken: Sendable, Redacted {
  /// The token as it was sent.
  package let text: String
  package let issuer: String
  package let subject: String
  /// Seconds since 1970, cut to whole ones.
  package let expiration: Int64
  package let issuedAt: Int64
  /// Every claim, the ones not checked included; texts among them are the server's own.
  package let claims: [String: JSONValue]

  /// Checks a token; nothing in it is believed before its signature.
  ///
  /// - Parameter now: seconds since 1970.
  package init(
    validating text: String, against expectation: IDTokenExpectation, keys: JSONWebKeySet,
    cryptography: any Cryptography, now: Int64
  ) throws(IDTokenFault) {
    let token: JWS
    do { token = try JWS(compact: text) } catch { throw .token(error) }
    // Steps 6 to 8.
    do {
      try token.verify(by: keys, agreed: expectation.algorithms, cryptography)
    } catch { throw IDTokenFault(error) }
    let claims = try IDTokenClaims(parsing: token.payload)

    issuer = try claims.text("iss")
    guard expectation.issuer.isIdentical(to: issuer) else { throw .issuer }
    try claims.checkAudience(for: expectation.clientID)
    expiration = try claims.checkExpiration(now: now)
    issuedAt = try claims.checkIssuedAt(now: now)
    try claims.checkNotBefore(now: now)
    try claims.checkAuthenticationTime(maximumAge: expectation.maximumAge, now: now)
    subject = try claims.subject()
    try Self.check(claims, subject, on: expectation.occasion)
    try claims.checkAccessTokenHash(
      of: expectation.accessToken, by: token.header.algorithm, cryptography)
    self.text = text
    self.claims = claims.members
  }

  private static func check(
    _ claims: IDTokenClaims, _ subject: String, on occasion: IDTokenExpectation.Occasion
  ) throws(IDTokenFault) {
    switch occasion {
    case .signIn(let nonce):
      guard nonce.matches(try claims.text("nonce")) else { throw .nonce }
    case .refresh(let previous):
      guard try claims.text("iss").isIdentical(to: previous.issuer),
        subject.isIdentical(to: previous.subject)
      else { throw .otherSubject }
      // Not needed, but the first one's where it is there (§12.2).
      if claims.members["nonce"] != nil, let nonce = previous.nonce {
        guard ConstantTime.equal(nonce, try claims.text("nonce")) else { throw .nonce }
      }
    case .signInWithoutNonce, .refreshOfUnknownSubject: return
    }
  }
}
