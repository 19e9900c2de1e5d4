import OAuth

/// The scope of a sign-in that begins at a resource: the resource knows best what it takes.
struct ResourceScope: Sendable {
  private static let offline = "offline_access"

  let job: Job
  let demand: AskedResource.Demand
  let metadata: ProtectedResourceMetadata?
  let server: ServerMetadata

  /// What to ask for; nil leaves it to the rule of every other sign-in.
  func text() throws(CourierFailure) -> String? {
    if demand.isStepUp { return try steppedUp() }
    if let own = job["scope"] { return own }
    // The order of the Model Context Protocol: the challenge says what this needs, the metadata
    // all that there is.
    return withOffline(demand.challenge?.scope ?? supported)?.text
  }

  /// What was granted before with what is demanded now (RFC 6750 §3.1, RFC 9470 §5).
  private func steppedUp() throws(CourierFailure) -> String? {
    let own = try? job["scope"].map { (text) throws(ScopeFault) in try Scope(text) }
    let former = job["former.scope"].flatMap { try? Scope($0) } ?? own
    guard let demanded = demand.challenge?.scope ?? missing(beside: former) else {
      guard case .scope = demand.challenge?.demand else { return former?.text }
      throw CourierFailure(
        .failed, "the resource wants more scope than it was given and does not say which: give it",
        hint: "\(job.targetCommand) --scope SCOPES")
    }
    let union = former?.union(demanded) ?? demanded
    return job["scope"] == nil ? withOffline(union)?.text : union.text
  }

  /// What the metadata lists and was not granted, where a challenge for more scope names none.
  private func missing(beside former: Scope?) -> Scope? {
    guard case .scope = demand.challenge?.demand, let supported else { return nil }
    let isMore = supported.tokens.contains { former?.contains($0) != true }
    return isMore ? supported : nil
  }

  private var supported: Scope? {
    metadata?.scopes.flatMap { try? Scope($0.joined(separator: " ")) }
  }

  /// Asks for a refresh token by the name that servers of OpenID Connect have for it, where the
  /// server lists it: a resource has no reason to.
  private func withOffline(_ scope: Scope?) -> Scope? {
    guard let scope, server.list(.scopes)?.contains(Self.offline) == true,
      let offline = try? Scope(Self.offline)
    else { return scope }
    return scope.union(offline)
  }
}
