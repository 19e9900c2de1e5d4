import OAuth
import Platform

/// One sign-in by a browser: everything that is decided before a person is asked.
struct SignIn: Sendable {
  let metadata: ServerMetadata
  let identity: ClientIdentity
  let tokenEndpoint: Endpoint
  let redirectURI: RedirectURI
  let scope: Scope?
  let resources: [ResourceIndicator]
  /// How old the sign-in at the server may be, in seconds.
  let maximumAge: Int64?
  let responseMode: ResponseMode
  let pushing: PushedRequestPolicy
  let state: State
  let verifier: CodeVerifier
  let request: AuthorizationRequest

  /// Decides it all.
  ///
  /// - Parameter redirectURI: with its port, already listened on: from here on the address may be
  ///   shown to others.
  init(
    job: Job, target: SignInTarget, identity: ClientIdentity, proofKey: ProofKey?,
    redirectURI: RedirectURI
  ) throws(CourierFailure) {
    let metadata = identity.metadata
    let authorizationEndpoint = try metadata.need(.authorization)
    tokenEndpoint = try metadata.need(.token)
    let access = try RequestedAccess(job: job, target: target, metadata: metadata)
    do { try metadata.checkChallengeMethods() } catch {
      throw CourierFailure(.failed, error.description, remedy: .administrator)
    }
    do {
      pushing = try PushedRequestPolicy.decide(
        accountRequires: job.flag("require_pushed_authorization_requests"), metadata: metadata)
    } catch {
      throw CourierFailure(
        .failed, error.description, remedy: .address(.pushedAuthorizationRequest))
    }
    self.metadata = metadata
    self.redirectURI = redirectURI
    self.identity = identity
    scope = access.scope
    resources = access.resources
    maximumAge = access.maximumAge
    responseMode = access.responseMode ?? .query
    try Self.check(responseMode, redirectURI, metadata)
    state = State(try .fresh())
    verifier = CodeVerifier(try .fresh())
    let nonce = Nonce(try .fresh())
    guard let challenge = OpenSSLCryptography().challenge(of: verifier) else {
      throw CourierFailure(.failed, "the code challenge cannot be computed")
    }
    do {
      request = try AuthorizationRequest(
        endpoint: authorizationEndpoint, clientID: identity.id, redirectURI: redirectURI,
        scope: scope, state: state, nonce: nonce, challenge: challenge,
        responseMode: access.responseMode, resources: resources, proofKey: proofKey?.thumbprint,
        additional: access.additional)
    } catch { throw CourierFailure(.failed, error.description) }
  }

  /// Whether an ID token is to come that can be checked.
  var expectsIDToken: Bool { scope?.asksForIDToken == true && metadata.issuer != nil }

  /// Whether the server's keys are needed for what it answers.
  var needsKeys: Bool { expectsIDToken || responseMode.isSigned }

  /// What a response mode needs: somebody who hears a POST, somebody whose signature is known.
  private static func check(
    _ mode: ResponseMode, _ redirectURI: RedirectURI, _ metadata: ServerMetadata
  ) throws(CourierFailure) {
    if mode.usesPost, redirectURI.kind == .elsewhere {
      throw CourierFailure(
        .failed,
        "response_mode \(mode.rawValue) needs a redirect_uri on this machine, and "
          + "\(shown(redirectURI.text)) is none; use response_mode = query")
    }
    guard mode.isSigned else { return }
    guard metadata.issuer != nil else {
      throw CourierFailure(
        .failed,
        "response_mode \(mode.rawValue) needs an issuer, whose signature can be checked")
    }
    _ = try metadata.need(.jwks)
  }

  /// How the answer is to be read.
  ///
  /// - Parameter keys: the server's own; only called for a mode that is signed.
  func answerRule(
    keys: () throws(CourierFailure) -> JSONWebKeySet
  ) throws(CourierFailure) -> AnswerRule {
    guard responseMode.isSigned, let issuer = metadata.issuer else {
      return AnswerRule(
        state: state, isPosted: responseMode.usesPost, proof: .plain(metadata.issuerRule))
    }
    let expectation = SignedTokenExpectation(
      issuer: issuer, clientID: identity.id,
      algorithms: metadata.list(.authorizationResponseAlgorithms))
    return AnswerRule(
      state: state, isPosted: responseMode.usesPost, proof: .signed(expectation, try keys()))
  }
}
