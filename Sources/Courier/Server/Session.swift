import Attributes
import OAuth

/// What a sign-in leaves for later jobs, so that they need no discovery: no secret, but the ID
/// token, which refreshed ones are held against, and the key the tokens are bound to.
///
/// The agent keeps the `session.` and `secret.` lines without reading them and hands them back.
struct Session: Sendable {
  let issuer: Issuer?
  let clientID: String
  let tokenEndpoint: Endpoint
  let revocationEndpoint: Endpoint?
  let endSessionEndpoint: Endpoint?
  let userinfoEndpoint: Endpoint?
  let keysEndpoint: Endpoint?
  /// How the client authenticates, by its name in the specifications.
  let authenticationMethod: String
  /// What the client's assertions are signed with; nil where it makes none.
  let assertionAlgorithm: String?
  /// The algorithms the server lists for ID tokens; nil where it lists none.
  let algorithms: [String]?
  /// The same for what its userinfo endpoint signs.
  let userinfoAlgorithms: [String]?
  /// Where the access tokens are to be used, as asked for at sign-in (RFC 8707).
  let resources: [ResourceIndicator]
  /// The ID token of the sign-in.
  let idToken: String?
  /// The server's keys as they were fetched last, as one line of JSON.
  let keys: String?
  /// The key the tokens are bound to; nil for bearer tokens.
  let proofKey: ProofKey?
  /// The last nonce the server gave for proofs.
  let nonce: String?

  /// What is to be kept of a sign-in.
  init(
    talk: ServerTalk, tokenEndpoint: Endpoint, resources: [ResourceIndicator] = [],
    idToken: String?, keys: String?
  ) {
    let metadata = talk.identity.metadata
    issuer = metadata.issuer
    clientID = talk.identity.id
    self.tokenEndpoint = tokenEndpoint
    revocationEndpoint = metadata.endpoint(.revocation)
    endSessionEndpoint = metadata.endpoint(.endSession)
    userinfoEndpoint = metadata.endpoint(.userinfo)
    keysEndpoint = metadata.endpoint(.jwks)
    authenticationMethod = talk.identity.method.rawValue
    assertionAlgorithm = talk.identity.assertionAlgorithm?.rawValue
    algorithms = metadata.list(.idTokenSigningAlgorithms)
    userinfoAlgorithms = metadata.list(.userinfoAlgorithms)
    self.resources = resources
    self.idToken = idToken
    self.keys = keys
    proofKey = talk.proofKey
    nonce = talk.nonce?.text
  }

  /// Reads what was kept; endpoints the account gives now win over it.
  ///
  /// Nil when the job has no `session.` lines.
  init?(kept job: Job) throws(CourierFailure) {
    let configured = try AccountSettings.endpoints(of: job)
    func endpoint(_ name: EndpointName) throws(CourierFailure) -> Endpoint? {
      if let endpoint = configured[name] { return endpoint }
      let key = "session.\(name.rawValue)"
      guard let text = job[key] else { return nil }
      return try AccountSettings.endpoint(text, called: key)
    }
    let methodKey = "token_endpoint_auth_method"
    guard job["session.token_endpoint"] != nil, let token = try endpoint(.token) else { return nil }
    tokenEndpoint = token
    issuer = try AccountSettings.issuer(job["session.issuer"])
    // The tokens belong to the client they were given to, whatever the account says by now.
    if let id = job["session.client_id"] {
      clientID = id
    } else {
      clientID = try AccountSettings.clientID(of: job)
    }
    revocationEndpoint = try endpoint(.revocation)
    endSessionEndpoint = try endpoint(.endSession)
    userinfoEndpoint = try endpoint(.userinfo)
    keysEndpoint = try endpoint(.jwks)
    // A registered client has the method the server gave it.
    let method = job["registration.client_id"] == clientID ? nil : job[methodKey]
    authenticationMethod = method ?? job["session.\(methodKey)"] ?? "none"
    assertionAlgorithm = job["session.token_endpoint_auth_signing_alg"]
    algorithms = Self.words("session.id_token_signing_alg_values_supported", job)
    userinfoAlgorithms = Self.words("session.userinfo_signing_alg_values_supported", job)
    resources = try AccountSettings.resources(
      Self.words("session.resource", job) ?? [], called: "session.resource")
    idToken = job["secret.id_token"]
    keys = job["session.jwks"]
    proofKey = try ProofKey(kept: job)
    nonce = job["session.dpop_nonce"]
  }

  private static func words(_ key: String, _ job: Job) -> [String]? {
    job[key].map { $0.split(separator: " ").map(String.init) }
  }

  /// What is known of the server without asking it.
  var metadata: ServerMetadata {
    let endpoints: [EndpointName: Endpoint?] = [
      .token: tokenEndpoint, .revocation: revocationEndpoint, .endSession: endSessionEndpoint,
      .userinfo: userinfoEndpoint, .jwks: keysEndpoint,
    ]
    return ServerMetadata(configured: endpoints.compactMapValues { $0 }, issuer: issuer)
  }

  /// Appends the `session.` and `secret.` lines.
  func append(to block: inout [UInt8]) throws(AttributeFault) {
    try block.append("session.client_id", clientID)
    try block.append("session.token_endpoint", tokenEndpoint.text)
    try block.append("session.token_endpoint_auth_method", authenticationMethod)
    let optional: [(StaticString, String?)] = [
      ("session.issuer", issuer?.text),
      ("session.revocation_endpoint", revocationEndpoint?.text),
      ("session.end_session_endpoint", endSessionEndpoint?.text),
      ("session.userinfo_endpoint", userinfoEndpoint?.text),
      ("session.jwks_uri", keysEndpoint?.text),
      ("session.token_endpoint_auth_signing_alg", assertionAlgorithm),
      ("session.id_token_signing_alg_values_supported", algorithms?.joined(separator: " ")),
      ("session.userinfo_signing_alg_values_supported", userinfoAlgorithms?.joined(separator: " ")),
      ("session.resource", resources.isEmpty ? nil : resources.map(\.text).joined(separator: " ")),
      ("session.dpop_alg", proofKey?.algorithm.rawValue),
      ("session.dpop_jkt", proofKey?.thumbprint),
      ("session.dpop_nonce", nonce),
      ("secret.dpop_key", proofKey?.storable),
      ("secret.id_token", idToken),
      ("session.jwks", keys),
    ]
    for case (let key, let value?) in optional { try block.append(key, value) }
  }
}
