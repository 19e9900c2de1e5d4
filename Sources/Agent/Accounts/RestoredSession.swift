import Attributes
import Platform
import Secrets
import Vault

/// The tokens and times of a stored session, as of now.
///
/// A clock that was set forwards has the access token look older than it is, and costs a refresh; one
/// that was set backwards has it count as expired. In no case does it seem to live longer than the
/// server has said.
struct RestoredSession {
  let settings: SignInSettings
  let token: AccessToken?
  let refreshToken: HeldSecret?
  let idToken: HeldSecret?
  let tokenType: String
  let scope: String
  let subject: String?
  let username: String?
  let issuer: String?
  let signedInAt: PastMoment
  let obtained: PastMoment
  let refreshed: PastMoment?
  let hasAskedForLess: Bool
  let notice: String?

  /// - Parameter wallNow: what the wall clock reads at `now`.
  init(
    _ block: AttributeBlock, settings: SignInSettings, now: BootInstant, wallNow: Int64,
    pool: SecretPool
  ) throws(RestoreFault) {
    let stored = try Self.read(block)
    let times = try Times(block, stored, wallNow: max(0, wallNow))
    self.settings = settings
    let type = try StoredAccount.requiredText(StoredSession.Key.tokenType, in: block)
    let scope = try StoredAccount.requiredText(StoredSession.Key.scope, in: block)
    tokenType = type
    self.scope = scope
    token = stored.accessToken.map { bytes in
      AccessToken(
        HeldSecret(copying: bytes, in: pool), type: type, scope: scope,
        lifetime: times.lifetime, expiry: times.left.map { now.adding(seconds: $0) })
    }
    refreshToken = stored.refreshToken.map { HeldSecret(copying: $0, in: pool) }
    idToken = stored.idToken.map { HeldSecret(copying: $0, in: pool) }
    subject = try StoredAccount.optionalText(StoredSession.Key.subject, in: block)
    username = try StoredAccount.optionalText(StoredSession.Key.username, in: block)
    issuer = try StoredAccount.optionalText(StoredSession.Key.issuer, in: block)
    signedInAt = PastMoment(secondsBefore: times.sinceSignIn, now)
    obtained = PastMoment(secondsBefore: times.sinceObtained, now)
    refreshed = times.sinceRefresh.map { PastMoment(secondsBefore: $0, now) }
    notice = try StoredAccount.optionalText(StoredAccount.Key.notice, in: block)
    hasAskedForLess = block[StoredAccount.Key.askedForLess] != nil
    if hasAskedForLess, !block.has(StoredAccount.Key.askedForLess, "yes") {
      throw .malformed(key: "asked_for_less")
    }
  }

  private static func read(_ block: AttributeBlock) throws(RestoreFault) -> StoredSession {
    do throws(StoredSession.Fault) { return try StoredSession(block) } catch {
      throw .session(error)
    }
  }

  /// How long ago everything was.
  private struct Times {
    let lifetime: Int64?
    /// Seconds the access token has left, negative since it has expired; nil when nobody knows.
    let left: Int64?
    let sinceObtained: Int64
    let sinceSignIn: Int64
    let sinceRefresh: Int64?

    init(
      _ block: AttributeBlock, _ stored: StoredSession, wallNow: Int64
    ) throws(RestoreFault) {
      lifetime = try StoredAccount.seconds(StoredAccount.Key.lifetime, in: block)
      guard let signedIn = try StoredAccount.seconds(StoredAccount.Key.signedInAt, in: block),
        signedIn <= stored.obtainedAt, stored.refreshedAt.map({ $0 >= signedIn }) ?? true,
        (lifetime == nil) == (stored.expiresAt == nil)
      else { throw .session(.timesMalformed) }
      let passed = PastMoment.seconds(since: stored.obtainedAt, at: wallNow)
      // A session has lived at least until it was last heard of, whatever the clock says now.
      let now = max(wallNow, stored.obtainedAt, stored.refreshedAt ?? 0)
      sinceObtained = passed ?? 0
      sinceSignIn = now - signedIn
      sinceRefresh = stored.refreshedAt.map { max(0, wallNow - $0) }
      guard let lifetime, let expiresAt = stored.expiresAt else {
        left = nil
        return
      }
      // Without `passed` nobody can tell how much is left; the next asker gets a new one.
      left = passed == nil ? 0 : min(expiresAt - max(wallNow, stored.obtainedAt), lifetime)
    }
  }
}
