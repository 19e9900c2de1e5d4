import OAuth

/// Why a client on the command line is refused.
enum RegistrationFault: Error, Equatable {
  case badIdentifier
  case badSecret
  case badRedirect(String, AddressFault)
  case unknownPart(String)

  /// What is wrong, for a person; never the secret.
  var sentence: String {
    switch self {
    case .badIdentifier: "a client needs an identifier of printable ascii before the first comma"
    case .badSecret: "a client secret is printable ascii and not empty"
    case .badRedirect(let uri, let fault): "\(PrintableText(uri)) cannot be a redirect: \(fault)"
    case .unknownPart(let name):
      "a client has secret= and redirect= after its identifier, not \(PrintableText(name))"
    }
  }
}

/// A client this server knows (RFC 6749 §2).
struct RegisteredClient: Sendable, Equatable {
  let id: String
  /// `nil` makes it a public client (RFC 6749 §2.1).
  let secret: String?
  let redirectURIs: [String]

  var isPublic: Bool { secret == nil }

  init(id: String, secret: String?, redirectURIs: [String]) {
    self.id = id
    self.secret = secret
    self.redirectURIs = redirectURIs
  }

  /// Reads `ID[,secret=S][,redirect=URI]...`; without a redirect it gets the usual ones.
  init(parsing text: String) throws(RegistrationFault) {
    var parts = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)[...]
    guard let id = parts.popFirst(), Grammar.isVSCHAR(id) else { throw .badIdentifier }
    var secret: String?
    var redirects: [String] = []
    for part in parts {
      let halves = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
      let value = halves.count > 1 ? String(halves[1]) : ""
      switch halves.first {
      case "secret":
        guard Grammar.isVSCHAR(value), secret == nil else { throw .badSecret }
        secret = value
      case "redirect":
        do { _ = try RedirectURI(value) } catch { throw .badRedirect(value, error) }
        redirects.append(value)
      default: throw .unknownPart(halves.first.map(String.init) ?? "")
      }
    }
    self.init(
      id: id, secret: secret, redirectURIs: redirects.isEmpty ? Self.usualRedirects : redirects)
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
