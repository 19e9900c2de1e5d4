/// Why a signed token that is no ID token is refused.
package enum SignedTokenFault: Error, Sendable, Equatable, CustomStringConvertible {
  case token(JWSFault)
  case signature(SignatureFault)
  case claims(JSONFault)
  case missing(String)
  case malformed(String)
  case issuer
  case audience
  case expired(secondsAgo: Int64)

  package var isCuredByFreshKeys: Bool {
    if case .signature(let fault) = self { fault.isCuredByFreshKeys } else { false }
  }

  /// Whether two clocks too far apart would explain the fault; then `ClockSkew` may tell more.
  package var mayBeClockSkew: Bool { if case .expired = self { true } else { false } }

  package var description: String {
    switch self {
    case .token(let fault): fault.description
    case .signature(let fault): fault.description
    case .claims(let fault): "its claims cannot be read: \(fault)"
    case .missing(let claim): "it does not say \(ClaimMeaning.of(claim))"
    case .malformed(let claim):
      "it does not say in a form that can be used \(ClaimMeaning.of(claim))"
    case .issuer: "it is from another issuer (iss)"
    case .audience: "it is for another client (aud)"
    case .expired(let seconds): "it expired \(seconds) seconds ago (exp), or the two clocks differ"
    }
  }
}

/// Whose word a signed token must be, and for whom.
package struct SignedTokenExpectation: Sendable {
  package let issuer: Issuer
  package let clientID: String
  /// The algorithms the server lists for this kind of token; `nil` where it lists none.
  package let algorithms: [String]?

  package init(issuer: Issuer, clientID: String, algorithms: [String]? = nil) {
    self.issuer = issuer
    self.clientID = clientID
    self.algorithms = algorithms
  }
}

/// The claims of a signed token, and the checks the kinds of them share (RFC 7519 §4.1).
struct SignedTokenClaims {
  let members: [String: JSONValue]

  init(parsing payload: [UInt8]) throws(SignedTokenFault) {
    do { members = try JSONValue.object(parsing: payload) } catch { throw .claims(error) }
  }

  init(_ members: [String: JSONValue]) { self.members = members }

  func has(_ name: String) -> Bool { (members[name] ?? .null) != .null }

  func text(_ name: String) throws(SignedTokenFault) -> String {
    guard has(name) else { throw .missing(name) }
    guard let text = members[name]?.stringValue else { throw .malformed(name) }
    return text
  }

  func check(_ issuer: Issuer) throws(SignedTokenFault) {
    guard issuer.isIdentical(to: try text("iss")) else { throw .issuer }
  }

  func checkAudience(for clientID: String) throws(SignedTokenFault) {
    guard has("aud"), let value = members["aud"] else { throw .missing("aud") }
    guard let audience = value.stringsValue ?? value.stringValue.map({ [$0] }) else {
      throw .malformed("aud")
    }
    guard audience.contains(where: clientID.isIdentical) else { throw .audience }
  }

  func checkExpiration(now: Int64) throws(SignedTokenFault) {
    guard has("exp") else { throw .missing("exp") }
    guard let expiration = members["exp"]?.numberValue?.double,
      (0...IDTokenClaims.latestDate).contains(expiration)
    else { throw .malformed("exp") }
    let late = Double(now) - expiration
    guard late < IDTokenClaims.tolerance else {
      throw .expired(secondsAgo: Int64(exactly: late.rounded(.down)) ?? .max)
    }
  }
}
