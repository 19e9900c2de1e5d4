import Attributes
import Platform
import Secrets

/// What a sign-in has brought: tokens, until when, for whom.
final class Session {
  /// The settings the sign-in was made with.
  let settings: SignInSettings
  private(set) var accessToken: HeldSecret?
  private(set) var refreshToken: HeldSecret?
  private(set) var idToken: HeldSecret?
  /// In the server's spelling: "Bearer".
  private(set) var tokenType = "Bearer"
  private(set) var scope = ""
  /// The server's `expires_in`, in seconds; nil when it gave none.
  private(set) var lifetime: Int64?
  private(set) var expiry: BootInstant?
  private(set) var obtained: BootInstant
  private(set) var refreshed: BootInstant?
  private(set) var subject: String?
  private(set) var username: String?
  private(set) var issuer: String?
  /// The `session.*` attributes of the courier: handed back to later couriers, never looked into.
  private(set) var carried: [CarriedAttribute] = []
  /// The `secret.*` attributes of the courier: the same, in guarded pages.
  private(set) var carriedSecrets: [CarriedSecret] = []
  var lastServed: BootInstant?
  private var comparedWithVersion: Int?
  private var changedSetting: String?

  /// Takes over the answer of a login courier; nil when it has no access token.
  init?(
    signedIn answer: AttributeBlock, settings: SignInSettings, now: BootInstant, pool: SecretPool
  ) {
    self.settings = settings
    obtained = now
    guard takeTokens(answer, now: now, pool: pool) else { return nil }
    subject = answer.string("sub")
    username = answer.string("username")
    issuer = answer.string("issuer")
  }

  /// Takes over the answer of a refresh courier; false, and nothing changes, without an access
  /// token.
  func refreshed(by answer: AttributeBlock, now: BootInstant, pool: SecretPool) -> Bool {
    guard takeTokens(answer, now: now, pool: pool) else { return false }
    refreshed = now
    return true
  }

  /// Forgets the access token, so that the next asker causes a refresh.
  func dropAccessToken() {
    accessToken = nil
    expiry = nil
    lifetime = nil
  }

  /// Seconds for which the access token is still valid: 0 when there is none or it has expired, nil
  /// when the server did not say.
  func remaining(at now: BootInstant) -> Int64? {
    guard accessToken != nil else { return 0 }
    return expiry.map { max(0, $0.seconds(since: now)) }
  }

  /// Whether the access token can be handed out at all: an expired one never is (RFC 6749 §1.5).
  func isUsable(at now: BootInstant) -> Bool { remaining(at: now).map { $0 > 0 } ?? true }

  /// Whether the access token stays valid as long as an asker can reasonably expect.
  func satisfies(validity: Int64, at now: BootInstant) -> Bool {
    guard accessToken != nil else { return false }
    guard let remaining = remaining(at: now) else { return true }
    let needed = RefreshPolicy.neededValidity(requested: validity, lifetime: lifetime ?? 0)
    return remaining > 0 && remaining >= needed
  }

  /// The end of validity in seconds since the Unix epoch, by the wall clock as it is now.
  var expiresAt: Int64? { expiry.map { $0.wallClockSeconds } }

  /// When the token of an account in use is to be replaced; nil when it cannot or need not be.
  var refreshDue: BootInstant? {
    guard refreshToken != nil, let expiry, let lifetime else { return nil }
    return expiry.adding(seconds: -RefreshPolicy.margin(lifetime: lifetime))
  }

  /// Whether anybody has asked since the token was obtained.
  var isInUse: Bool { lastServed.map { $0 >= obtained } ?? false }

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

  private func takeTokens(_ answer: AttributeBlock, now: BootInstant, pool: SecretPool) -> Bool {
    guard let access = answer["access_token"], !access.isEmpty else { return false }
    accessToken = HeldSecret(copying: access, in: pool)
    // RFC 6749 §6: without a new refresh token the old one stays good.
    if let refresh = answer["refresh_token"] { rotate(to: refresh, pool: pool) }
    if let id = answer["id_token"] { idToken = HeldSecret(copying: id, in: pool) }
    tokenType = answer.string("token_type") ?? tokenType
    scope = answer.string("scope") ?? scope
    lifetime = answer.integer("expires_in").map { max(0, $0) }
    expiry = lifetime.map { now.adding(seconds: $0) }
    obtained = now
    carry(answer, pool: pool)
    return true
  }

  private func carry(_ answer: AttributeBlock, pool: SecretPool) {
    answer.visit { key, _, value in
      if key.starts(with: "session.".utf8) {
        let attribute = CarriedAttribute(key: Array(key), value: Array(value))
        carried.removeAll { $0.key == attribute.key }
        carried.append(attribute)
      } else if key.starts(with: "secret.".utf8) {
        let attribute = CarriedSecret(key: Array(key), value: HeldSecret(copying: value, in: pool))
        carriedSecrets.removeAll { $0.key == attribute.key }
        carriedSecrets.append(attribute)
      }
    }
  }
}

/// One `session.*` attribute: nothing secret, and opaque to the agent.
struct CarriedAttribute {
  let key: [UInt8]
  let value: [UInt8]
}

/// One `secret.*` attribute: opaque to the agent.
struct CarriedSecret {
  let key: [UInt8]
  let value: HeldSecret
}
