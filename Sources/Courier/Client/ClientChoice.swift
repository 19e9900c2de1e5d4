import OAuth
import Platform

/// The client of a sign-in: the account's own, a document, or one that is registered for it.
struct ClientChoice: Sendable {
  let id: String
  /// Nil where the account has its own client.
  var registration: Registration?
  /// Whether the registration was made for this sign-in.
  var isNew = false
  /// The registration this one takes the place of.
  var former: Registration?

  /// What a client has to be good for.
  struct Wish: Sendable {
    let redirectURIs: [RedirectURI]
    let scope: Scope?
    /// Whether its tokens will be bound to a key.
    let isProven: Bool
    /// Whether the person signs in on another device.
    let usesDevices: Bool
  }

  /// Chooses; registers a client where there is none yet.
  static func make(
    for job: Job, at metadata: ServerMetadata, wish: Wish, http: HTTPClient,
    environment: Environment, deadline: BootInstant
  ) throws(CourierFailure) -> ClientChoice {
    switch try source(for: job, at: metadata) {
    case .configured: return ClientChoice(id: try AccountSettings.clientID(of: job))
    case .metadataDocument(let url): return ClientChoice(id: url.text)
    case .registration: break
    case nil: break
    }
    let kept = Registration(kept: job)
    let server = Registration.serverName(metadata)
    if let kept, kept.server == server, kept.isGood(for: wish, now: wallClockSeconds()) {
      return ClientChoice(id: kept.clientID, registration: kept)
    }
    guard let endpoint = metadata.endpoint(.registration), let server else {
      throw noClient(job, metadata)
    }
    let form = RegistrationForm(job: job, wish: wish, endpoint: endpoint, server: server)
    let made = try form.register(by: http, environment: environment, deadline: deadline)
    return ClientChoice(id: made.clientID, registration: made, isNew: true, former: kept)
  }

  /// Where the client comes from; nil where only one that was kept could help.
  private static func source(
    for job: Job, at metadata: ServerMetadata
  ) throws(CourierFailure) -> ClientSource? {
    do {
      return try ClientSource.choose(
        clientID: job["client_id"], document: job["client_id_metadata_document"],
        metadata: metadata)
    } catch {
      if case .none = error { return nil }
      throw CourierFailure(.failed, error.description)
    }
  }

  /// The three ways out.
  private static func noClient(_ job: Job, _ metadata: ServerMetadata) -> CourierFailure {
    let name = metadata.issuer?.endpoint.host ?? metadata.endpoint(.token)?.host ?? "the server"
    let document =
      metadata.has(.takesClientIDMetadataDocuments)
      ? "or give client_id_metadata_document, the https address of a client metadata document"
      : "it takes no client metadata documents either (client_id_metadata_document_supported)"
    return CourierFailure(
      .failed,
      "\(job.account) has no client_id, and \(shown(name)) registers no clients by itself "
        + "(registration_endpoint): have one registered there and give its client_id; \(document)",
      hint: "\(job.targetCommand) --client-id ID")
  }
}

// MARK: - a client the server has forgotten

extension ClientIdentity {
  /// What helps where a server does not know a client any more that it has registered itself.
  func forgottenHint(after fault: EndpointFailure) -> String? {
    switch fault {
    case .refused(let error) where ["invalid_client", "unauthorized_client"].contains(error.code):
      renewal
    case .refusedWithoutReason(status: 401): renewal
    default: nil
    }
  }
}

extension Job {
  /// The commands that have the account registered anew.
  var renewalCommand: String {
    let name = self["account"].map(shellQuoted) ?? "NAME"
    return "sallyport logout \(name) --all && sallyport login \(name)"
  }
}

extension CourierFailure {
  /// The same with another command to try.
  func with(hint: String) -> CourierFailure {
    var copy = CourierFailure(failure.code, failure.description, hint: hint)
    copy.oauthError = oauthError
    copy.retryAfter = retryAfter
    copy.httpStatus = httpStatus
    copy.rotatedRefreshToken = rotatedRefreshToken
    return copy
  }
}
