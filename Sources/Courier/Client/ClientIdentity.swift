import OAuth
import Platform
import TLS

/// The client as it shows itself to one server.
struct ClientIdentity: Sendable, Redacted {
  /// What the client shows; one case for each way.
  private enum Proof: Sendable {
    case nothing
    case basic(secret: String)
    case post(secret: String)
    case keyedHash(secret: String, Addressee)
    case signature(AssertionKey, Addressee)
    case certificate(CertificateAndKey, Client.CertificateMethod)
  }

  /// Whom assertions are for, as the account says.
  private enum Addressee {
    case issuer(Issuer)
    case tokenEndpoint(Endpoint)
    case askedEndpoint

    func audience(asking endpoint: Endpoint) -> ClientAssertion.Audience {
      switch self {
      case .issuer(let issuer): .issuer(issuer)
      case .tokenEndpoint(let endpoint): .tokenEndpoint(endpoint)
      case .askedEndpoint: .asked(endpoint)
      }
    }
  }

  let id: String
  let method: ClientAuthenticationMethod
  /// The server as this client calls it: with its other addresses for clients with a certificate
  /// (RFC 8705 §5), where this is one.
  let metadata: ServerMetadata
  /// What helps where the server does not know the client any more that it has registered; nil for
  /// a client of the account's own.
  let renewal: String?
  private let proof: Proof

  /// Chooses how the client authenticates.
  ///
  /// - Parameters:
  ///   - method: by its registered name; nil leaves it to what there is to show and what the server
  ///     takes.
  ///   - algorithm: the one that was signed with before, for a server whose list is not at hand.
  init(
    id: String, method: String?, job: Job, metadata: ServerMetadata, credentials: Credentials,
    algorithm: String? = nil
  ) throws(CourierFailure) {
    self.id = id
    renewal = Registration(kept: job)?.clientID == id ? job.renewalCommand : nil
    do {
      self.method = try ClientAuthenticationMethod.choose(
        configured: method, credentials: credentials.available(for: method), metadata: metadata)
    } catch { throw CourierFailure(.failed, error.description) }
    self.metadata = self.method.usesCertificate ? metadata.withMutualTLS() : metadata
    proof = try Self.proof(
      by: self.method, job, self.metadata, credentials, rememberedAlgorithm: algorithm)
  }

  /// What the handshake shows, only where the method is one of those that do.
  var certificate: CertificateAndKey? {
    guard case .certificate(let certificate, _) = proof else { return nil }
    return certificate
  }

  /// The algorithm of the assertions; nil for a method without a key.
  var assertionAlgorithm: JWSAlgorithm? {
    guard case .signature(let key, _) = proof else { return nil }
    return key.algorithm
  }

  /// The values of client_assertion_audience that the account does not have; empty for a method
  /// without assertions.
  var otherAudiences: [String] {
    switch proof {
    case .keyedHash(_, let addressee), .signature(_, let addressee):
      switch addressee {
      case .issuer: ["token_endpoint", "endpoint"]
      case .tokenEndpoint: ["issuer", "endpoint"]
      case .askedEndpoint: ["issuer", "token_endpoint"]
      }
    default: []
    }
  }

  /// Whether the `Authorization` header of Basic holds anything percent-encoded.
  var needsEncoding: Bool {
    guard case .basic(let secret) = proof else { return false }
    return [id, secret].contains { FormParameters.encode($0) != $0 }
  }

  /// Refuses to show an assertion that names a token endpoint to anybody but that endpoint's own
  /// server.
  ///
  /// A server says itself where its token endpoint is, and could name another server's: what the
  /// client then shows it at a neighbouring endpoint would be good there. An assertion that names
  /// the issuer is good for nobody else, since the issuer is checked (RFC 8414 §3.3), and one that
  /// names the endpoint it is shown to is good there alone.
  func check(sendingTo endpoint: Endpoint) throws(CourierFailure) {
    guard metadata.issuer != nil, let place = assertionPlace, !endpoint.isSameOrigin(as: place)
    else { return }
    throw CourierFailure(
      .failed,
      "an assertion for the token endpoint at \(shown(place.authority)) is not shown to "
        + "\(shown(endpoint.authority)), which could use it there; give "
        + "client_assertion_audience = issuer")
  }

