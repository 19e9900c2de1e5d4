import Attributes
import Platform
import Secrets

/// What a sign-in has brought: tokens, until when, for whom.
final class Session {
  /// The settings the sign-in was made with.
  let settings: SignInSettings
  /// The session's own access token; nil once it was dropped.
  private(set) var token: AccessToken?
  /// Tokens for less, or for somebody else, that came of the same grant.
  var narrowed = NarrowedTokens()
  private(set) var refreshToken: HeldSecret?
  private(set) var idToken: HeldSecret?
  /// In the server's spelling: "Bearer" or "DPoP".
  private(set) var tokenType = "Bearer"
  private(set) var scope = ""
  /// When a person signed in: a refresh changes nothing of it.
  let signedInAt: PastMoment
  private(set) var obtained: PastMoment
  private(set) var refreshed: PastMoment?
  private(set) var subject: String?
  private(set) var username: String?
  private(set) var issuer: String?
  private(set) var carried = Carried()
  /// The client it was made with, where that one was registered for the account.
  var registration: ClientRegistration?
  /// The resources the session is for (RFC 8707 §2); empty where the server chooses.
  private(set) var resources: [String] = []
  /// The session's scope and resources as somebody who asks for exactly these names them.
  private var own = Narrowing()
  /// Whether a narrower token was asked for with the session's refresh token.
  private(set) var hasAskedForLess = false
  /// What whoever asks next is to be told; see ``takeNotice()``.
  private(set) var notice: String?
  var lastServed: BootInstant?
  /// When anybody was last given anything of it, were it a narrower token.
  var lastUsed: BootInstant?
  /// Whether a new sign-in has replaced it while a courier was using its refresh token: it is revoked
  /// once that has ended.
  var isForsaken = false
  /// The logout that waits for such a courier, where the account was forgotten meanwhile.
  var departure: Departure?
  private var comparedWithVersion: Int?
  private var changedSetting: String?

  /// Takes over the answer of a login courier; nil when it has no access token.
  init?(
    signedIn answer: AttributeBlock, settings: SignInSettings, now: BootInstant, pool: SecretPool
  ) {
    self.settings = settings
    signedInAt = PastMoment(now)
    obtained = signedInAt
    guard takeTokens(answer, now: now, pool: pool) else { return nil }
    subject = answer.string("sub")
    username = answer.string("username")
    issuer = answer.string("issuer")
  }

  /// Goes on where a stored session has ended; what was carried is to be taken over after it.
  init(_ restored: RestoredSession) {
    settings = restored.settings
    token = restored.token
    refreshToken = restored.refreshToken
    idToken = restored.idToken
    tokenType = restored.tokenType
    scope = restored.scope
    subject = restored.subject
    username = restored.username
    issuer = restored.issuer
    signedInAt = restored.signedInAt
    obtained = restored.obtained
    refreshed = restored.refreshed
    hasAskedForLess = restored.hasAskedForLess
    notice = restored.notice
  }

  /// Takes over the answer of a refresh courier; false, and no more than the refresh token changes,
  /// without an access token.
  ///
  /// - Parameter age: seconds since the server has answered; nil when nobody knows.
  func refreshed(
    by answer: AttributeBlock, now: BootInstant, age: Int64? = 0, pool: SecretPool
  ) -> Bool {
    // RFC 6749 §6: the refresh token is used up, whatever else the answer is good for.
    if let refresh = answer["refresh_token"] { rotate(to: refresh, pool: pool) }
    let former = scope
    guard takeTokens(answer, now: now, age: age, pool: pool) else { return false }
    refreshed = obtained
    notice = loss(since: former) ?? notice
    return true
  }

  /// What the refresh has taken from the session, where an earlier wish for less may be why.
  ///
  /// RFC 6749 §6 lets a narrower token leave the grant as it is; not every server does.
  private func loss(since former: String) -> String? {
    guard hasAskedForLess else { return nil }
    let left = Set(scope.split(separator: " "))
    let lost = former.split(separator: " ").filter { !left.contains($0) }
    guard !lost.isEmpty else { return nil }
    return "since a narrower token was asked for, the server gives the session itself no "
      + "\(printable(lost.joined(separator: " "))) any more; a new sign-in brings it back"
  }

  /// The notice, once.
  func takeNotice() -> String? {
    defer { notice = nil }
    return notice
  }

  /// Takes over the answer of a courier that was to bring a narrower token; nil when it has none.
  ///
  /// The session's own token and scope stay as they are.
  func narrowed(
    to narrowing: Narrowing, by answer: AttributeBlock, now: BootInstant, pool: SecretPool
  ) -> AccessToken? {
    // RFC 6749 §6: the refresh token is used up, whatever else the answer is good for.
    if !narrowing.isExchange {
      hasAskedForLess = true
      if let refresh = answer["refresh_token"] { rotate(to: refresh, pool: pool) }
    }
    guard let token = AccessToken(answer, formerType: tokenType, now: now, pool: pool) else {
      return nil
    }
    carry(answer, pool: pool)
    narrowed.keep(token, for: narrowing)
    return token
  }

  /// A narrower token was asked for, and its answer has not come: what else it brought was for
  /// somebody who has gone.
  func takeRotation(ofNarrowed answer: AttributeBlock, pool: SecretPool) {
    hasAskedForLess = true
    if let refresh = answer["refresh_token"] { rotate(to: refresh, pool: pool) }
  }

  /// When the first of its tokens that are held expires; nil when none does.
  var nextExpiry: BootInstant? {
    let own = accessToken == nil ? nil : token?.expiry
    return ([own] + narrowed.all.map(\.expiry)).compactMap { $0 }.min()
  }

