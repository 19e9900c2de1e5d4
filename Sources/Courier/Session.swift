import Attributes
import OAuth

/// What a sign-in leaves for later jobs, so that they need no discovery: no secret, but the ID
/// token, which refreshed ones are held against.
///
/// The agent keeps the `session.` lines without reading them and hands them back.
struct Session: Sendable {
  let issuer: Issuer?
  let clientID: String
  let tokenEndpoint: Endpoint
  let revocationEndpoint: Endpoint?
  let endSessionEndpoint: Endpoint?
  let keysEndpoint: Endpoint?
  /// How the client authenticates, by its name in the specifications.
  let authenticationMethod: String
  /// The algorithms the server lists for ID tokens; nil where it lists none.
  let algorithms: [String]?
  /// The ID token of the sign-in.
  let idToken: String?
  /// The server's keys as they were fetched last, as one line of JSON.
  let keys: String?

  /// What is to be kept of a sign-in.
  init(
    metadata: ServerMetadata, client: Client, tokenEndpoint: Endpoint, idToken: String?,
    keys: String?
  ) {
    issuer = metadata.issuer
    clientID = client.id
    self.tokenEndpoint = tokenEndpoint
    revocationEndpoint = metadata.endpoint(.revocation)
    endSessionEndpoint = metadata.endpoint(.endSession)
    keysEndpoint = metadata.endpoint(.jwks)
    authenticationMethod = client.authentication.method
    algorithms = metadata.list(.idTokenSigningAlgorithms)
    self.idToken = idToken
    self.keys = keys
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
    keysEndpoint = try endpoint(.jwks)
    authenticationMethod =
      job["token_endpoint_auth_method"] ?? job["session.token_endpoint_auth_method"] ?? "none"
    algorithms = job["session.id_token_signing_alg_values_supported"]
      .map { $0.split(separator: " ").map(String.init) }
    idToken = job["secret.id_token"]
    keys = job["session.jwks"]
  }

  /// Appends the `session.` lines.
  func append(to block: inout [UInt8]) throws(AttributeFault) {
    try block.append("session.client_id", clientID)
    try block.append("session.token_endpoint", tokenEndpoint.text)
    try block.append("session.token_endpoint_auth_method", authenticationMethod)
    let optional: [(StaticString, String?)] = [
      ("session.issuer", issuer?.text),
      ("session.revocation_endpoint", revocationEndpoint?.text),
      ("session.end_session_endpoint", endSessionEndpoint?.text),
      ("session.jwks_uri", keysEndpoint?.text),
      ("session.id_token_signing_alg_values_supported", algorithms?.joined(separator: " ")),
      ("secret.id_token", idToken),
      ("session.jwks", keys),
    ]
    for case (let key, let value?) in optional { try block.append(key, value) }
  }
}

extension ClientAuthentication {
  /// The name of the method (RFC 7591 §2).
  var method: String {
    switch self {
    case .none: "none"
    case .basic: "client_secret_basic"
    case .post: "client_secret_post"
    }
  }
}
