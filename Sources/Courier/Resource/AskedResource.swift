import HTTP1
import OAuth
import Platform

/// The protected resource a sign-in is for, and what it answers when it is asked for something.
struct AskedResource: Sendable {
  let resource: ProtectedResource
  let job: Job
  let http: HTTPClient
  let deadline: BootInstant

  var host: String { shown(resource.endpoint.host) }

  /// What the resource wants.
  struct Demand: Sendable {
    /// Nil where it says nothing that OAuth could answer.
    var challenge: ResourceChallenge?
    /// Whether it takes no token that is not bound to a key.
    var requiresProofs = false
    /// Whether it has seen the token of the session there is, and wants more.
    var isStepUp = false
    /// The status of its answer.
    let status: Int
  }

  /// The resource a sign-in begins at; nil where the account's own settings say where to sign in.
  init?(of job: Job, http: HTTPClient, deadline: BootInstant) throws(CourierFailure) {
    let typed = job["resource_url"]
    let isNeeded = job["issuer"] == nil && job["token_endpoint"] == nil
    guard let text = typed ?? (isNeeded ? job.all("resource").first : nil) else { return nil }
    let key = typed == nil ? "resource" : "the address of the resource"
    resource = ProtectedResource(try AccountSettings.endpoint(text, called: key))
    self.job = job
    self.http = http
    self.deadline = deadline
  }

  /// Asks with the token of the session there is, then without one: only a resource that has seen
  /// a token can say what it lacks (RFC 6750 §3.1, RFC 9470 §3).
  func demand() throws(CourierFailure) -> Demand {
    if let token = formerToken {
      let response = try ask(with: token)
      if let demand = try demand(in: response, isPresenting: true) { return demand }
    }
    let response = try ask(fields: [:])
    guard let demand = try demand(in: response, isPresenting: false) else {
      throw CourierFailure(
        .failed,
        "\(host) answers without a token (status \(response.status)), so that it cannot say where "
          + "to sign in; if it takes tokens all the same, give the issuer",
        hint: "\(job.targetCommand) --issuer URL")
    }
    return demand
  }

  /// What an answer demands; nil for a success, and for a token that is simply not wanted.
  private func demand(
    in response: Response, isPresenting: Bool
  ) throws(CourierFailure) -> Demand? {
    switch response.status {
    case 200...299:
      // The account's own word for its server counts more than an open door.
      guard !isPresenting, job["issuer"] != nil || job["token_endpoint"] != nil else { return nil }
      return Demand(status: response.status)
    case 300...399: throw redirected(response)
    case 408, 429, 500...599:
      throw CourierFailure(server: response, at: resource.endpoint, saying: "the resource")
    default: break
    }
    let fields = response.fields.values(for: "WWW-Authenticate")
    var demand = Demand(status: response.status)
    do { demand.challenge = try ResourceChallenge(fields: fields) } catch {
      switch error {
      // Somebody else's challenge, or nobody's: the metadata may be found without (RFC 9728 §3.1).
      case .noOAuth, .field: break
      case .badMetadataAddress, .badScope, .badContextClasses, .badMaximumAge:
        throw CourierFailure(.failed, "\(host): \(error)", remedy: .resourceAdministrator)
      }
    }
    demand.requiresProofs = Self.wantsProofsOnly(fields)
    demand.isStepUp =
      switch demand.challenge?.demand {
      case .scope, .authentication: isPresenting
      case .token, nil: false
      }
    return isPresenting && demand.challenge == nil ? nil : demand
  }

  /// Whether there is a challenge of the DPoP scheme and none of the bearer one (RFC 9449 §7.1).
  private static func wantsProofsOnly(_ fields: [String]) -> Bool {
    let challenges = (try? AuthenticationChallenge.parse(fields)) ?? []
    return challenges.contains { $0.isOf("dpop") } && !challenges.contains { $0.isOf("bearer") }
  }

  /// A redirect of a resource is not followed: the one asked has to answer (RFC 9728 §7.7).
  private func redirected(_ response: Response) -> CourierFailure {
    let place = response.fields["Location"].flatMap { try? Endpoint($0) }
    let words = "\(host) answers with a redirect (status \(response.status)), which is not followed"
    guard let place else {
      return CourierFailure(.failed, words, remedy: .resourceAdministrator)
    }
    return CourierFailure(
      .failed, "\(words); sign in at \(shown(place.text)) itself if you trust it")
  }

  private func ask(fields: HeaderFields) throws(CourierFailure) -> Response {
    var fields = fields
    // What servers of the Model Context Protocol want to see, and anything else.
    fields.append("Accept", "application/json, text/event-stream, */*;q=0.5")
    do {
      return try http.head(of: resource.endpoint, fields: fields, deadline: deadline)
    } catch { throw error.failure }
  }

  // MARK: the token there is

  /// The session's access token, if this resource is one it was issued for: no other may see it
  /// (RFC 6750 §5.3).
  private var formerToken: String? {
    guard let token = job["former.access_token"], Grammar.isVisible(token) else { return nil }
    let kept = job["session.resource"]?.split(separator: " ").map(String.init)
    let places = kept ?? job.all("resource")
    return places.contains { $0 == resource.text || resource.isCovered(by: $0) } ? token : nil
  }

  /// Asks with a token; with proofs where it is bound to a key, and again where the resource wants
  /// a nonce in them (RFC 9449 §9).
  private func ask(with token: String) throws(CourierFailure) -> Response {
    // A key that is not there is the next sign-in's business: that makes a new one.
    guard let key = try? ProofKey(kept: job),
      let target = try? DPoPTarget(method: "GET", url: resource.text)
    else { return try ask(fields: ["Authorization": "Bearer \(token)"]) }
    var rule = DPoPNonceRule()
    while true {
      let proof = try key.proof(for: target, accessToken: token, nonce: rule.nonce)
      let response = try ask(fields: [
        "Authorization": "DPoP \(token)", DPoPProof.fieldName: proof.text,
      ])
      guard rule.isRetryDue(after: EndpointAnswer(response)) else { return response }
    }
  }
}

extension Job {
  /// The command that signs in again, as the person has said what is to be signed in to.
  var targetCommand: String {
    self["resource_url"].map { "sallyport login \(shellQuoted($0))" } ?? loginCommand
  }
}
