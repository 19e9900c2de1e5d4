import Platform

/// The narrower tokens of a session, at most ``most`` of them: the one unused longest goes first.
struct NarrowedTokens {
  /// Tokens a session keeps beside its own.
  static let most = 64

  private struct Entry {
    let token: AccessToken
    var lastUsed: UInt64
  }

  private var entries: [Narrowing: Entry] = [:]
  private var uses: UInt64 = 0

  var count: Int { entries.count }

  /// All of them, in no order: a logout revokes each.
  var all: [AccessToken] { entries.values.map(\.token) }

  /// The token kept for `narrowing`, which counts as used.
  mutating func take(_ narrowing: Narrowing) -> AccessToken? {
    guard let entry = entries[narrowing] else { return nil }
    uses += 1
    entries[narrowing]?.lastUsed = uses
    return entry.token
  }

  /// Lets go of those that have expired.
  mutating func removeExpired(at now: BootInstant) {
    entries = entries.filter { $0.value.token.isUsable(at: now) }
  }

  /// Keeps `token` in the place of the one there was.
  mutating func keep(_ token: AccessToken, for narrowing: Narrowing) {
    uses += 1
    entries[narrowing] = Entry(token: token, lastUsed: uses)
    guard entries.count > Self.most,
      let oldest = entries.min(by: { $0.value.lastUsed < $1.value.lastUsed })
    else { return }
    entries[oldest.key] = nil
  }
}
