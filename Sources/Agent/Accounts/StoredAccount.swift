import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What a stored payload says of an account, read and judged; ``Account/adopt(_:keeping:)`` takes it.
struct StoredAccount {
  /// The keys beside those of ``StoredSession``.
  enum Key {
    /// The server's `expires_in`, where it gave one.
    static let lifetime: StaticString = "expires_in"
    /// When a person signed in; a refresh changes nothing of it.
    static let signedInAt: StaticString = "signed_in_at"
    static let askedForLess: StaticString = "asked_for_less"
    /// What whoever asks next is to be told.
    static let notice: StaticString = "notice"
    /// What `status` says of the account.
    static let warning: StaticString = "warning"
    /// `no`, where the session was made without the account's registered client.
    static let ownRegistration: StaticString = "session_registration"
    /// Before the lines of the client the session was made with, where it is not the account's.
    static let ownRegistrationPrefix = "session_"
  }

  private(set) var session: Session?
  private(set) var registration: ClientRegistration?
  private(set) var warning: String?

  /// Reads a payload.
  ///
  /// - Parameters:
  ///   - wallNow: what the wall clock reads at `now`.
  ///   - parts: those of the accounts that were read before.
  init(
    _ block: AttributeBlock, name: AccountName, now: BootInstant, wallNow: Int64,
    sharing parts: inout SharedParts, pool: SecretPool
  ) throws(RestoreFault) {
    var lines = Lines()
    try block.visit { (key, isList, value) throws(RestoreFault) in
      try lines.take(key, isList: isList, value, pool: pool)
    }
    if !lines.registration.isEmpty {
      registration = ClientRegistration(
        lines: lines.registration,
        settings: try lines.registrationSettings.settings(of: name, sharing: &parts))
    }
    if block[StoredSession.Key.state] != nil {
      guard block.has(StoredSession.Key.state, StoredSession.registered), !lines.areOfSession else {
        throw .malformed(key: "state")
      }
      guard registration != nil else { throw .empty }
      return
    }
    let settings = try lines.settings.settings(of: name, sharing: &parts)
    let session = Session(
      try RestoredSession(block, settings: settings, now: now, wallNow: wallNow, pool: pool))
    session.carry(block, pool: pool)
    session.share(&parts)
    session.registration = try ownRegistration(block, lines, settings)
    self.session = session
    warning = try Self.optionalText(Key.warning, in: block)
  }

  private func ownRegistration(
    _ block: AttributeBlock, _ lines: Lines, _ settings: SignInSettings
  ) throws(RestoreFault) -> ClientRegistration? {
    if block[Key.ownRegistration] != nil {
      guard block.has(Key.ownRegistration, "no"), lines.ownRegistration.isEmpty else {
        throw .malformed(key: "session_registration")
      }
      return nil
    }
    if lines.ownRegistration.isEmpty { return registration }
    return ClientRegistration(lines: lines.ownRegistration, settings: settings)
  }

  // MARK: Lines

  /// The lines that are no single values.
  private struct Lines {
    var registration: [Carried.Secret] = []
    var ownRegistration: [Carried.Secret] = []
    var settings = StoredSettings()
    var registrationSettings = StoredSettings()
    /// Whether there is a line that only a session has.
    var areOfSession = false

    /// Single values, each read where it is needed.
    private static let single: [StaticString] = [
      StoredSession.Key.accessToken, StoredSession.Key.refreshToken, StoredSession.Key.idToken,
      StoredSession.Key.tokenType, StoredSession.Key.scope, StoredSession.Key.subject,
      StoredSession.Key.username, StoredSession.Key.issuer, StoredSession.Key.obtainedAt,
      StoredSession.Key.expiresAt, StoredSession.Key.refreshedAt, Key.lifetime, Key.signedInAt,
      Key.askedForLess, Key.notice, Key.warning, Key.ownRegistration,
    ]
    private static let singleNames = Set(single.map { "\($0)" })

    mutating func take(
      _ bytes: UnsafeRawBufferPointer, isList: Bool, _ value: UnsafeRawBufferPointer,
      pool: SecretPool
    ) throws(RestoreFault) {
      let key = String(decoding: bytes, as: UTF8.self)
      if key == "\(StoredSession.Key.state)", !isList { return }
      if key.hasPrefix("registration."), !isList {
        return registration.append(secret(bytes, value, pool))
      }
      let owner = StoredSettings.Owner.registration.rawValue
      if key.hasPrefix(owner),
        try registrationSettings.take(key.dropFirst(owner.count), isList: isList, value)
      {
        return
      }
      areOfSession = true
      if key.hasPrefix(Key.ownRegistrationPrefix + "registration."), !isList {
        let rest = UnsafeRawBufferPointer(rebasing: bytes[Key.ownRegistrationPrefix.utf8.count...])
        return ownRegistration.append(secret(rest, value, pool))
      }
      if try settings.take(key[...], isList: isList, value) { return }
      // What couriers want carried is taken as a whole: see ``Carried``.
      if key.hasPrefix("session.") || key.hasPrefix("secret."), !isList { return }
      guard Self.singleNames.contains(key), !isList else { throw .unknownKey(key) }
    }

    private func secret(
      _ key: UnsafeRawBufferPointer, _ value: UnsafeRawBufferPointer, _ pool: SecretPool
    ) -> Carried.Secret {
      Carried.Secret(key: Array(key), value: HeldSecret(copying: value, in: pool))
    }
  }

  // MARK: Values

  /// A value as text: one that is no list, and UTF-8.
  static func text(
    _ value: UnsafeRawBufferPointer, isList: Bool, key: String
  ) throws(RestoreFault) -> String {
    guard !isList, let text = AttributeBlock.text(value) else { throw .malformed(key: key) }
    return text
  }

  static func optionalText(
    _ key: StaticString, in block: AttributeBlock
  ) throws(RestoreFault) -> String? {
    guard let value = block[key] else { return nil }
    return try text(value, isList: false, key: "\(key)")
  }

  static func requiredText(_ key: StaticString, in block: AttributeBlock) throws(RestoreFault)
    -> String
  {
    guard let text = try optionalText(key, in: block) else { throw .malformed(key: "\(key)") }
    return text
  }

  /// A time or a length of time, in seconds.
  static func seconds(_ key: StaticString, in block: AttributeBlock) throws(RestoreFault) -> Int64?
  {
    guard block[key] != nil else { return nil }
    guard let seconds = block.integer(key), seconds >= 0 else { throw .malformed(key: "\(key)") }
    return seconds
  }
}
