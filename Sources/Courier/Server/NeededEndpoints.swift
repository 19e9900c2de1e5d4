import HTTP1
import OAuth
import Platform

/// An issuer may have two documents, one of OpenID Connect and one of RFC 8414, and some servers
/// name an endpoint in one of them alone: the other is read where a job needs what the first lacks,
/// and never else.
extension Discovery {
  /// Seconds for the other document: most servers that lack an endpoint in one have it in none.
  private static let supplementLimit: Int64 = 10

  /// What a job cannot do without.
  private static func needs(of job: Job, at metadata: ServerMetadata) -> Set<EndpointName> {
    var names: Set<EndpointName> = []
    switch job.kind {
    case .revoke: return [.revocation]
    case .login:
      let isPushed =
        job.flag("require_pushed_authorization_requests") || metadata.has(.requiresPushedRequests)
      if isPushed { names.insert(.pushedAuthorizationRequest) }
    case .device: names.insert(.deviceAuthorization)
    default: return []
    }
    // Without a client of its own, and none that was kept, one has to be registered.
    let server = Registration.serverName(metadata)
    let isRegistered = Registration(kept: job).map { $0.server == server } ?? false
    let hasDocument =
      job["client_id_metadata_document"] != nil && metadata.has(.takesClientIDMetadataDocuments)
    if job["client_id"] == nil, !isRegistered, !hasDocument { names.insert(.registration) }
    return names
  }

  /// The same server with what the issuer's other documents add to its endpoints, where the job
  /// needs one that is missing.
  ///
  /// Each is checked like the first. One that cannot be had or is refused changes nothing: it is
  /// the missing endpoint that is told of then.
  static func supplemented(
    _ metadata: ServerMetadata, of issuer: Issuer, from addresses: some Sequence<Endpoint>,
    for job: Job, client: HTTPClient, deadline: BootInstant
  ) -> ServerMetadata {
    var metadata = metadata
    let deadline = min(deadline, BootInstant.now.adding(seconds: supplementLimit))
    for address in addresses {
      let missing = needs(of: job, at: metadata).filter {
        metadata.endpoint($0) == nil && job[$0.rawValue] == nil
      }
      guard !missing.isEmpty else { break }
      guard let response = try? client.get(address, deadline: deadline), response.status == 200,
        let other = try? ServerMetadata(validating: response.body, issuer: issuer)
      else { continue }
      metadata = metadata.supplemented(by: other)
    }
    return metadata
  }

  /// Where tokens are revoked, asked of the issuer's documents: for a session that was made without
  /// knowing it.
  static func revocationEndpoint(
    of session: Session, _ talk: ServerTalk, for job: Job, client: HTTPClient,
    deadline: BootInstant
  ) -> Endpoint? {
    guard let issuer = session.issuer else { return nil }
    let found = supplemented(
      session.metadata, of: issuer, from: issuer.wellKnownAddresses, for: job, client: client,
      deadline: deadline)
    return (talk.identity.method.usesCertificate ? found.withMutualTLS() : found)
      .endpoint(.revocation)
  }
}
