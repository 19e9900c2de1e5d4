import OAuth
import Platform

/// An answer of the authorization endpoint as it came to the redirect URI.
enum DeliveredAnswer: Sendable {
  case query(String)
  case form([UInt8], contentType: String?)
}

/// An answer that is this sign-in's, and what it was judged to be.
struct JudgedAnswer: Sendable {
  /// Never `.notOurs`.
  let outcome: AuthorizationOutcome
  let delivered: DeliveredAnswer

  /// Whether the server's keys of this moment may make it a good one.
  var isCuredByFreshKeys: Bool {
    if case .faulty(let fault) = outcome { fault.isCuredByFreshKeys } else { false }
  }
}

/// How the answer of a sign-in is read: what the response mode asks for, and what that needs.
struct AnswerRule: Sendable {
  /// What makes an answer the server's own.
  enum Proof: Sendable {
    case plain(IssuerRule)
    /// The signature by one of these keys, and what is signed (JARM §2.4).
    case signed(SignedTokenExpectation, JSONWebKeySet)
  }

  let state: State
  /// Whether the browser brings the answer in a form, by POST, and not in an address.
  let isPosted: Bool
  let proof: Proof

  init(state: State, isPosted: Bool = false, proof: Proof) {
    self.state = state
    self.isPosted = isPosted
    self.proof = proof
  }

  func judge(_ delivered: DeliveredAnswer) -> AuthorizationOutcome {
    switch (delivered, proof) {
    case (.query(let query), .plain(let issuer)):
      AuthorizationResponse.validate(query: query, state: state, issuer: issuer)
    case (.form(let body, let type), .plain(let issuer)):
      AuthorizationResponse.validate(
        form: body, contentType: type, state: state, issuer: issuer)
    case (.query(let query), .signed(let expectation, let keys)):
      AuthorizationResponse.validate(
        signedQuery: query, state: state, expectation: expectation, keys: keys,
        cryptography: OpenSSLCryptography(), now: wallClockSeconds())
    case (.form(let body, let type), .signed(let expectation, let keys)):
      AuthorizationResponse.validate(
        signedForm: body, contentType: type, state: state, expectation: expectation, keys: keys,
        cryptography: OpenSSLCryptography(), now: wallClockSeconds())
    }
  }

  /// The same rule with other keys.
  func with(keys: JSONWebKeySet) -> AnswerRule {
    guard case .signed(let expectation, _) = proof else { return self }
    return AnswerRule(state: state, isPosted: isPosted, proof: .signed(expectation, keys))
  }
}
