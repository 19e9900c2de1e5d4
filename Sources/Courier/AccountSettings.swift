import OAuth

/// The addresses an account gives itself, and the settings that are not understood yet.
enum AccountSettings {
  /// The endpoints given outright; they win over what is discovered.
  static func endpoints(of job: Job) throws(CourierFailure) -> [EndpointName: Endpoint] {
    var endpoints: [EndpointName: Endpoint] = [:]
    for name in EndpointName.allCases {
      guard let text = job[name.rawValue] else { continue }
      endpoints[name] = try endpoint(text, called: name.rawValue)
    }
    return endpoints
  }

  static func endpoint(_ text: String, called name: String) throws(CourierFailure) -> Endpoint {
    do { return try Endpoint(text) } catch {
      throw CourierFailure(.failed, "\(name) is refused: \(error)")
    }
  }

  static func issuer(_ text: String?) throws(CourierFailure) -> Issuer? {
    guard let text else { return nil }
    do { return try Issuer(text) } catch {
      throw CourierFailure(.failed, "issuer is refused: \(error)")
    }
  }

  static func clientID(of job: Job) throws(CourierFailure) -> String {
    guard let id = job["client_id"] else {
      throw CourierFailure(.failed, "\(job.account) has no client_id")
    }
    guard Grammar.isVSCHAR(id) else {
      throw CourierFailure(.failed, "client_id holds something other than printable ascii")
    }
    return id
  }

  /// The client as the account and the server's metadata make it.
  static func client(
    of job: Job, _ metadata: ServerMetadata, secret: String?
  ) throws(CourierFailure) -> Client {
    let id = try clientID(of: job)
    do {
      let authentication = try ClientAuthentication.choose(
        secret: secret, method: job["token_endpoint_auth_method"], metadata: metadata)
      return Client(id: id, authentication: authentication)
    } catch { throw CourierFailure(.failed, error.description) }
  }

  static func redirectURIs(of job: Job) throws(CourierFailure) -> [RedirectURI] {
    let texts = job.all("redirect_uri")
    var uris: [RedirectURI] = []
    for text in texts.isEmpty ? ["http://localhost:3000/callback"] : texts {
      do { uris.append(try RedirectURI(text)) } catch {
        throw CourierFailure(.failed, "redirect_uri is refused: \(error)")
      }
    }
    return uris
  }

  /// Refuses what would be weaker or wrong if it were ignored.
  static func refuseUnsupported(in job: Job) throws(CourierFailure) {
    for key in ["dpop_bound_access_tokens", "require_pushed_authorization_requests"]
    where job.flag(key) {
      throw CourierFailure(.failed, "\(key) is not supported yet")
    }
    let methods = [
      "private_key_jwt", "client_secret_jwt", "tls_client_auth", "self_signed_tls_client_auth",
    ]
    if let method = job["token_endpoint_auth_method"], methods.contains(method) {
      throw CourierFailure(.failed, "token_endpoint_auth_method \(method) is not supported yet")
    }
  }
}

extension ServerMetadata {
  /// The endpoint, or the failure that says it is missing.
  func need(_ name: EndpointName) throws(CourierFailure) -> Endpoint {
    do { return try require(name) } catch { throw CourierFailure(.failed, error.description) }
  }
}
