import OAuth
import Platform

/// What every sign-in needs before a person is asked: the server, the client, the key.
struct SignInPreparation: Sendable {
  let http: HTTPClient
  let target: SignInTarget
  let identity: ClientIdentity
  /// The key the tokens will be bound to; nil for bearer tokens.
  let proofKey: ProofKey?
  let talk: ServerTalk

  /// Finds and reads it all by `deadline`.
  ///
  /// - Parameter redirectURIs: those a client may have to be registered with.
  init(
    job: Job, redirectURIs: [RedirectURI], environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) {
    http = HTTPClient(job: job, environment: environment)
    // What is wrong with the account's own files is said before the network is asked for anything.
    var credentials = try Credentials.read(
      from: job, environment: environment, deadline: deadline)
    target = try SignInTarget.find(
      for: job, redirectURIs: redirectURIs, http: http, environment: environment,
      deadline: deadline)
    do throws(CourierFailure) {
      // A registered client has a method and a secret of its own; the account's are another's.
      if let secret = target.registration?.secret { credentials = credentials.with(secret: secret) }
      identity = try ClientIdentity(
        id: target.clientID,
        method: target.registration?.method.rawValue ?? job["token_endpoint_auth_method"],
        job: job, metadata: target.metadata, credentials: credentials)
      proofKey =
        job.flag("dpop_bound_access_tokens") || target.requiresProofs
        ? try ProofKey(for: identity.metadata) : nil
      talk = ServerTalk(
        http: http, identity: identity, proofKey: proofKey, nonce: nil,
        loginCommand: job.loginCommand)
    } catch {
      // A client that was registered for it is of no use to anybody.
      target.tidy(hasWorked: false, keepsFormer: true, http: http)
      throw error
    }
  }
}
