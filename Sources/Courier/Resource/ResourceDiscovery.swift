import HTTP1
import OAuth
import Platform

/// What a protected resource says about itself, and which of its servers is signed in at
/// (RFC 9728).
struct ResourceDiscovery: Sendable {
  /// The most servers asked: each may take its time, and a person waits.
  private static let mostServers = 4

  let asked: AskedResource
  let demand: AskedResource.Demand

  private var job: Job { asked.job }

  /// The server a sign-in goes to.
  struct Server: Sendable {
    let metadata: ServerMetadata
    /// What the person has to know about the choice.
    var warnings: [String] = []
  }

  // MARK: the resource's metadata

  /// The resource's metadata: where the challenge says it is, else at the well-known addresses;
  /// nil where nobody says anything and nothing is there.
  func metadata() throws(CourierFailure) -> ProtectedResourceMetadata? {
    if let address = demand.challenge?.resourceMetadata {
      try checkReachable(address, called: "resource_metadata")
      let response = try fetch(address)
      guard response.status == 200 else {
        throw CourierFailure(server: response, at: address, saying: "the resource's metadata")
      }
      return try validated(response, from: address)
    }
    let resource = asked.resource
    // A server of the Model Context Protocol may have one document for its whole host.
    for case let address? in [resource.wellKnownAddress, resource.wellKnownAddressOfHost] {
      let response = try fetch(address)
      if Discovery.isElsewhere(response) { continue }
      guard response.status == 200 else {
        throw CourierFailure(server: response, at: address, saying: "the resource's metadata")
      }
      return try validated(response, from: address)
    }
    return nil
  }

  private func fetch(_ address: Endpoint) throws(CourierFailure) -> Response {
    do { return try asked.http.get(address, deadline: asked.deadline) } catch {
      throw error.failure
    }
  }

  /// A resource elsewhere has no business with what listens on this machine.
  private func checkReachable(_ address: Endpoint, called name: String) throws(CourierFailure) {
    guard asked.resource.endpoint.isLoopback || !address.isLoopback else {
      throw CourierFailure(
        .failed, "\(asked.host): the resource's \(name) leads to this machine, which is refused")
    }
  }

  /// Holds the document against the address that was asked (RFC 9728 §3.3, §7.3).
  ///
  /// Beside that address itself, the account's own word for its resource will do; and so will the
  /// name of a resource above it whose own well-known address the document has: only who answers
  /// for that one can have put it there. Servers of the Model Context Protocol often name their
  /// origin alone.
  private func validated(
    _ response: Response, from address: Endpoint
  ) throws(CourierFailure) -> ProtectedResourceMetadata {
    let fault: ProtectedResourceMetadataFault
    do {
      return try ProtectedResourceMetadata(validating: response.body, of: asked.resource)
    } catch { fault = error }
    guard case .resourceWrong(let name) = fault else {
      throw CourierFailure(
        .failed, "\(asked.host): \(fault)", remedy: .resourceAdministrator, hint: detour)
    }
    for text in job.all("resource") {
      guard let endpoint = try? Endpoint(text) else { continue }
      let own = ProtectedResource(endpoint)
      if let metadata = try? ProtectedResourceMetadata(validating: response.body, of: own) {
        return metadata
      }
    }
    let covering = try? ProtectedResourceMetadata(
      validating: response.body, of: asked.resource, rule: .covering)
    if let covering, let place = Self.wellKnownAddress(of: covering.resource),
      Self.isSameButForSlash(place.text, address.text)
    {
      return covering
    }
    throw CourierFailure(
      .failed, "\(asked.host): \(fault)", remedy: .resourceAdministrator,
      hint: covering == nil ? detour : "sallyport login \(shellQuoted(name.text))")
  }

  /// The sign-in that does without the resource's own word.
  private var detour: String {
    let name = job["account"].map(shellQuoted) ?? "NAME"
    let resource = shellQuoted(asked.resource.text)
    return "sallyport login \(name) --issuer URL --resource \(resource)"
  }

  private static func wellKnownAddress(of resource: ResourceIndicator) -> Endpoint? {
    (try? Endpoint(resource.text)).flatMap { ProtectedResource($0).wellKnownAddress }
  }

  private static func isSameButForSlash(_ one: String, _ other: String) -> Bool {
    let (one, other) = (Array(one.utf8), Array(other.utf8))
    let slash = UInt8(ascii: "/")
    return one == other || one + [slash] == other || one == other + [slash]
  }

  // MARK: its authorization server

  /// The server: the account's own, which the resource has to agree to, else the first of the
  /// resource's that answers well.
  func server(
    of metadata: ProtectedResourceMetadata?
  ) throws(CourierFailure) -> Server {
    if job["issuer"] != nil || job["token_endpoint"] != nil {
      try checkOwnIssuer(metadata)
      let own = try Discovery.metadata(for: job, client: asked.http, deadline: asked.deadline)
      return Server(metadata: own)
    }
    guard let metadata else { throw nothingFound }
    return try firstServer(of: metadata)
  }

  /// Tokens of a server that the resource does not list would be good for nothing there.
  private func checkOwnIssuer(
    _ metadata: ProtectedResourceMetadata?
  ) throws(CourierFailure) {
    guard let servers = metadata?.authorizationServers,
      let issuer = try AccountSettings.issuer(job["issuer"])
    else { return }
    // Resources are loose about a slash at the end; the server itself is held to its name.
    guard !servers.contains(where: { Self.isSameButForSlash($0.text, issuer.text) }) else { return }
    let names = servers.prefix(Self.mostServers).map { shown($0.text) }.joined(separator: ", ")
    throw CourierFailure(
      .failed,
      "\(asked.host) does not take tokens of \(shown(issuer.text)), but of \(names) "
        + "(authorization_servers): leave the issuer out, or have the resource list it")
  }

  private func firstServer(
    of metadata: ProtectedResourceMetadata
  ) throws(CourierFailure) -> Server {
    let configured = try AccountSettings.endpoints(of: job)
    var failures: [(issuer: Issuer, failure: CourierFailure)] = []
    for issuer in metadata.authorizationServers.prefix(Self.mostServers) {
      do throws(CourierFailure) {
        try checkReachable(issuer.endpoint, called: "authorization server")
        let found = try Discovery.document(
          of: issuer, at: issuer.wellKnownAddressesForResources, for: job, client: asked.http,
          deadline: asked.deadline)
        return Server(
          metadata: found.overridden(by: configured),
          warnings: failures.map { Self.leftOut($0.issuer, $0.failure, taken: issuer) })
      } catch { failures.append((issuer: issuer, failure: error)) }
    }
    // The first is the one the resource would rather have had.
    throw failures.first?.failure ?? nothingFound
  }

  private static func leftOut(
    _ issuer: Issuer, _ failure: CourierFailure, taken: Issuer
  ) -> String {
    "signed in at \(shown(taken.text)), because \(shown(issuer.text)) could not be used: "
      + failure.failure.description
  }

  /// The resource does not say which server it trusts, as those made before RFC 9728.
  private var nothingFound: CourierFailure {
    let origin = asked.resource.endpoint
    let guess = shellQuoted("\(origin.scheme.rawValue)://\(origin.authority)")
    return CourierFailure(
      .failed,
      "\(asked.host) does not say where to sign in (status \(demand.status), no resource_metadata, "
        + "nothing at /.well-known/oauth-protected-resource): give the issuer, which for older "
        + "servers is often the host itself",
      hint: "\(job.targetCommand) --issuer \(guess)")
  }
}
