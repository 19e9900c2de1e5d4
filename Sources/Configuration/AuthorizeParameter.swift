/// Which parameters of the authorization request a person may add by `authorize.NAME`.
package enum AuthorizeParameter {
  /// Those the sign-in makes itself; another value would break what it proves.
  private static let own = [
    "response_type", "response_mode", "state", "nonce", "code_challenge", "code_challenge_method",
    "request", "request_uri", "client_secret", "client_assertion", "client_assertion_type",
    "dpop_jkt",
  ]

  /// Those with a key of their own.
  private static let keys = ["client_id", "redirect_uri", "scope", "resource"]

  /// Why `authorize.NAME` is not allowed; nil when it is.
  ///
  /// RFC 6749 appendix A: a parameter's name is letters, digits, `-`, `.` and `_`.
  package static func refusal(of name: String) -> String? {
    guard !name.isEmpty,
      name.utf8.allSatisfy({ $0.isLetterOrDigit || "-._".utf8.contains($0) })
    else { return "authorize. is followed by the name of a parameter" }
    if own.contains(name) {
      return "authorize.\(name) is refused: the sign-in chooses this parameter itself"
    }
    if keys.contains(name) { return "authorize.\(name) is refused: write \(name) = …" }
    return nil
  }
}
