import OAuth
import Platform

extension SignInTarget {
  /// What is known before the client is: where to sign in, and what to ask for there.
  struct Findings: Sendable {
    let metadata: ServerMetadata
    /// Whether the resource alone has said which server it is.
    let isServerOfResource: Bool
    let scope: String?
    let resources: [ResourceIndicator]
    let stepUp: StepUp?
    let requiresProofs: Bool
    let warnings: [String]

    /// The account says everything itself.
    init(metadata: ServerMetadata, resources: [ResourceIndicator]) {
      self.metadata = metadata
      self.resources = resources
      isServerOfResource = false
      scope = nil
      stepUp = nil
      requiresProofs = false
      warnings = []
    }

    /// The resource is asked.
    ///
    /// - Parameter own: the account's resources, which a token is good for besides.
    init(_ asked: AskedResource, own: [ResourceIndicator]) throws(CourierFailure) {
      let demand = try asked.demand()
      let discovery = ResourceDiscovery(asked: asked, demand: demand)
      let document = try discovery.metadata()
      let server = try discovery.server(of: document)
      try Self.refuseStraySecret(asked.job, server.metadata)
      metadata = server.metadata
      isServerOfResource = asked.job["issuer"] == nil && asked.job["token_endpoint"] == nil
      warnings = server.warnings
      requiresProofs = demand.requiresProofs || document?.requiresProofs == true
      let scopes = ResourceScope(
        job: asked.job, demand: demand, metadata: document, server: server.metadata)
      scope = try scopes.text()
      if case .authentication(let demanded) = demand.challenge?.demand {
        stepUp = demanded
      } else {
        stepUp = nil
      }
      // What steps up goes on being good for what it was good for.
      let isSameServer = asked.job["session.issuer"] == metadata.issuer?.text
      let kept = demand.isStepUp && isSameServer ? try Self.former(asked.job) : []
      resources = try Self.resources(asked, document, own + kept)
    }

    /// The resources of the session there is.
    private static func former(_ job: Job) throws(CourierFailure) -> [ResourceIndicator] {
      let texts = job["session.resource"]?.split(separator: " ").map(String.init) ?? []
      return try AccountSettings.resources(texts, called: "session.resource")
    }

    /// The resource as it calls itself, in place of the address that was asked (RFC 8707 §2).
    private static func resources(
      _ asked: AskedResource, _ document: ProtectedResourceMetadata?, _ own: [ResourceIndicator]
    ) throws(CourierFailure) -> [ResourceIndicator] {
      let named: ResourceIndicator
      do { named = try document?.resource ?? ResourceIndicator(asked.resource.text) } catch {
        throw CourierFailure(.failed, "the address of the resource is refused: \(error)")
      }
      var resources: [ResourceIndicator] = []
      for resource in own.map({ $0.text == asked.resource.text ? named : $0 }) + [named]
      where !resources.contains(resource) {
        resources.append(resource)
      }
      return resources
    }

    /// A secret belongs to one server, and a resource could name any (RFC 9700 §4.4).
    private static func refuseStraySecret(
      _ job: Job, _ metadata: ServerMetadata
    ) throws(CourierFailure) {
      let secrets = ["client_secret", "client_secret_file", "client_secret_command"]
      guard job["issuer"] == nil, job["token_endpoint"] == nil,
        let key = secrets.first(where: { job[$0] != nil }), let issuer = metadata.issuer
      else { return }
      throw CourierFailure(
        .failed,
        "the \(key) is for one server alone, and the resource names \(shown(issuer.text)): give "
          + "the issuer if that is the one",
        hint: "\(job.targetCommand) --issuer \(shellQuoted(issuer.text))")
    }
  }
}
