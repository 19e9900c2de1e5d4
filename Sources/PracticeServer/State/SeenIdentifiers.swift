/// The identifiers of signed texts that were taken already: each is good for one use
/// (`jti`, RFC 7523 §3, RFC 9449 §11.1).
struct SeenIdentifiers: Sendable {
  /// The most kept at once, so that no client can fill the memory.
  private static let maximumCount = 10_000

  /// Until when each is remembered, in seconds since 1970.
  private var ends: [String: Int64] = [:]

  /// Notes an identifier; false where it was there already, or where there is no room to know.
  mutating func note(_ identifier: String, until end: Int64, at now: Int64) -> Bool {
    if ends.count >= Self.maximumCount { ends = ends.filter { $0.value > now } }
    guard ends.count < Self.maximumCount, ends[identifier].map({ $0 > now }) != true else {
      return false
    }
    ends[identifier] = end
    return true
  }
}

/// The nonces this server has given for proofs of possession (RFC 9449 §8).
struct ProofNonceBook: Sendable {
  /// Seconds one is good for: long enough for a client that keeps it until its next refresh to
  /// find it dead now and then.
  private static let lifetime: Int64 = 300
  /// The most kept at once, so that no client can fill the memory.
  private static let maximumCount = 10_000

  private var ends: [String: Int64] = [:]

  func isGood(_ nonce: String, at now: Int64) -> Bool {
    ends[nonce].map { $0 > now } ?? false
  }

  /// Remembers a nonce that was just made.
  mutating func add(_ nonce: String, at now: Int64) {
    if ends.count >= Self.maximumCount { ends = ends.filter { $0.value > now } }
    if ends.count >= Self.maximumCount { ends = [:] }
    ends[nonce] = now.adding(Self.lifetime)
  }
}
