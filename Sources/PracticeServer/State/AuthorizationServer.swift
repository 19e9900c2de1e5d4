import OAuth

/// Everything the server knows, as a value: what it was told at its start and what it has issued.
///
/// It opens nothing and waits for nothing. Each endpoint is an extension in a file of its own;
/// ``respond(to:in:)`` chooses among them.
struct AuthorizationServer: Sendable {
  /// The most of each kind of record kept at once, so that no client can fill the memory.
  static let maximumRecords = 100_000
  /// The most sign-in pages open at once, for the same reason.
  static let maximumPending = 1000

  let settings: Settings

  /// By their identifiers and texts. Texts of 256 random bits are found by a dictionary: what its
  /// time tells about them is nothing one could search with.
  var pending: [String: PendingAuthorization] = [:]
  var codes: [String: AuthorizationCode] = [:]
  var grants: [String: Grant] = [:]
  var accessTokens: [String: AccessToken] = [:]
  var refreshTokens: [String: RefreshToken] = [:]
  var pushed: [String: PushedRequest] = [:]
  var devices: [String: DeviceAuthorization] = [:]
  /// Clients that have registered themselves, and those that are a document somewhere else.
  var registrations: [String: Registration] = [:]
  var documents: [String: RegisteredClient] = [:]
  var seen = SeenIdentifiers()
  var nonces = ProofNonceBook()
  /// How often each place was asked; counted for a fault that changes with time.
  var visits: [Place: Int] = [:]

  init(_ settings: Settings) { self.settings = settings }

  /// The client of that name, however it came to be known.
  func client(named id: String) -> RegisteredClient? {
    settings.clients[id] ?? registrations[id]?.client ?? documents[id]
  }

  /// Ends a grant: every token of its family is worthless from now on.
  mutating func end(grant id: String) {
    grants[id] = nil
    accessTokens = accessTokens.filter { $0.value.grantID != id }
    // Used refresh tokens too: without the grant there is nothing left that reuse could end.
    refreshTokens = refreshTokens.filter { $0.value.grantID != id }
  }

  /// The access token and its grant, while both are valid.
  func validAccessToken(_ text: String, at now: Int64) -> (token: AccessToken, grant: Grant)? {
    guard let token = accessTokens[text], token.expiresAt > now, let grant = grants[token.grantID]
    else { return nil }
    return (token, grant)
  }

  /// Makes room for another grant or token, or refuses to grow.
  mutating func makeRoom(at now: Int64) throws(Refusal) {
    guard largestCount >= Self.maximumRecords else { return }
    dropExpired(at: now)
    if largestCount >= Self.maximumRecords { throw .full }
  }

  private var largestCount: Int {
    max(
      codes.count, grants.count, accessTokens.count, refreshTokens.count, pushed.count,
      devices.count)
  }

  private mutating func dropExpired(at now: Int64) {
    accessTokens = accessTokens.filter { $0.value.expiresAt > now }
    refreshTokens = refreshTokens.filter { $0.value.expiresAt > now }
    let alive = Set(accessTokens.values.map(\.grantID)).union(refreshTokens.values.map(\.grantID))
    grants = grants.filter { alive.contains($0.key) }
    codes = codes.filter { _, code in
      if case .used(let grant?) = code.state { return grants[grant] != nil }
      return code.expiresAt > now
    }
    pushed = pushed.filter { $0.value.expiresAt > now }
    devices = devices.filter { $0.value.expiresAt > now }
  }
}