  /// Wipes the tokens that have expired. The session still tells of its own when that was.
  func wipeExpired(at now: BootInstant) {
    if let token, !token.isUsable(at: now) { token.wipe() }
    narrowed.removeExpired(at: now)
  }

  /// Whether there is a token that is of use to anybody: an expired one is wiped.
  var hasTokens: Bool { accessToken != nil || refreshToken != nil }

  /// Forgets the access token, so that the next asker causes a refresh.
  func dropAccessToken() { token = nil }

  var accessToken: HeldSecret? { token?.secret }
  var lifetime: Int64? { token?.lifetime }

  /// Whether a token is worth nothing without a proof of the session's key (RFC 9449 §5).
  var needsProof: Bool { token?.needsProof ?? (tokenType.lowercased() == "dpop") }

  /// Seconds for which the access token is still valid: 0 when there is none or it has expired, nil
  /// when the server did not say.
  func remaining(at now: BootInstant) -> Int64? { token.map { $0.remaining(at: now) } ?? 0 }

  /// Whether the access token can be handed out at all: an expired one never is (RFC 6749 §1.5).
  func isUsable(at now: BootInstant) -> Bool { token?.isUsable(at: now) ?? false }

  /// Whether the access token stays valid as long as an asker can reasonably expect.
  func satisfies(validity: Int64, at now: BootInstant) -> Bool {
    token?.satisfies(validity: validity, at: now) ?? false
  }

  /// The end of validity in seconds since the Unix epoch, by the wall clock as it is now.
  var expiresAt: Int64? { token?.expiresAt }

  /// When the token of an account in use is to be replaced; nil when it cannot or need not be.
  var refreshDue: BootInstant? {
    guard refreshToken != nil, let token, let expiry = token.expiry, let lifetime = token.lifetime
    else { return nil }
    return expiry.adding(seconds: -RefreshPolicy.margin(lifetime: lifetime))
  }

  /// Whether anybody has asked since the token was obtained.
  var isInUse: Bool { lastServed.map { $0 >= obtained.reference } ?? false }

  /// What an asker wants beyond the session's own token; nil when that is the very one.
  func narrowing(of request: TokenRequest) -> Narrowing? {
    guard let narrowing = request.narrowing else { return nil }
    let isOwn =
      !narrowing.isExchange && (narrowing.scopes.isEmpty || narrowing.scopes == own.scopes)
      && (narrowing.resources.isEmpty || narrowing.resources == own.resources)
    return isOwn ? nil : narrowing
  }

  /// Whether the configuration now describes another server or client than the sign-in's.
  ///
  /// - Returns: the setting that has changed.
  func difference(from configuration: ConfigurationWatcher) -> String? {
    if comparedWithVersion != configuration.version {
      comparedWithVersion = configuration.version
      changedSetting = settings.difference(
        from: configuration.account(settings.effective.name.text))
    }
    return changedSetting
  }

  /// The server has replaced the refresh token.
  func rotate(to refreshToken: UnsafeRawBufferPointer, pool: SecretPool) {
    guard !refreshToken.isEmpty else { return }
    self.refreshToken = HeldSecret(copying: refreshToken, in: pool)
  }

  /// Takes the tokens that came after another session had taken this one's place, to revoke them.
  func takeLastTokens(
    _ use: Account.GrantUse, _ outcome: CourierOutcome, now: BootInstant, pool: SecretPool
  ) {
    switch (outcome, use) {
    case (.refused(let refusal), _):
      if let refresh = refusal.rotatedRefreshToken { rotate(to: refresh, pool: pool) }
    case (.done(let answer), .session): _ = refreshed(by: answer, now: now, pool: pool)
    case (.done(let answer), .narrowed(let narrowing)):
      _ = narrowed(to: narrowing, by: answer, now: now, pool: pool)
    }
  }

  /// Whether a token of the other session is one of this one too.
  func sharesToken(with other: Session) -> Bool {
    (refreshToken.map { $0.equals(other.refreshToken) } ?? false)
      || (accessToken.map { $0.equals(other.accessToken) } ?? false)
  }

  private func takeTokens(
    _ answer: AttributeBlock, now: BootInstant, age: Int64? = 0, pool: SecretPool
  ) -> Bool {
    guard
      let token = AccessToken(
        answer, formerType: tokenType, formerScope: scope, now: now, age: age, pool: pool)
    else { return false }
    self.token = token
    tokenType = token.type
    scope = token.scope
    // RFC 6749 §6: without a new refresh token the old one stays good.
    if let refresh = answer["refresh_token"] { rotate(to: refresh, pool: pool) }
    if let id = answer["id_token"] { idToken = HeldSecret(copying: id, in: pool) }
    obtained = PastMoment(secondsBefore: age ?? 0, now)
    carry(answer, pool: pool)
    return true
  }

  /// Takes over what a courier wants its successors to know.
  func carry(_ answer: AttributeBlock, pool: SecretPool) {
    // The ID token of an OpenID Connect session is among what couriers want to see again.
    carried.take(answer, sharing: idToken, pool: pool)
    resources =
      carried.text("session.resource")?.split(separator: " ").map(String.init)
      ?? settings.effective.all("resource")
    own = Narrowing(scopes: scope.split(separator: " ").map(String.init), resources: resources)
  }

  /// Has the memory for what is carried in common with sessions that said the same.
  func share(_ parts: inout SharedParts) { carried.share(&parts) }
}
