/// What a claim of a signed token tells, in words for people (OpenID Connect Core 1.0 §2,
/// RFC 7519 §4.1).
enum ClaimMeaning {
  private static let words = [
    "iss": "who issued it", "sub": "who the user is", "aud": "which client it is for",
    "azp": "which client it was made for", "exp": "when it expires", "iat": "when it was made",
    "nbf": "from when it is valid", "nonce": "which sign-in it answers",
    "at_hash": "which access token it belongs to", "auth_time": "when the user signed in",
  ]

  /// The meaning with the claim's name behind it, to be what a sentence is about.
  static func of(_ claim: String) -> String {
    guard let words = words[claim] else { return "its \(claim)" }
    return "\(words) (\(claim))"
  }
}
