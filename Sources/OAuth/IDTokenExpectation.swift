/// What an ID token must agree with.
package struct IDTokenExpectation: Sendable {
  /// On what occasion the token came.
  package enum Occasion: Sendable {
    /// At the end of a sign-in that sent this nonce.
    case signIn(nonce: Nonce)
    /// At the end of a sign-in that did not ask for `openid` and so sent no nonce.
    ///
    /// Weaker: that the token belongs to this sign-in is shown by PKCE and TLS alone.
    case signInWithoutNonce
    /// With a refreshed access token (OpenID Connect Core 1.0 §12.2).
    case refresh(PreviousIDToken)
    /// With a refreshed access token, when the first ID token is no longer at hand.
    ///
    /// Weaker: a token of another user of the same client would pass.
    case refreshOfUnknownSubject
  }

  package let issuer: Issuer
  package let clientID: String
  package let occasion: Occasion
  /// The access token that came along, for `at_hash`.
  package let accessToken: String
  /// The algorithms the server lists; `nil` where it lists none.
  package let algorithms: [String]?
  /// The `max_age` that was asked for, in seconds.
  package let maximumAge: Int64?

  package init(
    issuer: Issuer, clientID: String, occasion: Occasion, accessToken: String,
    algorithms: [String]? = nil, maximumAge: Int64? = nil
  ) {
    self.issuer = issuer
    self.clientID = clientID
    self.occasion = occasion
    self.accessToken = accessToken
    self.algorithms = algorithms
    self.maximumAge = maximumAge
  }
}

/// What is remembered of the ID token of the sign-in, to hold refreshed ones against.
package struct PreviousIDToken: Sendable, Redacted {
  let issuer: String
  package let subject: String
  let nonce: String?

  /// Takes apart a token that was checked when it came; `nil` when it is none.
  package init?(stored text: String) {
    guard let token = try? JWS(compact: text),
      let claims = try? JSONValue.object(parsing: token.payload),
      let issuer = claims["iss"]?.stringValue, let subject = claims["sub"]?.stringValue
    else { return nil }
    self.issuer = issuer
    self.subject = subject
    nonce = claims["nonce"]?.stringValue
  }
}
