import OAuth
import Platform

/// One sign-in: everything that is decided before a person is asked.
struct SignIn: Sendable {
  let metadata: ServerMetadata
  let client: Client
  let tokenEndpoint: Endpoint
  let redirectURI: RedirectURI
  let scope: Scope?
  let state: State
  let verifier: CodeVerifier
  let request: AuthorizationRequest

  /// Decides it all.
  ///
  /// - Parameter redirectURI: with its port, already listened on: from here on the address may be
  ///   shown to others.
  init(
    job: Job, metadata: ServerMetadata, secret: String?, redirectURI: RedirectURI
  ) throws(CourierFailure) {
    let authorizationEndpoint = try metadata.need(.authorization)
    tokenEndpoint = try metadata.need(.token)
    guard !metadata.has(.requiresPushedRequests) else {
      throw CourierFailure(
        .failed, "the server wants pushed authorization requests, which are not supported yet")
    }
    do { try metadata.checkChallengeMethods() } catch {
      throw CourierFailure(.failed, error.description)
    }
    self.metadata = metadata
    self.redirectURI = redirectURI
    client = try AccountSettings.client(of: job, metadata, secret: secret)
    scope = try Self.scope(job, metadata)
    state = State(try .fresh())
    verifier = CodeVerifier(try .fresh())
    let nonce = Nonce(try .fresh())
    guard let challenge = OpenSSLCryptography().challenge(of: verifier) else {
      throw CourierFailure(.failed, "the code challenge cannot be computed")
    }
    do {
      request = try AuthorizationRequest(
        endpoint: authorizationEndpoint, clientID: client.id, redirectURI: redirectURI,
        scope: scope, state: state, nonce: nonce, challenge: challenge,
        additional: Self.additional(job))
    } catch { throw CourierFailure(.failed, error.description) }
  }

  /// Whether an ID token is to come that can be checked.
  var expectsIDToken: Bool { scope?.asksForIDToken == true && metadata.issuer != nil }

  /// The account's own scope, exactly; else what the server has for a sign-in.
  private static func scope(_ job: Job, _ metadata: ServerMetadata) throws(CourierFailure) -> Scope?
  {
    guard let text = job["scope"] ?? defaultScope(metadata) else { return nil }
    do { return try Scope(text) } catch { throw CourierFailure(.failed, error.description) }
  }

  /// `openid` where the server speaks OpenID Connect; with `offline_access` only where it is listed:
  /// servers refuse scopes they do not know.
  private static func defaultScope(_ metadata: ServerMetadata) -> String? {
    guard metadata.issuer != nil else { return nil }
    guard let listed = metadata.list(.scopes) else {
      return metadata.endpoint(.jwks) == nil ? nil : "openid"
    }
    guard listed.contains("openid") else { return nil }
    return listed.contains("offline_access") ? "openid profile offline_access" : "openid"
  }

  private static func additional(_ job: Job) -> FormParameters {
    var parameters = FormParameters()
    for resource in job.all("resource") { parameters.append("resource", resource) }
    for (name, value) in job.settings(under: "authorize.") { parameters.append(name, value) }
    return parameters
  }
}
