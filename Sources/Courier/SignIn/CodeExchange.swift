import OAuth
import Platform

/// The step from a code to tokens (RFC 6749 §4.1.3).
struct CodeExchange: Sendable {
  /// Seconds for everything after the browser's answer: the token request and, where the keys have
  /// changed, one more for them.
  static let limit: Int64 = 60

  let signIn: SignIn
  let talk: ServerTalk
  let keys: ServerKeys

  /// Redeems the code, once.
  func redeem(_ response: AuthorizationResponse) -> Result<Grant, CourierFailure> {
    do throws(CourierFailure) { return .success(try grant(for: response)) } catch {
      return .failure(error)
    }
  }

  private func grant(for response: AuthorizationResponse) throws(CourierFailure) -> Grant {
    let deadline = BootInstant.now.adding(seconds: Self.limit)
    let tokens = try talk.tokens(at: .exchange, deadline: deadline) { client in
      TokenRequest(
        exchanging: response, redirectURI: signIn.redirectURI, verifier: signIn.verifier,
        resources: signIn.resources, client: client, endpoint: signIn.tokenEndpoint)
    }
    let rule = IDTokenRule(
      issuer: signIn.metadata.issuer, clientID: signIn.identity.id,
      occasion: signIn.request.sentNonce.map { .signIn(nonce: $0) } ?? .signInWithoutNonce,
      isRequired: signIn.expectsIDToken,
      algorithms: signIn.metadata.list(.idTokenSigningAlgorithms),
      maximumAge: signIn.maximumAge)
    return try Grant(tokens, checkedBy: rule, keys, skew: talk.skew, deadline: deadline)
  }
}
