/// The nonces of one server, and when its demand for one is a reason to ask again
/// (RFC 9449 §8, §8.2, §9).
package struct DPoPNonceRule: Sendable {
  /// The nonce for the next proof: always the latest one given.
  package private(set) var nonce: DPoPNonce?
  private var hasRetried = false

  /// - Parameter nonce: what the server gave last, where that is still known.
  package init(nonce: DPoPNonce? = nil) { self.nonce = nonce }

  /// Takes note of an answer; whether the same request is to be sent once more, with a new proof.
  ///
  /// Once only, and only for a nonce that was not in the proof already: a server could otherwise
  /// ask for ever. A request refused for its nonce was not looked at further, so that a code in it
  /// is not used twice.
  package mutating func isRetryDue(after answer: EndpointAnswer) -> Bool {
    let former = nonce
    nonce = DPoPNonce(answer.proofNonce) ?? former
    guard answer.asksForNonce, !hasRetried, nonce != former else { return false }
    hasRetried = true
    return true
  }
}

extension EndpointAnswer {
  /// Whether the answer is `use_dpop_nonce`, from an authorization server (§8) or a resource (§9).
  fileprivate var asksForNonce: Bool {
    let code = "use_dpop_nonce"
    guard (400...499).contains(status) else { return false }
    let members = try? JSONValue.object(parsing: body)
    if members?["error"]?.stringValue == code { return true }
    let challenges = (try? AuthenticationChallenge.parse(challenges)) ?? []
    return challenges.contains { $0.isOf("dpop") && $0["error"] == code }
  }
}
