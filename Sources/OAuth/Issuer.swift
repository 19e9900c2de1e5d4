/// An issuer identifier (RFC 8414 §2): an address without query and fragment.
package struct Issuer: Sendable, Hashable, CustomStringConvertible {
  /// The identifier byte for byte as it was given; it is compared so and never changed.
  package let text: String
  package let endpoint: Endpoint

  package var description: String { text }

  package init(_ text: String) throws(AddressFault) {
    endpoint = try Endpoint(text)
    guard endpoint.query == nil else { throw .query }
    self.text = text
  }

  /// Whether the other text is this issuer, by simple string comparison (RFC 9207 §2.4).
  package func isIdentical(to other: String) -> Bool { text.isIdentical(to: other) }

  /// Where the metadata may be, likeliest first.
  ///
  /// OpenID Connect Discovery 1.0 §4.1 appends to the issuer; RFC 8414 §3.1 puts its name between
  /// host and path; servers exist that have the OpenID name there.
  package var wellKnownAddresses: [Endpoint] {
    let path = endpoint.path.hasSuffix("/") ? String(endpoint.path.dropLast()) : endpoint.path
    let paths = [
      "\(path)/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server\(path)",
      "/.well-known/openid-configuration\(path)",
    ]
    let origin = "\(endpoint.scheme.rawValue)://\(endpoint.authority)"
    // Without a path the first and the last are one.
    return (path.isEmpty ? Array(paths.prefix(2)) : paths)
      .compactMap { path in try? Endpoint(origin + path) }
  }

  /// The same addresses, that of OAuth first: what a resource names is a server of OAuth (RFC 9728
  /// §2), whose document may hold more than the one of OpenID Connect beside it.
  package var wellKnownAddressesForResources: [Endpoint] {
    Array(wellKnownAddresses.dropFirst() + wellKnownAddresses.prefix(1))
  }
}
