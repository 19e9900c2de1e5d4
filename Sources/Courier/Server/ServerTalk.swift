import HTTP1
import OAuth
import Platform
import Synchronization

/// The talk with a server's token endpoint and its neighbours, as one client.
///
/// The certificate is shown here and nowhere else: at the authorization server's own endpoints.
final class ServerTalk: Sendable {
  /// Whether a request carries a proof of possession, where there is a key to make one with.
  enum Proving {
    case unproven, proven
  }

  /// A request to the token endpoint as it was sent last, and what came back.
  struct TokenExchange {
    let request: TokenRequest
    let answer: EndpointAnswer
  }

  /// What the server's answers have told so far.
  private struct Notes {
    var nonce: DPoPNonce?
    var skew: ClockSkew?
  }

  let identity: ClientIdentity
  let proofKey: ProofKey?
  private let http: HTTPClient
  private let loginCommand: String
  private let notes: Mutex<Notes>

  /// - Parameters:
  ///   - proofKey: nil where tokens are not bound to a key.
  ///   - nonce: the last one this server gave, where it was kept.
  ///   - loginCommand: the command that signs in again.
  init(
    http: HTTPClient, identity: ClientIdentity, proofKey: ProofKey?, nonce: String?,
    loginCommand: String
  ) {
    self.http = http
    self.identity = identity
    self.proofKey = proofKey
    self.loginCommand = loginCommand
    notes = Mutex(Notes(nonce: DPoPNonce(nonce)))
  }

  /// The last nonce the server gave, to be kept for the next proof.
  var nonce: DPoPNonce? { notes.withLock { $0.nonce } }

  /// What the server's last answer says of the two clocks.
  var skew: ClockSkew? { notes.withLock { $0.skew } }

  /// Asks the token endpoint and judges the answer.
  func tokens(
    at occasion: CourierFailure.Occasion, deadline: BootInstant,
    _ make: (Client) throws(CourierFailure) -> TokenRequest
  ) throws(CourierFailure) -> TokenResponse {
    let exchange = try exchange(deadline: deadline, make)
    do {
      return try TokenResponse(
        validating: exchange.answer, to: exchange.request, now: wallClockSeconds())
    } catch { throw failure(of: error, to: exchange.request.post, at: occasion) }
  }

  /// Asks the token endpoint and leaves the judging of its answer to the caller.
  func exchange(
    deadline: BootInstant, _ make: (Client) throws(CourierFailure) -> TokenRequest
  ) throws(CourierFailure) -> TokenExchange {
    let (request, answer) = try send(
      .proven, deadline, make: make, post: \.post, prove: { $0.proven(by: $1) })
    return TokenExchange(request: request, answer: answer)
  }

  /// Asks one of the server's other endpoints.
  func answer(
    _ proving: Proving, deadline: BootInstant,
    _ make: (Client) throws(CourierFailure) -> FormPost
  ) throws(CourierFailure) -> EndpointAnswer {
    try send(proving, deadline, make: make, post: \.self, prove: { $0.proven(by: $1) }).1
  }

  /// Asks one of the server's other endpoints, without a proof; gives out the request too, for
  /// whoever judges the answer.
  func ask<Request>(
    deadline: BootInstant, _ post: (Request) -> FormPost,
    _ make: (Client) throws(CourierFailure) -> Request
  ) throws(CourierFailure) -> (Request, EndpointAnswer) {
    try send(.unproven, deadline, make: make, post: post, prove: { request, _ in request })
  }

  /// What an answer that was no success means, and what may help.
  func failure(
    of fault: EndpointFailure, to post: FormPost, at occasion: CourierFailure.Occasion
  ) -> CourierFailure {
    let failure = CourierFailure(
      fault, at: occasion, host: post.endpoint.host, login: loginCommand,
      advice: identity.advice(after: fault, skew: skew, isProven: post.proof != nil))
    return identity.forgottenHint(after: fault).map(failure.with(hint:)) ?? failure
  }

  /// Sends a request; once more where the server demands a nonce for its proof (RFC 9449 §8), with
  /// everything made anew that is good for one request.
  private func send<Request>(
    _ proving: Proving, _ deadline: BootInstant,
    make: (Client) throws(CourierFailure) -> Request, post: (Request) -> FormPost,
    prove: (Request, DPoPProof) -> Request
  ) throws(CourierFailure) -> (Request, EndpointAnswer) {
    var rule = DPoPNonceRule(nonce: nonce)
    while true {
      // Only the request says where it goes, and what the client shows there may depend on it.
      let endpoint = post(try make(identity.unproven)).endpoint
      try identity.check(sendingTo: endpoint)
      var request = try make(try identity.client(asking: endpoint))
      if proving == .proven, let proofKey {
        let target = DPoPTarget(post: endpoint)
        request = prove(request, try proofKey.proof(for: target, nonce: rule.nonce))
      }
      let answer = try send(post(request), deadline)
      let isRetryDue = rule.isRetryDue(after: answer)
      notes.withLock {
        $0.nonce = rule.nonce
        $0.skew = ClockSkew(date: answer.date, now: wallClockSeconds())
      }
      guard isRetryDue, post(request).proof != nil else { return (request, answer) }
    }
  }

  private func send(
    _ post: FormPost, _ deadline: BootInstant
  ) throws(CourierFailure) -> EndpointAnswer {
    do {
      return EndpointAnswer(
        try http.post(post, presenting: identity.certificate, deadline: deadline))
    } catch { throw error.failure }
  }
}
