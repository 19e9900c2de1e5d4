import OAuth

/// What an account says of its server and its client, read and checked.
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

  /// Where access tokens are to be used (RFC 8707 §2).
  static func resources(
    _ texts: [String], called name: String
  ) throws(CourierFailure) -> [ResourceIndicator] {
    var resources: [ResourceIndicator] = []
    for text in texts {
      do { resources.append(try ResourceIndicator(text)) } catch {
        throw CourierFailure(.failed, "\(name) is refused: \(error)")
      }
    }
    return resources
  }

  static func scope(_ text: String?) throws(CourierFailure) -> Scope? {
    guard let text else { return nil }
    do { return try Scope(text) } catch { throw CourierFailure(.failed, error.description) }
  }

  static func redirectURIs(of job: Job) throws(CourierFailure) -> [RedirectURI] {
    let texts = job.all("redirect_uri")
    var uris: [RedirectURI] = []
    for text in texts.isEmpty ? ["http://localhost:3000/callback"] : texts {
      do {
        let hasCertificate = job["redirect_certificate"] != nil
        uris.append(try RedirectURI(text, hasCertificate: hasCertificate))
      } catch {
        throw CourierFailure(.failed, "redirect_uri is refused: \(error)")
      }
    }
    return uris
  }
}

extension ServerMetadata {
  /// The endpoint, or the failure that says it is missing.
  func need(_ name: EndpointName) throws(CourierFailure) -> Endpoint {
    do { return try require(name) } catch {
      throw CourierFailure(.failed, error.description, remedy: error.remedy)
    }
  }
}
