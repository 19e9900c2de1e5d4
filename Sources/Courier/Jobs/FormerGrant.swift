import OAuth

/// A grant that a new sign-in has taken the place of, and whether it may be revoked.
///
/// Revoking one token ends the others of its grant (RFC 7009 §2.1), and some servers count the new
/// sign-in to the same grant.
struct FormerGrant {
  /// Hosts of servers known to end everything an account has given a client with any one of its
  /// tokens.
  private static let endingEverything: Set<String> = [
    "accounts.google.com", "oauth2.googleapis.com",
  ]

  private let hosts: Set<String>
  private let sessionID: String?
  private let successorSessionID: String?

  /// Nil where no new sign-in has come: then the person wants the session to end.
  ///
  /// An empty `successor.id_token` is that of a sign-in which brought none.
  init?(of job: Job) {
    guard job.has("successor.id_token") else { return nil }
    let addresses = ["session.issuer", "session.token_endpoint", "session.revocation_endpoint"]
    hosts = Set(addresses.compactMap { job[$0].flatMap { try? Endpoint($0) }?.host })
    sessionID = job["secret.id_token"].flatMap(Self.sessionID)
    successorSessionID = job["successor.id_token"].flatMap(Self.sessionID)
  }

  /// Why its tokens are left to expire, where they are.
  var reasonToKeep: String? {
    if let host = hosts.intersection(Self.endingEverything).min() {
      return "the former tokens were not revoked: \(host) would have ended the new session too"
    }
    if let sessionID, let successorSessionID, sessionID == successorSessionID {
      return "the former tokens were not revoked: the new ones are of the same session at the "
        + "server (sid), which might have ended too"
    }
    return nil
  }

  /// `sid` (OpenID Connect Front-Channel Logout 1.0 §3) of an ID token that was checked when it
  /// came.
  private static func sessionID(in idToken: String) -> String? {
    guard let token = try? JWS(compact: idToken),
      let claims = try? JSONValue.object(parsing: token.payload)
    else { return nil }
    return claims["sid"]?.stringValue
  }
}
