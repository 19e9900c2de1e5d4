import Attributes
import OAuth

/// A client that was registered for an account (RFC 7591), as the agent keeps it.
///
/// It belongs to the account, not to a session: it outlives a sign-out and serves the next
/// sign-in.
struct Registration: Sendable, Redacted {
  /// Seconds a secret must still live: as long as a person may take to sign in.
  private static let shortestLife = LoginJob.defaultTimeout

  /// The server that knows it: no other is ever shown it.
  let server: String
  let clientID: String
  /// A secret, where the server gave one although none was asked for.
  let secret: String?
  /// When the secret dies, in seconds since 1970; nil for never.
  let secretExpiresAt: Int64?
  let method: ClientAuthenticationMethod
  /// The addresses and the scope it was registered with.
  let redirectURIs: [String]
  let scope: Scope?
  /// Whether its tokens are to be bound to a key.
  let isProven: Bool
  /// Whether it may be signed in to on another device.
  let usesDevices: Bool
  /// What the registration is ended with (RFC 7592); nil where the server lets nobody do that.
  let management: ClientRegistrationResponse.Management?

  init(_ response: ClientRegistrationResponse, server: String, wish: ClientChoice.Wish) {
    self.server = server
    clientID = response.clientID
    secret = response.clientSecret
    secretExpiresAt = response.clientSecretExpiresAt
    method = response.method
    redirectURIs = wish.redirectURIs.map(\.text)
    scope = wish.scope
    isProven = wish.isProven
    usesDevices = wish.usesDevices
    management = response.management
  }

  /// Reads the `registration.` lines of a job; nil where there are none, or none that make sense.
  init?(kept job: Job) {
    guard let server = job["registration.issuer"], let id = job["registration.client_id"],
      Grammar.isVSCHAR(id)
    else { return nil }
    self.server = server
    clientID = id
    secret = job["registration.client_secret"]
    guard secret.map(Grammar.isVSCHAR) ?? true else { return nil }
    secretExpiresAt = job["registration.client_secret_expires_at"].flatMap { Int64($0) }
    let name = job["registration.token_endpoint_auth_method"] ?? "none"
    guard let method = ClientAuthenticationMethod(rawValue: name) else { return nil }
    self.method = method
    redirectURIs = (job["registration.redirect_uris"] ?? "").split(separator: " ").map(String.init)
    scope = job["registration.scope"].flatMap { try? Scope($0) }
    isProven = job.flag("registration.dpop_bound_access_tokens")
    usesDevices = job.flag("registration.device")
    management = Self.management(kept: job)
  }

  private static func management(kept job: Job) -> ClientRegistrationResponse.Management? {
    guard let uri = job["registration.client_uri"], let endpoint = try? Endpoint(uri),
      let token = job["registration.access_token"]
    else { return nil }
    return ClientRegistrationResponse.Management(endpoint: endpoint, accessToken: token)
  }

  /// What a server is called in a registration: its issuer, or the address it registers at where
  /// it has none.
  static func serverName(_ metadata: ServerMetadata) -> String? {
    metadata.issuer?.text ?? metadata.endpoint(.registration)?.text
  }

  /// Whether the client can still do what is wanted.
  ///
  /// Servers hold a client to the addresses and the scope it was registered with, and those that
  /// bind the tokens of a client bind all of them (RFC 9449 §5.2).
  func isGood(for wish: ClientChoice.Wish, now: Int64) -> Bool {
    let hasAddresses = wish.redirectURIs.allSatisfy { redirectURIs.contains($0.text) }
    // Without a scope it has the server's usual one, of which nothing is known.
    let hasScope = wish.scope?.withheld(from: scope?.text ?? "").isEmpty ?? true
    let lives = secretExpiresAt.map { $0 > now + Self.shortestLife } ?? true
    let hasGrants = usesDevices || !wish.usesDevices
    return hasAddresses && hasScope && hasGrants && lives && isProven == wish.isProven
  }

  /// Appends the `registration.` lines.
  func append(to block: inout [UInt8]) throws(AttributeFault) {
    try block.append("registration.issuer", server)
    try block.append("registration.client_id", clientID)
    try block.append("registration.token_endpoint_auth_method", method.rawValue)
    try block.append("registration.redirect_uris", redirectURIs.joined(separator: " "))
    if isProven { block.append("registration.dpop_bound_access_tokens", constant: "yes") }
    if usesDevices { block.append("registration.device", constant: "yes") }
    if let scope { try block.append("registration.scope", scope.text) }
    if let secret { try block.append("registration.client_secret", secret) }
    if let secretExpiresAt {
      block.append("registration.client_secret_expires_at", secretExpiresAt)
    }
    if let management {
      try block.append("registration.client_uri", management.endpoint.text)
      try block.append("registration.access_token", management.accessToken)
    }
  }
}
