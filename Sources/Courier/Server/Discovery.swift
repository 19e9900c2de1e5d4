import HTTP1
import OAuth
import Platform

/// What is known about an account's server: its own document, the account's settings, or both.
enum Discovery {
  /// Finds the metadata for a sign-in.
  ///
  /// Endpoints the account gives win over the server's document, which is read all the same when
  /// there is an issuer: it says more than addresses.
  static func metadata(
    for job: Job, client: HTTPClient, deadline: BootInstant
  ) throws(CourierFailure) -> ServerMetadata {
    let configured = try AccountSettings.endpoints(of: job)
    guard let issuer = try AccountSettings.issuer(job["issuer"]) else {
      let asksPeople = configured[.authorization] != nil || configured[.deviceAuthorization] != nil
      guard asksPeople, configured[.token] != nil else {
        let needed =
          job.kind == .device ? "a device_authorization_endpoint" : "an authorization_endpoint"
        throw CourierFailure(
          .failed, "\(job.account) has neither an issuer nor \(needed) and token_endpoint")
      }
      return ServerMetadata(configured: configured, issuer: nil)
    }
    return try document(of: issuer, for: job, client: client, deadline: deadline)
      .overridden(by: configured)
  }

  /// Reads the document at the first of the issuer's well-known addresses that has one.
  ///
  /// - Parameter addresses: in another order than that of OpenID Connect.
  static func document(
    of issuer: Issuer, at addresses: [Endpoint]? = nil, for job: Job, client: HTTPClient,
    deadline: BootInstant
  ) throws(CourierFailure) -> ServerMetadata {
    var statuses: [Int] = []
    var addresses = (addresses ?? issuer.wellKnownAddresses)[...]
    while let address = addresses.popFirst() {
      let response: Response
      do { response = try client.get(address, deadline: deadline) } catch { throw error.failure }
      if isElsewhere(response) {
        statuses.append(response.status)
        continue
      }
      guard response.status == 200 else {
        throw CourierFailure(server: response, at: address, saying: "its metadata")
      }
      let metadata: ServerMetadata
      do { metadata = try ServerMetadata(validating: response.body, issuer: issuer) } catch {
        throw failure(error, of: issuer, for: job)
      }
      return supplemented(
        metadata, of: issuer, from: addresses, for: job, client: client, deadline: deadline)
    }
    throw nothingFound(at: issuer, statuses, job)
  }

  /// Why a document is not this issuer's.
  private static func failure(
    _ fault: ServerMetadataFault, of issuer: Issuer, for job: Job
  ) -> CourierFailure {
    guard case .issuerWrong(let named) = fault, !named.text.isEmpty else {
      return CourierFailure(
        .failed, "\(shown(issuer.endpoint.host)): \(fault)", remedy: fault.remedy)
    }
    // Only a slash is a slip of the pen; any other name may be somebody else's (RFC 8414 §6.2).
    let own = issuer.text
    let spellings = [own + "/"] + (own.hasSuffix("/") ? [String(own.dropLast())] : [])
    let meant = spellings.first { $0.utf8.elementsEqual(named.text.utf8) }
    return CourierFailure(
      .failed, "the server's metadata calls its issuer \(named), not \(shown(own))",
      remedy: fault.remedy, hint: meant.map { suggestion($0, job) })
  }

  /// None of the well-known addresses has the document.
  private static func nothingFound(
    at issuer: Issuer, _ statuses: [Int], _ job: Job
  ) -> CourierFailure {
    if let part = issuer.text.firstRange(of: "/.well-known/") {
      let front = String(issuer.text[..<part.lowerBound])
      return CourierFailure(
        .failed, "the issuer is the part in front of /.well-known/, not \(shown(issuer.text))",
        hint: suggestion(front, job))
    }
    let told =
      statuses.allSatisfy { $0 == statuses.first }
      ? "\(words(for: statuses.first ?? 0)) at every well-known address"
      : statuses.map(words).joined(separator: ", ")
    return CourierFailure(
      .failed,
      "no metadata at \(shown(issuer.text)): \(told); check the issuer, or give "
        + "authorization_endpoint and token_endpoint")
  }

  private static func words(for status: Int) -> String {
    switch status {
    case 200: "a page for people"
    case 300...399: "a redirect, which is not followed (\(status)),"
    default: "status \(status)"
    }
  }

  private static func suggestion(_ issuer: String, _ job: Job) -> String {
    "\(job.targetCommand) --issuer \(shellQuoted(issuer))"
  }

  /// Whether an answer says that the document is not here; a redirect is one, for it is not
  /// followed (RFC 8414 §6.2), and so is the page some servers show for every unknown address.
  static func isElsewhere(_ response: Response) -> Bool {
    switch response.status {
    case 408, 429: false
    case 300...499: true
    case 200: response.fields["Content-Type"]?.lowercased().hasPrefix("text/html") ?? false
    default: false
    }
  }
}

extension CourierFailure {
  /// A document could not be had: what the status means, and how long to wait.
  init(server response: Response, at endpoint: Endpoint, saying what: String) {
    let isTrouble =
      response.status >= 500 || response.status == 408 || response.status == 429
    let wait = RetryAfter.parse(response.fields["Retry-After"], now: wallClockSeconds())
    self.init(
      isTrouble ? .temporarilyUnavailable : .failed,
      "\(shown(endpoint.host)) answered the request for \(what) with status \(response.status)",
      remedy: isTrouble ? .later(seconds: wait) : .administrator)
    httpStatus = response.status
    if isTrouble { retryAfter = wait }
  }
}
