/// Why an answer of the UserInfo endpoint is refused.
package enum UserInfoFault: Error, Sendable, Equatable, CustomStringConvertible {
  case answer(EndpointFailure)
  case notAnAnswer(contentType: PrintableText)
  case token(SignedTokenFault)
  case subjectMissing
  case otherSubject

  /// Whether fetching the server's keys once more may help (OpenID Connect Core 1.0 §10.1.1).
  package var isCuredByFreshKeys: Bool {
    if case .token(let fault) = self { fault.isCuredByFreshKeys } else { false }
  }

  package var description: String {
    switch self {
    case .answer(let failure): failure.description
    case .notAnAnswer(let type): "the userinfo is \(type) instead of json or a signed token"
    case .token(let fault): "the signed userinfo is refused: \(fault)"
    case .subjectMissing: "the userinfo does not say whom it is about (sub)"
    case .otherSubject: "the userinfo is about another user than the id token (sub)"
    }
  }
}

/// What the server tells about the person (OpenID Connect Core 1.0 §5.3).
package struct UserInfo: Sendable, Redacted {
  package let subject: String
  /// Every claim; texts among them are the server's own.
  package let claims: [String: JSONValue]
  /// Whether the server has signed it.
  package let isSigned: Bool

  /// Checks an answer, plain or signed.
  ///
  /// - Parameters:
  ///   - subject: the `sub` of the checked ID token: another one's data must not be taken for this
  ///     person's (§5.3.2).
  ///   - accessToken: what was sent, to be kept out of what the server says.
  ///   - now: seconds since 1970.
  package init(
    validating answer: EndpointAnswer, subject: String, accessToken: String,
    expectation: SignedTokenExpectation, keys: JSONWebKeySet, cryptography: any Cryptography,
    now: Int64
  ) throws(UserInfoFault) {
    if let failure = answer.failure(redacting: [accessToken], now: now) {
      throw .answer(failure)
    }
    isSigned = answer.mediaType == "application/jwt"
    if isSigned {
      do throws(SignedTokenFault) {
        claims = try Self.signed(answer.body, expectation, keys, cryptography, now)
      } catch { throw .token(error) }
    } else {
      do throws(EndpointFailure) {
        claims = try answer.members(redacting: [accessToken], now: now)
      } catch { throw Self.fault(error) }
    }
    guard let named = claims["sub"]?.stringValue, !named.isEmpty else { throw .subjectMissing }
    guard subject.isIdentical(to: named) else { throw .otherSubject }
    self.subject = subject
  }

  private static func fault(_ failure: EndpointFailure) -> UserInfoFault {
    guard case .faulty(.notJSON(let type)) = failure else { return .answer(failure) }
    return .notAnAnswer(contentType: type)
  }

  /// §5.3.2: signed ones should say whose word they are and for whom; what they say must be right.
  private static func signed(
    _ body: [UInt8], _ expectation: SignedTokenExpectation, _ keys: JSONWebKeySet,
    _ cryptography: any Cryptography, _ now: Int64
  ) throws(SignedTokenFault) -> [String: JSONValue] {
    let token: JWS
    do { token = try JWS(compact: String(decoding: body, as: UTF8.self)) } catch {
      throw .token(error)
    }
    do { try token.verify(by: keys, agreed: expectation.algorithms, cryptography) } catch {
      throw .signature(error)
    }
    let claims = try SignedTokenClaims(parsing: token.payload)
    if claims.has("iss") { try claims.check(expectation.issuer) }
    if claims.has("aud") { try claims.checkAudience(for: expectation.clientID) }
    if claims.has("exp") { try claims.checkExpiration(now: now) }
    return claims.members
  }
}
