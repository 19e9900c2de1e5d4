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

/// The step from a code to tokens (RFC 6749 §4.1.3).
struct CodeExchange: Sendable {
  /// Seconds for everything after the browser's answer: the token request and, where the keys have
  /// changed, one more for them.
  static let limit: Int64 = 60

  let signIn: SignIn
  let http: HTTPClient
  let keys: ServerKeys
  /// The command that signs in again.
  let loginCommand: String

  /// Redeems the code, once.
  func redeem(_ response: AuthorizationResponse) -> Result<Grant, CourierFailure> {
    do throws(CourierFailure) { return .success(try grant(for: response)) } catch {
      return .failure(error)
    }
  }

  private func grant(for response: AuthorizationResponse) throws(CourierFailure) -> Grant {
    let deadline = BootInstant.now.adding(seconds: Self.limit)
    let request = TokenRequest(
      exchanging: response, redirectURI: signIn.redirectURI, verifier: signIn.verifier,
      client: signIn.client, endpoint: signIn.tokenEndpoint)
    let tokens = try http.tokens(
      for: request, at: .exchange, login: loginCommand, deadline: deadline)
    guard let issuer = signIn.metadata.issuer else {
      // Without an issuer there is nobody whose word the token could be held against.
      let warnings =
        tokens.idToken == nil
        ? [] : ["the id token was dropped: without an issuer it cannot be checked"]
      return Grant(tokens: tokens, idToken: nil, warnings: warnings)
    }
    if signIn.expectsIDToken {
      do { _ = try tokens.requireIDToken() } catch {
        throw CourierFailure(.failed, "\(signIn.tokenEndpoint.host): \(error)")
      }
    }
    let idToken = try tokens.idToken.map { (text) throws(CourierFailure) in
      try keys.check(text, against: expectation(tokens, issuer), deadline: deadline)
    }
    return Grant(tokens: tokens, idToken: idToken, warnings: [])
  }

  private func expectation(_ tokens: TokenResponse, _ issuer: Issuer) -> IDTokenExpectation {
    IDTokenExpectation(
      issuer: issuer, clientID: signIn.client.id,
      occasion: signIn.request.sentNonce.map { .signIn(nonce: $0) } ?? .signInWithoutNonce,
      accessToken: tokens.accessToken,
      algorithms: signIn.metadata.list(.idTokenSigningAlgorithms))
  }
}

extension HTTPClient {
  /// Asks the token endpoint, once, and judges the answer.
  func tokens(
    for request: TokenRequest, at occasion: CourierFailure.Occasion, login: String,
    deadline: BootInstant
  ) throws(CourierFailure) -> TokenResponse {
    let response: Response
    do { response = try post(request.post, deadline: deadline) } catch { throw error.failure }
    do {
      return try TokenResponse(
        validating: EndpointAnswer(response), to: request, now: wallClockSeconds())
    } catch {
      throw CourierFailure(
        error, at: occasion, host: request.post.endpoint.host, login: login)
    }
  }
}

extension EndpointAnswer {
  /// What of a response its meaning depends on.
  init(_ response: Response) {
    self.init(
      status: response.status, contentType: response.fields["Content-Type"],
      retryAfter: response.fields["Retry-After"], body: response.body)
  }
}

extension ServerKeys {
  /// Checks an ID token whole; the keys are fetched once more where that may help
  /// (OpenID Connect Core 1.0 §10.1.1).
  func check(
    _ text: String, against expectation: IDTokenExpectation, deadline: BootInstant
  ) throws(CourierFailure) -> IDToken {
    let now = wallClockSeconds()
    let keys = try known(deadline: deadline)
    do {
      return try IDToken(
        validating: text, against: expectation, keys: keys, cryptography: OpenSSLCryptography(),
        now: now)
    } catch {
      guard error.isCuredByFreshKeys else { throw CourierFailure(.failed, error.description) }
    }
    let freshKeys = try fresh(deadline: deadline)
    do {
      return try IDToken(
        validating: text, against: expectation, keys: freshKeys,
        cryptography: OpenSSLCryptography(), now: now)
    } catch { throw CourierFailure(.failed, error.description) }
  }
}
