import OAuth
import Platform
import TLS

/// A session with everything a job needs to speak to its server.
struct SessionTalk {
  let session: Session
  let talk: ServerTalk
  let http: HTTPClient

  /// Takes the session that was kept, or, where none was, what discovery finds; reads what the
  /// client proves itself with.
  init(for job: Job, environment: Environment, deadline: BootInstant) throws(CourierFailure) {
    http = HTTPClient(job: job, environment: environment)
    let credentials = try Credentials.read(from: job, environment: environment, deadline: deadline)
    guard let session = try Session(kept: job) else {
      (session, talk) = try Self.discovered(job, credentials, http, deadline)
      return
    }
    self.session = session
    let identity = try session.identity(job, credentials)
    talk = ServerTalk(
      http: http, identity: identity, proofKey: session.proofKey, nonce: session.nonce,
      loginCommand: job.loginCommand)
  }

  private static func discovered(
    _ job: Job, _ credentials: Credentials, _ http: HTTPClient, _ deadline: BootInstant
  ) throws(CourierFailure) -> (Session, ServerTalk) {
    let metadata = try Discovery.metadata(for: job, client: http, deadline: deadline)
    let identity = try ClientIdentity(
      id: AccountSettings.clientID(of: job), method: job["token_endpoint_auth_method"], job: job,
      metadata: metadata, credentials: credentials)
    let talk = ServerTalk(
      http: http, identity: identity, proofKey: try ProofKey(kept: job), nonce: nil,
      loginCommand: job.loginCommand)
    let session = Session(
      talk: talk, tokenEndpoint: try identity.metadata.need(.token),
      resources: try AccountSettings.resources(job.all("resource"), called: "resource"),
      idToken: job["secret.id_token"], keys: nil)
    return (session, talk)
  }
}

extension SessionTalk {
  /// The server's nonce, where it is another one than the session has.
  var newNonce: String? {
    let nonce = talk.nonce?.text
    return nonce == session.nonce ? nil : nonce
  }

  /// Refuses to go on with bearer tokens where the account asks for others.
  func checkBinding(of job: Job) throws(CourierFailure) {
    guard job.flag("dpop_bound_access_tokens"), session.proofKey == nil else { return }
    throw CourierFailure(
      .loginRequired,
      "dpop_bound_access_tokens is set, and this session's tokens are not bound to a key",
      hint: job.loginCommand)
  }
}

extension Session {
  /// What the handshake shows at the server's endpoints for clients with a certificate; nil for
  /// every other client, of which nothing is read for it.
  func certificate(
    _ job: Job, environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) -> CertificateAndKey? {
    let method = ClientAuthenticationMethod(rawValue: authenticationMethod)
    guard method?.usesCertificate == true else { return nil }
    let credentials = try Credentials.read(from: job, environment: environment, deadline: deadline)
    return try identity(job, credentials).certificate
  }

  /// The client the tokens were given to, as it authenticated at sign-in.
  func identity(_ job: Job, _ credentials: Credentials) throws(CourierFailure) -> ClientIdentity {
    // Two servers may have called a client by the same name.
    if let registration = Registration(kept: job), registration.clientID == clientID,
      issuer.map({ registration.server.isSame(as: $0.text) }) ?? true
    {
      return try ClientIdentity(
        id: clientID, method: registration.method.rawValue, job: job, metadata: metadata,
        credentials: credentials.of(registration))
    }
    return try ClientIdentity(
      id: clientID, method: authenticationMethod, job: job, metadata: metadata,
      credentials: credentials, algorithm: assertionAlgorithm)
  }
}
