/// A resource that can say which authorization servers it trusts (RFC 9728 §1.2, §3).
package struct ProtectedResource: Sendable, Hashable {
  /// The resource's identifier: its address byte for byte.
  package let endpoint: Endpoint

  package var text: String { endpoint.text }

  package init(_ endpoint: Endpoint) { self.endpoint = endpoint }

  /// Where its metadata is when no challenge says so: the well-known name stands between host and
  /// path (RFC 9728 §3.1).
  package var wellKnownAddress: Endpoint? {
    Self.wellKnown(endpoint, path: endpoint.requestTarget)
  }

  /// Where the metadata of the whole host would be: of another resource, strictly, and looked for
  /// only under `ProtectedResourceRule.covering`.
  package var wellKnownAddressOfHost: Endpoint? { Self.wellKnown(endpoint, path: "/") }

  private static func wellKnown(_ endpoint: Endpoint, path: String) -> Endpoint? {
    // A slash right behind the host goes; one that ends a path stays.
    let tail = path == "/" ? "" : path.hasPrefix("/?") ? String(path.dropFirst()) : path
    return try? Endpoint(
      "\(endpoint.scheme.rawValue)://\(endpoint.authority)/.well-known/oauth-protected-resource"
        + tail)
  }

  /// Whether the text is the resource, byte for byte (RFC 9728 §6).
  func isIdentical(to other: String) -> Bool { endpoint.text.isIdentical(to: other) }

  /// Whether the text is an address of the same scheme, host and port whose path is this one's or
  /// leads to it in whole steps.
  package func isCovered(by other: String) -> Bool {
    // `/a/../b` is not below `/a`: what is for the one must not be shown to the other.
    guard !endpoint.hasDotSegment, let other = try? Endpoint(other),
      other.scheme == endpoint.scheme,
      other.host.isIdentical(to: endpoint.host), other.port == endpoint.port, other.query == nil
    else { return false }
    let path = other.path.hasSuffix("/") ? other.path : other.path + "/"
    return (endpoint.path + "/").hasPrefix(path)
  }
}

/// How the `resource` of a metadata document is held against the address that was asked
/// (RFC 9728 §3.3).
package enum ProtectedResourceRule: Sendable, Hashable {
  /// Byte for byte, as the specification has it.
  case identical
  /// Weaker: a resource of the same origin whose path leads to the address will do. Servers of the
  /// Model Context Protocol often name their origin alone.
  case covering
}
