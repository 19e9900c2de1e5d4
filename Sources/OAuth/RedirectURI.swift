/// A redirection URI (RFC 6749 §3.1.2), sorted by who will hear what is sent to it.
package struct RedirectURI: Sendable, Hashable, CustomStringConvertible {
  package enum Family: Sendable, Hashable {
    case v4
    case v6
  }

  package enum Kind: Sendable, Hashable {
    /// `http://localhost:PORT/PATH`: heard on both loopback addresses. Here and below `https` too,
    /// where there is a certificate to listen with.
    case loopbackHostname(port: UInt16, path: String)
    /// `http://127.0.0.1[:PORT]/PATH` or `http://[::1][:PORT]/PATH`; without a port, any free one
    /// (RFC 8252 §7.3).
    case loopbackAddress(Family, port: UInt16?, path: String)
    /// A private-use scheme (RFC 8252 §7.1) or a hosted page: nothing here can listen to it.
    case elsewhere
  }

  /// Schemes that make a browser run or read something instead of handing over the answer.
  private static let refusedSchemes: Set<String> = [
    "javascript", "vbscript", "data", "file", "blob", "about", "filesystem", "view-source",
  ]

  /// The URI byte for byte; this is what both requests must carry (RFC 6749 §4.1.3).
  package let text: String
  package let kind: Kind
  /// Whether the answer comes over TLS; only ever true for a loopback URI that is listened to.
  package let usesTLS: Bool
  /// The URI's own query, which stays in front of what the server adds.
  package let query: String?

  package var description: String { text }

  /// Sorts a URI.
  ///
  /// - Parameter hasCertificate: whether a loopback URI with `https` can be listened to; without a
  ///   certificate it is `elsewhere`.
  package init(_ text: String, hasCertificate: Bool = false) throws(AddressFault) {
    let uri = try URI(text)
    guard uri.fragment == nil else { throw .fragment }
    guard !Self.refusedSchemes.contains(uri.scheme) else { throw .foreignScheme(uri.scheme) }
    self.text = text
    query = uri.query
    switch uri.scheme {
    case "http":
      kind = try Self.loopback(uri)
      usesTLS = false
    case "https":
      let (host, _) = try uri.hostAndPort()
      usesTLS = hasCertificate && Loopback.contains(host)
      kind = usesTLS ? try Self.loopback(uri) : .elsewhere
    default:
      kind = .elsewhere
      usesTLS = false
    }
  }

  private init(text: String, kind: Kind, usesTLS: Bool, query: String?) {
    self.text = text
    self.kind = kind
    self.usesTLS = usesTLS
    self.query = query
  }

  private var scheme: Endpoint.Scheme { usesTLS ? .https : .http }

  private static func loopback(_ uri: URI) throws(AddressFault) -> Kind {
    let (host, port) = try uri.hostAndPort()
    let path = uri.path.isEmpty ? "/" : uri.path
    switch host {
    case Loopback.name:
      // Servers hold `localhost` to the registered port, so that a free one would never do.
      guard let port else { throw .portMissing }
      return .loopbackHostname(port: port, path: path)
    case Loopback.v4: return .loopbackAddress(.v4, port: port, path: path)
    case Loopback.v6: return .loopbackAddress(.v6, port: port, path: path)
    default: throw .plainHTTP(host: host)
    }
  }

  /// What the `Host` field of the answer must say; `nil` where nothing is listened to.
  package var authority: String? {
    let (host, port): (String, UInt16?) =
      switch kind {
      case .loopbackHostname(let port, _): (Loopback.name, port)
      case .loopbackAddress(.v4, let port, _): (Loopback.v4, port)
      case .loopbackAddress(.v6, let port, _): ("[\(Loopback.v6)]", port)
      case .elsewhere: ("", nil)
      }
    guard let port else { return nil }
    return port == scheme.defaultPort ? host : "\(host):\(port)"
  }

  /// The URI with the port that was found free; unchanged where it has a port or takes none.
  package func withPort(_ port: UInt16) -> RedirectURI {
    guard case .loopbackAddress(let family, nil, let path) = kind else { return self }
    let bytes = Array(text.utf8)
    let start = "\(scheme.rawValue)://".utf8.count
    let end =
      bytes[start...].firstIndex { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "?") }
      ?? bytes.endIndex
    let spliced = bytes[..<end] + ":\(port)".utf8 + bytes[end...]
    return RedirectURI(
      text: String(decoding: spliced, as: UTF8.self),
      kind: .loopbackAddress(family, port: port, path: path), usesTLS: usesTLS, query: query)
  }
}
