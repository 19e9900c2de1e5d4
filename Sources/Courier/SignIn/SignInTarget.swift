import HTTP1
import OAuth
import Platform

/// Where to sign in, and as whom: from the account, or from the resource it is for (RFC 9728).
struct SignInTarget: Sendable {
  let metadata: ServerMetadata
  let clientID: String
  /// The client that was registered, now or before; nil where the account has its own.
  let registration: Registration?
  /// The scope to ask for; nil asks for none.
  let scope: String?
  let resources: [ResourceIndicator]
  /// What a step up adds to the authorization request, in place of what the account says about it.
  let additional: FormParameters
  /// How old the sign-in may be at most, in seconds.
  let maximumAge: Int64?
  /// The kinds of sign-in that would do (`acr`); empty where none is demanded.
  private let contextClasses: [String]
  /// Whether the resource takes only tokens that are bound to a key.
  let requiresProofs: Bool
  /// What the person has to know about how it was found.
  let warnings: [String]
  private let isServerOfResource: Bool
  private let client: ClientChoice

  /// Finds it all; asks the resource and the servers it names.
  static func find(
    for job: Job, redirectURIs: [RedirectURI], http: HTTPClient, environment: Environment,
    deadline: BootInstant
  ) throws(CourierFailure) -> SignInTarget {
    let own = try AccountSettings.resources(job.all("resource"), called: "resource")
    let findings: Findings
    if let asked = try AskedResource(of: job, http: http, deadline: deadline) {
      findings = try Findings(asked, own: own)
    } else {
      let metadata = try Discovery.metadata(for: job, client: http, deadline: deadline)
      findings = Findings(metadata: metadata, resources: own)
    }
    let scope = try AccountSettings.scope(
      findings.scope ?? job["scope"] ?? RequestedAccess.defaultScope(findings.metadata))
    let wish = ClientChoice.Wish(
      redirectURIs: redirectURIs, scope: scope,
      isProven: findings.requiresProofs || job.flag("dpop_bound_access_tokens"),
      usesDevices: job.kind == .device)
    let client = try ClientChoice.make(
      for: job, at: findings.metadata, wish: wish, http: http, environment: environment,
      deadline: deadline)
    return SignInTarget(findings, client, scope: scope)
  }

  private init(_ findings: Findings, _ client: ClientChoice, scope: Scope?) {
    metadata = findings.metadata
    clientID = client.id
    registration = client.registration
    self.scope = scope?.text
    resources = findings.resources
    additional = findings.stepUp?.applied(to: []) ?? []
    maximumAge = findings.stepUp?.maximumAge
    contextClasses = findings.stepUp?.contextClasses ?? []
    requiresProofs = findings.requiresProofs
    warnings = findings.warnings
    isServerOfResource = findings.isServerOfResource
    self.client = client
  }

  /// What the person has to see before the page at `host` is trusted.
  ///
  /// A server that nobody but a resource has named can send a person to another one's page, and take
  /// what that gives for its own (RFC 9700 §4.4).
  func notice(ofPageAt host: String) -> String? {
    guard isServerOfResource, let own = metadata.issuer?.endpoint.host, !own.isSame(as: host)
    else { return nil }
    return
      "the resource has people sign in at \(shown(own)), and that sends them to \(shown(host)): "
      + "go on only if the two belong together"
  }

  // MARK: afterwards

  /// What the person has to know now that the server has answered.
  func warnings(about idToken: IDToken?) -> [String] {
    warnings + [strangeContext(in: idToken)].compactMap(\.self)
  }

  /// Whether the server says of another kind of sign-in than the resource has demanded
  /// (OpenID Connect Core 1.0 §3.1.3.7, step 12); only the resource knows whether that will do.
  private func strangeContext(in idToken: IDToken?) -> String? {
    guard let idToken, !contextClasses.isEmpty else { return nil }
    let given = idToken.claims["acr"]?.stringValue ?? "nothing"
    guard !contextClasses.contains(where: given.isSame) else { return nil }
    return
      "the resource demands a sign-in of the kind \(shown(contextClasses.joined(separator: " or "))) "
      + "(acr), and the server says \(shown(given)) of this one: the resource may refuse its token"
  }

  /// Ends the registration that nobody will use any more: the former one after a sign-in that has
  /// worked, and the one that was made for a sign-in that has not.
  ///
  /// Nobody waits for it or hears of its failure: what stays behind at the server is an entry that
  /// no token belongs to.
  ///
  /// - Parameter keepsFormer: the session that the former one belongs to goes on.
  func tidy(hasWorked: Bool, keepsFormer: Bool, http: HTTPClient) {
    let former = keepsFormer ? nil : client.former
    let left = hasWorked ? former : client.isNew ? client.registration : nil
    guard let deletion = left?.management.map({ ClientRegistrationDeletion($0) }) else { return }
    _ = try? http.delete(
      deletion.endpoint, fields: HeaderFields(deletion.headerFields),
      deadline: .now.adding(seconds: Self.tidyLimit))
  }

  /// Seconds for that; the sign-in is over.
  private static let tidyLimit: Int64 = 5
}
