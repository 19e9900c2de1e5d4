package import Attributes

/// The payload of a `session` record: an attribute block in the words of the couriers.
///
/// It is read in place and must not outlive the block's bytes. Times are those of the wall clock, in
/// seconds since the Unix epoch: the other clocks begin anew with the machine.
package struct StoredSession {
  /// The keys, for who writes a payload. `session.*`, `secret.*` and `setting.*` stand beside them.
  package enum Key {
    package static let accessToken: StaticString = "access_token"
    package static let refreshToken: StaticString = "refresh_token"
    package static let idToken: StaticString = "id_token"
    package static let tokenType: StaticString = "token_type"
    package static let scope: StaticString = "scope"
    package static let subject: StaticString = "sub"
    package static let username: StaticString = "username"
    package static let issuer: StaticString = "issuer"
    /// When the access token was obtained.
    package static let obtainedAt: StaticString = "obtained_at"
    /// When it expires; absent when the server did not say.
    package static let expiresAt: StaticString = "expires_at"
    /// When the session was last refreshed; absent before the first time.
    package static let refreshedAt: StaticString = "refreshed_at"
    /// Absent of a session; ``StoredSession/registered`` where there is none.
    package static let state: StaticString = "state"
  }

  /// The state of an account that has a client registered for it, and nobody signed in.
  package static let registered: StaticString = "registered"
  /// How the lines of a registration begin.
  private static let registrationPrefix = Array("registration.".utf8)

  /// Why a block is no session.
  package enum Fault: Error, Equatable, Sendable {
    /// There is neither an access token nor a refresh token, nor a registration alone.
    case noToken
    /// A time is missing, no number, negative, or before the one it follows.
    case timesMalformed
  }

  /// The block, for what is handed on unread.
  package let block: AttributeBlock
  /// Whether there is no session, but a client that is registered for the account.
  package let isRegistrationAlone: Bool
  package let accessToken: UnsafeRawBufferPointer?
  package let refreshToken: UnsafeRawBufferPointer?
  package let idToken: UnsafeRawBufferPointer?
  /// 0 where there is no session.
  package let obtainedAt: Int64
  package let expiresAt: Int64?
  package let refreshedAt: Int64?

  package init(_ block: AttributeBlock) throws(Fault) {
    self.block = block
    func token(_ key: StaticString) -> UnsafeRawBufferPointer? {
      block[key].flatMap { $0.isEmpty ? nil : $0 }
    }
    accessToken = token(Key.accessToken)
    refreshToken = token(Key.refreshToken)
    idToken = token(Key.idToken)
    let hasSession = accessToken != nil || refreshToken != nil
    isRegistrationAlone = block.has(Key.state, Self.registered)
    // A block that is both would be read by some as the one and by others as the other.
    guard hasSession != isRegistrationAlone, hasSession || Self.holdsRegistration(block) else {
      throw .noToken
    }
    let obtainedAt = try Self.time(Key.obtainedAt, in: block)
    guard let obtainedAt = obtainedAt ?? (hasSession ? nil : 0) else { throw .timesMalformed }
    self.obtainedAt = obtainedAt
    expiresAt = try Self.time(Key.expiresAt, in: block)
    refreshedAt = try Self.time(Key.refreshedAt, in: block)
    if let expiresAt, expiresAt < obtainedAt { throw .timesMalformed }
  }

  private static func holdsRegistration(_ block: AttributeBlock) -> Bool {
    var isFound = false
    block.visit { key, _, _ in if key.starts(with: registrationPrefix) { isFound = true } }
    return isFound
  }

  private static func time(
    _ key: StaticString, in block: AttributeBlock
  ) throws(Fault) -> Int64? {
    guard block[key] != nil else { return nil }
    guard let time = block.integer(key), time >= 0 else { throw .timesMalformed }
    return time
  }
}