  private var assertionPlace: Endpoint? {
    switch proof {
    case .keyedHash(_, .tokenEndpoint(let place)), .signature(_, .tokenEndpoint(let place)): place
    default: nil
    }
  }

  /// The client before it has shown anything: for a request that only tells where it goes.
  var unproven: Client { Client(id: id, authentication: .none) }

  /// The client for one request to an endpoint: an assertion is good for no second one
  /// (RFC 7523 §3).
  func client(asking endpoint: Endpoint) throws(CourierFailure) -> Client {
    switch proof {
    case .nothing: return unproven
    case .basic(let secret): return Client(id: id, authentication: .basic(secret: secret))
    case .post(let secret): return Client(id: id, authentication: .post(secret: secret))
    case .certificate(_, let method): return Client(id: id, certificate: method)
    case .keyedHash(let secret, let addressee):
      let entropy = try Entropy.fresh()
      do {
        let assertion = try ClientAssertion(
          clientID: id, audience: addressee.audience(asking: endpoint), id: entropy,
          now: wallClockSeconds()
        ) { (bytes) throws(CryptographyError) in try HMAC.sha256(bytes, key: Array(secret.utf8)) }
        return Client(id: id, assertion: assertion)
      } catch { throw CourierFailure(.failed, "cannot sign for the client: \(error.sentence)") }
    case .signature(let key, let addressee):
      return Client(
        id: id, assertion: try key.assertion(of: id, for: addressee.audience(asking: endpoint)))
    }
  }

  private static func proof(
    by method: ClientAuthenticationMethod, _ job: Job, _ metadata: ServerMetadata,
    _ credentials: Credentials, rememberedAlgorithm: String?
  ) throws(CourierFailure) -> Proof {
    switch (method, credentials.secret, credentials.key, credentials.certificate) {
    case (.none, _, _, _): return .nothing
    case (.basic, let secret?, _, _): return .basic(secret: secret)
    case (.post, let secret?, _, _): return .post(secret: secret)
    case (.secretJWT, let secret?, _, _):
      try AssertionKey.checkKeyedHash(job)
      return .keyedHash(secret: secret, try addressee(job, metadata))
    case (.privateKeyJWT, _, let key?, _):
      let key = try AssertionKey(
        key, id: credentials.keyID, job, metadata, remembered: rememberedAlgorithm)
      return .signature(key, try addressee(job, metadata))
    case (.tls, _, _, let certificate?):
      try checkHandshake(method, metadata)
      return .certificate(certificate, .issuedByAnAuthority)
    case (.selfSignedTLS, _, _, let certificate?):
      try checkHandshake(method, metadata)
      return .certificate(certificate, .selfSigned)
    default:
      throw CourierFailure(.failed, "there is nothing to do \(method.rawValue) with")
    }
  }

  /// Whom assertions are for (RFC 7523 §3, point 3).
  private static func addressee(
    _ job: Job, _ metadata: ServerMetadata
  ) throws(CourierFailure) -> Addressee {
    let setting = job["client_assertion_audience"]
    switch (setting ?? "issuer", metadata.issuer) {
    case ("issuer", let issuer?): return .issuer(issuer)
    case ("issuer", nil) where setting != nil:
      throw CourierFailure(
        .failed, "client_assertion_audience = issuer needs an issuer, and \(job.account) has none")
    case ("issuer", nil), ("token_endpoint", _):
      return .tokenEndpoint(try metadata.need(.token))
    case ("endpoint", _): return .askedEndpoint
    default:
      throw CourierFailure(
        .failed, "client_assertion_audience is issuer, token_endpoint or endpoint")
    }
  }

  /// Without TLS there is no handshake to show a certificate in.
  private static func checkHandshake(
    _ method: ClientAuthenticationMethod, _ metadata: ServerMetadata
  ) throws(CourierFailure) {
    guard let endpoint = metadata.endpoint(.token), endpoint.scheme == .http else { return }
    throw CourierFailure(
      .failed, "\(method.rawValue) needs https, and the token endpoint \(endpoint.text) has none")
  }
}

extension Credentials {
  /// What may be chosen from: a key that came with a certificate is there for the handshake, unless
  /// the account says what it is for.
  fileprivate func available(for method: String?) -> ClientCredentials {
    ClientCredentials(
      secret: secret, hasKey: key != nil && (method != nil || certificate == nil),
      hasCertificate: certificate != nil)
  }
}
