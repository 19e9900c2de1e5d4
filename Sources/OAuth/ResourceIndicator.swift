/// Where an access token is to be used: an absolute URI without a fragment (RFC 8707 §2).
package struct ResourceIndicator: Sendable, Hashable, CustomStringConvertible {
  /// The URI byte for byte; servers compare it so.
  package let text: String

  package var description: String { text }

  package init(_ text: String) throws(AddressFault) {
    let uri = try URI(text)
    guard uri.fragment == nil else { throw .fragment }
    self.text = text
  }
}

extension [ResourceIndicator] {
  /// One `resource` each: the one parameter that may be repeated.
  var parameters: [FormParameter] { map { FormParameter("resource", $0.text) } }
}
