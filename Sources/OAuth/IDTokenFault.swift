/// Why an ID token is refused; each case is one step of OpenID Connect Core 1.0 §3.1.3.7 or §12.2.
package enum IDTokenFault: Error, Sendable, Equatable, CustomStringConvertible {
  case token(JWSFault)
  case algorithmNotAgreed(JWSAlgorithm)
  case unknownKeyID(PrintableText)
  case noKey(for: JWSAlgorithm)
  case badSignature(isKeyNamed: Bool)
  case claims(JSONFault)
  case missing(String)
  case malformed(String)
  case issuer
  case audience
  case untrustedAudience
  case authorizedParty
  case expired(secondsAgo: Int64)
  case notYetValid(secondsAhead: Int64)
  case issuedAhead(secondsAhead: Int64)
  case nonce
  case accessTokenHash
  case authenticationTooOld
  case otherSubject

  /// Whether the keys may have changed since they were fetched, so that fetching them once more
  /// may help (OpenID Connect Core 1.0 §10.1.1).
  package var isCuredByFreshKeys: Bool {
    switch self {
    case .unknownKeyID, .noKey, .badSignature(isKeyNamed: false): true
    default: false
    }
  }

  /// Whether two clocks too far apart would explain the fault; then `ClockSkew` may tell more.
  package var mayBeClockSkew: Bool {
    switch self {
    case .expired, .notYetValid, .issuedAhead, .authenticationTooOld: true
    default: false
    }
  }

  init(_ fault: SignatureFault) {
    self =
      switch fault {
      case .algorithmNotAgreed(let algorithm): .algorithmNotAgreed(algorithm)
      case .unknownKeyID(let name): .unknownKeyID(name)
      case .noKey(let algorithm): .noKey(for: algorithm)
      case .badSignature(let isKeyNamed): .badSignature(isKeyNamed: isKeyNamed)
      }
  }

  package var description: String {
    switch self {
    case .token(let fault): "the id token is refused: \(fault)"
    case .algorithmNotAgreed(let algorithm):
      "the id token is signed with \(algorithm.rawValue), which the server's metadata does not list"
    case .unknownKeyID(let name):
      "the id token is signed with key \"\(name)\", which is not among the server's keys"
    case .noKey(let algorithm):
      "the id token cannot be checked: the server has no usable key for \(algorithm.rawValue)"
    case .badSignature: "the id token's signature is wrong: no key of the server has made it"
    case .claims(let fault): "the id token's claims cannot be read: \(fault)"
    case .missing(let claim): "the id token does not say \(ClaimMeaning.of(claim))"
    case .malformed(let claim):
      "the id token does not say in a form that can be used \(ClaimMeaning.of(claim))"
    case .issuer: "the id token is from another issuer (iss)"
    case .audience: "the id token is for another client (aud)"
    case .untrustedAudience:
      "the id token is for others besides this client (aud) and names no authorized party (azp)"
    case .authorizedParty: "the id token was made for another authorized party (azp)"
    case .expired(let seconds):
      "the id token expired \(seconds) seconds ago (exp), or the two clocks differ"
    case .notYetValid(let seconds):
      "the id token becomes valid in \(seconds) seconds (nbf), or the two clocks differ"
    case .issuedAhead(let seconds):
      "the id token was made \(seconds) seconds in the future (iat): the clocks differ by more "
        + "than a minute"
    case .nonce: "the id token is the answer to another sign-in (nonce)"
    case .accessTokenHash: "the id token belongs to another access token (at_hash)"
    case .authenticationTooOld: "the sign-in is longer ago than was asked for (auth_time, max_age)"
    case .otherSubject: "the refreshed id token is for another user or issuer (sub, iss)"
    }
  }
}
