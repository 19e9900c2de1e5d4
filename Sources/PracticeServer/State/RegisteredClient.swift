import OAuth

/// A client this server knows (RFC 6749 §2).
struct RegisteredClient: Sendable, Equatable {
  let id: String
  let credential: ClientCredential
  let redirectURIs: [String]
  /// The one way it may authenticate; `nil` leaves it the choice.
  var method: ClientMethod?

  var isPublic: Bool { credential == .none }

  var secret: String? { if case .secret(let secret) = credential { secret } else { nil } }

  /// Whether it proves who it is by a TLS handshake.
  var hasCertificate: Bool { if case .certificate = credential { true } else { false } }

  init(
    id: String, credential: ClientCredential, redirectURIs: [String], method: ClientMethod? = nil
  ) {
    self.id = id
    self.credential = credential
    self.redirectURIs = redirectURIs
    self.method = method
  }

  /// A client with a secret, or a public one.
  init(id: String, secret: String?, redirectURIs: [String]) {
    self.init(
      id: id, credential: secret.map { .secret($0) } ?? .none, redirectURIs: redirectURIs)
  }

  /// What native programs come back to: a fixed port, any free one, and a private-use scheme.
  static let usualRedirects = [
    "http://localhost:3000/callback", "http://127.0.0.1/callback", "http://[::1]/callback",
    "com.example.practice://callback",
  ]

  /// The clients that are always there.
  static let builtIn = [
    RegisteredClient(id: "practice", secret: nil, redirectURIs: usualRedirects),
    RegisteredClient(
      id: "practice-web", secret: "practice-web-secret", redirectURIs: usualRedirects),
  ]

  /// Whether it may authenticate in that way.
  func allows(_ method: ClientMethod) -> Bool {
    credential.methods.contains(method) && (self.method ?? method) == method
  }

  /// Whether `requested` is registered: byte for byte, but for the port of a loopback address.
  func allows(redirectTo requested: String) -> Bool {
    redirectURIs.contains { registered in
      if ConstantTime.equal(registered, requested) { return true }
      guard let left = LoopbackRedirect(registered), let right = LoopbackRedirect(requested) else {
        return false
      }
      return left == right
    }
  }
}

/// A redirection URI on a loopback address without its port, which is the client's to choose at
/// the time of the request (RFC 8252 §7.3). `localhost` is a name and has no such freedom.
private struct LoopbackRedirect: Equatable {
  let origin: String
  let rest: [UInt8]

  init?(_ text: String) {
    // The type refuses what only looks like a loopback address, such as 127.0.0.1:80@example.com.
    guard let uri = try? RedirectURI(text), case .loopbackAddress = uri.kind else { return nil }
    let origins = ["http://127.0.0.1", "http://[::1]"]
    guard let origin = origins.first(where: { text.utf8.starts(with: $0.utf8) }) else { return nil }
    self.origin = origin
    var rest = Array(text.utf8.dropFirst(origin.utf8.count))[...]
    if rest.first == UInt8(ascii: ":") {
      rest = rest.dropFirst().drop { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }
    }
    self.rest = Array(rest)
  }
}
