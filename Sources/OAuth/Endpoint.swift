/// An address of a server that may be called: https, or http on this machine (RFC 6749 §3.1, §3.2).
package struct Endpoint: Sendable, Hashable, CustomStringConvertible {
  package enum Scheme: String, Sendable {
    case https
    case http

    /// The port where none is written.
    package var defaultPort: UInt16 { self == .https ? 443 : 80 }
  }

  /// The address byte for byte as it was given.
  package let text: String
  package let scheme: Scheme
  /// The host in lower case; an IPv6 address has no brackets here.
  package let host: String
  package let port: UInt16
  /// The path, `/` where none is written.
  package let path: String
  /// The endpoint's own query, which is kept when parameters are added (RFC 6749 §3.1).
  package let query: String?

  /// Whether the host is this machine itself.
  package var isLoopback: Bool { Loopback.contains(host) }

  /// What a `Host` header field says (RFC 9110 §7.2): the port only where it is not the default.
  package var authority: String {
    let name = host.contains(":") ? "[\(host)]" : host
    return port == scheme.defaultPort ? name : "\(name):\(port)"
  }

  /// The path and the query, as a request line has them.
  package var requestTarget: String { query.map { "\(path)?\($0)" } ?? path }

  package var description: String { text }

  /// Whether a segment of the path is `.` or `..`, which whoever serves it may follow elsewhere; a
  /// dot may be spelled `%2e` as well (RFC 3986 §6.2.2.2).
  var hasDotSegment: Bool {
    let segments = path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false)
    return segments.contains { segment in
      [".", ".."].contains(FormParameters.decode(String(segment) ?? "") ?? "")
    }
  }

  /// Whether the other one has the same scheme, host and port (RFC 6454 §5).
  package func isSameOrigin(as other: Endpoint) -> Bool {
    scheme == other.scheme && host.isIdentical(to: other.host) && port == other.port
  }

  package init(_ text: String) throws(AddressFault) {
    let uri = try URI(text)
    guard let scheme = Scheme(rawValue: uri.scheme) else {
      throw .foreignScheme(String(uri.scheme.prefix(32)))
    }
    guard uri.fragment == nil else { throw .fragment }
    let (host, port) = try uri.hostAndPort()
    guard scheme == .https || Loopback.contains(host) else { throw .plainHTTP(host: host) }
    self.text = text
    self.scheme = scheme
    self.host = host
    self.port = port ?? scheme.defaultPort
    path = uri.path.isEmpty ? "/" : uri.path
    query = uri.query
  }

  /// The endpoint with parameters added behind its own query.
  func appending(_ parameters: FormParameters) -> String {
    guard let query else { return "\(text)?\(parameters.encoded())" }
    let joint = query.isEmpty || query.utf8.last == UInt8(ascii: "&") ? "" : "&"
    return text + joint + parameters.encoded()
  }
}
