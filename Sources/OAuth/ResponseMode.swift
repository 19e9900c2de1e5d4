/// How the answer of the authorization endpoint comes back (OAuth 2.0 Multiple Response Type
/// Encoding Practices §2.1, OAuth 2.0 Form Post Response Mode §2, JARM §2.3).
package enum ResponseMode: String, Sendable, CaseIterable {
  /// In the address of a GET.
  case query
  /// In the body of a POST that a page of the server makes the browser send.
  case formPost = "form_post"
  /// Signed, in the way that is the default of the response type, which for a code is the query.
  case jwt
  /// Signed, in the address of a GET.
  case queryJWT = "query.jwt"
  /// Signed, in the body of a POST.
  case formPostJWT = "form_post.jwt"

  /// Whether the answer is one signed token; then nothing beside the token is believed.
  package var isSigned: Bool { self != .query && self != .formPost }

  /// Whether the browser sends the answer by POST.
  package var usesPost: Bool { self == .formPost || self == .formPostJWT }

  /// The mode an account names; a fragment never reaches a listener.
  package init(configured text: String) throws(AuthorizationRequestFault) {
    guard let mode = ResponseMode(rawValue: text) else { throw .responseMode(text) }
    self = mode
  }
}
