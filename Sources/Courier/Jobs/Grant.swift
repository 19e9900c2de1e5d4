import HTTP1
import OAuth
import Platform

/// What a sign-in or a refresh has brought.
struct Grant: Sendable {
  let tokens: TokenResponse
  /// The ID token, checked whole.
  let idToken: IDToken?
  let warnings: [String]

  /// How the person is called by the ID token.
  var username: String? {
    let name = idToken?.claims["preferred_username"] ?? idToken?.claims["email"]
    return name?.stringValue.map { shown($0) }
  }
}

/// What the ID token beside an access token must be.
struct IDTokenRule {
  let issuer: Issuer?
  let clientID: String
  let occasion: IDTokenExpectation.Occasion
  /// Whether one must be there: `openid` was asked for.
  let isRequired: Bool
  /// The algorithms the server lists; nil where it lists none.
  let algorithms: [String]?
  /// The `max_age` that was asked for, in seconds.
  var maximumAge: Int64?
}

extension Grant {
  /// Checks the ID token of an answer, where there is one.
  ///
  /// - Parameter skew: what the answer says of the two clocks.
  init(
    _ tokens: TokenResponse, checkedBy rule: IDTokenRule, _ keys: ServerKeys, skew: ClockSkew?,
    deadline: BootInstant
  ) throws(CourierFailure) {
    guard let issuer = rule.issuer else {
      // Without an issuer there is nobody whose word the token could be held against.
      let warnings =
        tokens.idToken == nil
        ? [] : ["the id token was dropped: without an issuer it cannot be checked"]
      self.init(tokens: tokens, idToken: nil, warnings: warnings)
      return
    }
    if rule.isRequired {
      do { _ = try tokens.requireIDToken() } catch {
        throw CourierFailure(
          .failed, "\(shown(issuer.endpoint.host)): \(error)", remedy: error.remedy)
      }
    }
    let expectation = IDTokenExpectation(
      issuer: issuer, clientID: rule.clientID, occasion: rule.occasion,
      accessToken: tokens.accessToken, algorithms: rule.algorithms, maximumAge: rule.maximumAge)
    let idToken = try tokens.idToken.map { (text) throws(CourierFailure) in
      try keys.check(text, against: expectation, skew: skew, deadline: deadline)
    }
    self.init(tokens: tokens, idToken: idToken, warnings: [])
  }
}

extension EndpointAnswer {
  /// What of a response its meaning depends on.
  init(_ response: Response) {
    let nonces = response.fields.values(for: "DPoP-Nonce")
    self.init(
      status: response.status, contentType: response.fields["Content-Type"],
      retryAfter: response.fields["Retry-After"], body: response.body,
      // Of two nonces nobody can say which is meant.
      proofNonce: nonces.count == 1 ? nonces.first : nil, date: response.fields["Date"],
      challenges: response.fields.values(for: "WWW-Authenticate"))
  }
}

extension ServerKeys {
  /// Checks an ID token whole; the keys are fetched once more where that may help
  /// (OpenID Connect Core 1.0 §10.1.1).
  ///
  /// - Parameter skew: what the answer it came with says of the two clocks.
  func check(
    _ text: String, against expectation: IDTokenExpectation, skew: ClockSkew? = nil,
    deadline: BootInstant
  ) throws(CourierFailure) -> IDToken {
    let now = wallClockSeconds()
    func token(by keys: JSONWebKeySet) throws(IDTokenFault) -> IDToken {
      try IDToken(
        validating: text, against: expectation, keys: keys, cryptography: OpenSSLCryptography(),
        now: now)
    }
    let keys = try known(deadline: deadline)
    do { return try token(by: keys) } catch {
      guard error.isCuredByFreshKeys else { throw CourierFailure(error, skew: skew) }
    }
    let freshKeys = try fresh(deadline: deadline)
    do { return try token(by: freshKeys) } catch { throw CourierFailure(error, skew: skew) }
  }
}

extension CourierFailure {
  /// Why an ID token is refused; where clocks may be the reason, how far they are apart.
  init(_ fault: IDTokenFault, skew: ClockSkew?) {
    self.init(
      fault.description, fault.remedy, mayBeClockSkew: fault.mayBeClockSkew, skew: skew)
  }

  /// Why another signed statement of the server's is refused.
  ///
  /// - Parameter subject: what it is, in front of a fault that begins with "it".
  init(_ fault: SignedTokenFault, of subject: String, skew: ClockSkew?) {
    self.init(
      "\(subject) is refused: \(fault)", fault.remedy, mayBeClockSkew: fault.mayBeClockSkew,
      skew: skew)
  }

  private init(_ sentence: String, _ remedy: Remedy, mayBeClockSkew: Bool, skew: ClockSkew?) {
    guard mayBeClockSkew, let skew else {
      self.init(.failed, sentence, remedy: remedy)
      return
    }
    guard skew.isExcessive else {
      // The clocks agree: it is the statement whose times are wrong.
      self.init(.failed, sentence, remedy: .administrator)
      return
    }
    self.init(.failed, "\(sentence); \(skew)", remedy: .clocks)
  }
}
