import OAuth
import Platform

/// The device authorization grant of one sign-in, as requests and judged answers (RFC 8628 §3).
struct DeviceGrant {
  /// What a poll has brought.
  enum Poll {
    case tokens(TokenResponse)
    case refused(EndpointFailure, to: FormPost)
    /// No answer at all, in a way that may pass.
    case lost(CourierFailure)
  }

  /// The code has died, by the server's word or its own lifetime.
  static let expired = CourierFailure(
    .accessDenied, "the code was not used in time and has expired; begin the sign-in anew")

  let access: RequestedAccess
  let tokenEndpoint: Endpoint
  private let metadata: ServerMetadata
  private let endpoint: Endpoint
  private let verifier: CodeVerifier
  private let challenge: CodeChallenge
  private let maximumAge: Int64?
  private let talk: ServerTalk

  init(job: Job, ready: SignInPreparation) throws(CourierFailure) {
    metadata = ready.identity.metadata
    guard let endpoint = metadata.endpoint(.deviceAuthorization) else {
      throw CourierFailure(
        .failed,
        "the server names no device_authorization_endpoint, so that nobody can sign in on another "
          + "device", hint: "\(job.loginCommand) --no-browser")
    }
    self.endpoint = endpoint
    tokenEndpoint = try metadata.need(.token)
    access = try RequestedAccess(job: job, target: ready.target, metadata: metadata)
    verifier = CodeVerifier(try .fresh())
    guard let challenge = OpenSSLCryptography().challenge(of: verifier) else {
      throw CourierFailure(.failed, "the code challenge cannot be computed")
    }
    self.challenge = challenge
    maximumAge = access.maximumAge
    talk = ready.talk
  }

  /// Whether an ID token is to come that can be checked.
  var expectsIDToken: Bool { access.scope?.asksForIDToken == true && metadata.issuer != nil }

  /// Asks for the codes.
  func begin(deadline: BootInstant) throws(CourierFailure) -> DeviceAuthorizationResponse {
    var sent: DeviceAuthorizationRequest?
    let answer = try talk.answer(.unproven, deadline: deadline) {
      (client) throws(CourierFailure) in
      do throws(AuthorizationRequestFault) {
        let request = try DeviceAuthorizationRequest(
          scope: access.scope, resources: access.resources, challenge: challenge,
          additional: access.additional, client: client, endpoint: endpoint)
        sent = request
        return request.post
      } catch { throw CourierFailure(.failed, error.description) }
    }
    guard let sent else { throw CourierFailure(.failed, "the codes were not asked for") }
    do throws(EndpointFailure) {
      return try DeviceAuthorizationResponse(
        validating: answer, to: sent, now: wallClockSeconds())
    } catch { throw talk.failure(of: error, to: sent.post, at: .deviceAuthorization) }
  }

  /// Asks once whether the person has answered.
  func poll(
    _ response: DeviceAuthorizationResponse, deadline: BootInstant
  ) throws(CourierFailure) -> Poll {
    let exchange: ServerTalk.TokenExchange
    do throws(CourierFailure) {
      exchange = try talk.exchange(deadline: deadline) { client in
        TokenRequest(
          polling: response, verifier: verifier, resources: access.resources, client: client,
          endpoint: tokenEndpoint)
      }
    } catch {
      // A certificate that is not trusted does not become so by waiting.
      guard error.failure.code == .temporarilyUnavailable else { throw error }
      return .lost(error)
    }
    do {
      return .tokens(
        try TokenResponse(
          validating: exchange.answer, to: exchange.request, now: wallClockSeconds()))
    } catch { return .refused(error, to: exchange.request.post) }
  }

  /// What the end of polling means for the person.
  func failure(of end: DevicePollingEnd, to post: FormPost) -> CourierFailure {
    switch end {
    case .expired: Self.expired
    case .denied(let error): CourierFailure(authorizationError: error)
    case .failed(let failure): talk.failure(of: failure, to: post, at: .exchange)
    }
  }

  /// Checks the ID token; there is no nonce in this grant to hold it against (RFC 8628 §3.1).
  func checked(_ tokens: TokenResponse, _ keys: ServerKeys) throws(CourierFailure) -> Grant {
    let rule = IDTokenRule(
      issuer: metadata.issuer, clientID: talk.identity.id, occasion: .signInWithoutNonce,
      isRequired: expectsIDToken, algorithms: metadata.list(.idTokenSigningAlgorithms),
      maximumAge: maximumAge)
    return try Grant(
      tokens, checkedBy: rule, keys, skew: talk.skew,
      deadline: BootInstant.now.adding(seconds: CodeExchange.limit))
  }
}
