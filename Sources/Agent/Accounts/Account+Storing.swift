import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What of an account is to outlive the agent: the payload of a `session` record.
extension Account {
  /// Whether there is anything to keep.
  var isWorthStoring: Bool { session?.hasTokens == true || registration != nil }

  /// The account a vault has kept.
  ///
  /// - Parameters:
  ///   - wallNow: what the wall clock reads at `now`.
  ///   - parts: those of the accounts that were restored before.
  static func restored(
    _ block: AttributeBlock, name: AccountName, now: BootInstant, wallNow: Int64,
    sharing parts: inout SharedParts, pool: SecretPool
  ) throws(RestoreFault) -> Account {
    let stored = try StoredAccount(
      block, name: name, now: now, wallNow: wallNow, sharing: &parts, pool: pool)
    let account = Account(name: name)
    // Nobody waits for an account that was not there.
    _ = account.adopt(stored)
    return account
  }

  /// Takes what a vault has kept; those who wait are to be served from it.
  func adopt(_ stored: StoredAccount, keeping: Keeping = .memory) -> [TokenRequest] {
    registration = stored.registration
    guard let session = stored.session else { return [] }
    defer { warning = stored.warning }
    return signedIn(session, keeping: keeping)
  }

  /// Takes what a vault, or a file made of one, has of the account; those who wait for an exchange
  /// of the session before are to be served from it.
  @discardableResult
  func takeOver(_ restored: Account) -> [TokenRequest] {
    registration = restored.registration ?? registration
    guard let session = restored.session else { return [] }
    defer { warning = restored.warning }
    return signedIn(session)
  }

  /// Appends the account as one attribute block, without the blank line that ends it.
  ///
  /// Secrets go from their guarded pages into those of `block`. On a failure a piece of it has been
  /// appended. Tokens for less are left out: the session brings them again.
  ///
  /// - Parameter wallNow: what the wall clock reads at `now`.
  func store(
    into block: inout SecretBuffer, at now: BootInstant, wallNow: Int64? = nil
  ) throws(AttributeFault) {
    let former = block.count
    if let session, session.hasTokens {
      let wallNow = wallNow ?? now.wallClockSeconds
      try session.store(into: &block, at: now, wallNow: max(0, wallNow))
      if let warning { block.append(StoredAccount.Key.warning, oneLine: warning) }
    } else {
      block.append(StoredSession.Key.state, constant: StoredSession.registered)
    }
    try appendRegistrations(to: &block)
    try checkLimits(of: block, since: former)
  }

  private func appendRegistrations(to block: inout SecretBuffer) throws(AttributeFault) {
    if let registration {
      try block.append(registration.lines)
      try StoredSettings.append(registration.settings, of: .registration, to: &block)
    }
    guard let session, session.hasTokens else { return }
    // A sign-in that has failed may have registered another client since.
    if let own = session.registration {
      if !own.hasSameLines(as: registration) {
        try block.append(own.lines, prefix: StoredAccount.Key.ownRegistrationPrefix)
      }
    } else if registration != nil {
      block.append(StoredAccount.Key.ownRegistration, constant: "no")
    }
  }

  /// What is written has to be readable.
  private func checkLimits(
    of block: borrowing SecretBuffer, since former: Int
  ) throws(AttributeFault) {
    guard block.count - former <= VaultLimits.payloadLength else { throw .blockTooLong }
    try block.withUnsafeBytes { (bytes) throws(AttributeFault) in
      _ = try AttributeBlock(UnsafeRawBufferPointer(rebasing: bytes[former...]))
    }
  }
}

extension Session {
  fileprivate func store(
    into block: inout SecretBuffer, at now: BootInstant, wallNow: Int64
  ) throws(AttributeFault) {
    typealias Key = StoredSession.Key
    for (key, secret) in [
      (Key.accessToken, accessToken), (Key.refreshToken, refreshToken), (Key.idToken, idToken),
    ] {
      try secret?.withUnsafeBytes { (bytes) throws(AttributeFault) in
        try block.append(key, bytes)
      }
    }
    try block.append(Key.tokenType, tokenType)
    try block.append(Key.scope, scope)
    for (key, text) in [
      (Key.subject, subject), (Key.username, username), (Key.issuer, issuer),
    ] {
      if let text { try block.append(key, text) }
    }
    appendTimes(to: &block, at: now, wallNow)
    if hasAskedForLess { block.append(StoredAccount.Key.askedForLess, constant: "yes") }
    if let notice { block.append(StoredAccount.Key.notice, oneLine: notice) }
    for line in carried.plain {
      try line.key.withBytes { (key) throws(AttributeFault) in
        try line.value.withBytes { (value) throws(AttributeFault) in
          try block.append(key: key, isList: false, value: value)
        }
      }
    }
    try block.append(carried.secrets)
    try StoredSettings.append(settings, of: .session, to: &block)
  }

  private func appendTimes(
    to block: inout SecretBuffer, at now: BootInstant, _ wallNow: Int64
  ) {
    func seconds(_ moment: PastMoment) -> Int64 {
      max(0, moment.wallClockSeconds(at: now, wallNow))
    }
    // A clock that was set back before a courier wrote down what it was answered has that look older
    // than the sign-in, and nobody would read it again.
    let moments = [signedInAt, obtained, refreshed ?? obtained].map(seconds)
    block.append(StoredAccount.Key.signedInAt, moments.min() ?? 0)
    block.append(StoredSession.Key.obtainedAt, seconds(obtained))
    if let refreshed { block.append(StoredSession.Key.refreshedAt, seconds(refreshed)) }
    if let token, let expiry = token.expiry, let lifetime = token.lifetime {
      block.append(StoredSession.Key.expiresAt, seconds(PastMoment(expiry)))
      block.append(StoredAccount.Key.lifetime, lifetime)
    }
  }
}

extension SecretBuffer {
  /// Appends lines of couriers as they came, or with `prefix` before each.
  fileprivate mutating func append(
    _ lines: [Carried.Secret], prefix: String = ""
  ) throws(AttributeFault) {
    for line in lines {
      try (Array(prefix.utf8) + line.key).withBytes { (key) throws(AttributeFault) in
        try line.value.withUnsafeBytes { (value) throws(AttributeFault) in
          try append(key: key, isList: false, value: value)
        }
      }
    }
  }
}
