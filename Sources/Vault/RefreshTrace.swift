import Attributes

/// What a `refreshStarted` record says: which refresh token is sent, since when, and under which key
/// the answer is sealed if the agent ends meanwhile.
package struct RefreshTrace: Equatable, Sendable {
  /// Bytes of a SHA-256.
  package static let digestLength = 32
  /// Bytes of the key of one refresh's answer.
  package static let answerKeyLength = 32

  /// The SHA-256 of the refresh token.
  package let tokenDigest: [UInt8]
  /// Seconds since the Unix epoch.
  package let startedAt: Int64
  /// Of this one refresh: its courier talks to the network, and must not have the vault's key.
  package let answerKey: [UInt8]

  /// Takes a digest of ``digestLength`` and a key of ``answerKeyLength``; nil for others.
  package init?(tokenDigest: [UInt8], startedAt: Int64, answerKey: [UInt8]) {
    guard tokenDigest.count == Self.digestLength, answerKey.count == Self.answerKeyLength else {
      return nil
    }
    self.tokenDigest = tokenDigest
    self.startedAt = startedAt
    self.answerKey = answerKey
  }

  /// Reads the payload of the record; nil when it is none.
  package init?(payload: [UInt8]) {
    let fields: ([UInt8], Int64, [UInt8])? = payload.withUnsafeBytes { bytes in
      guard let block = try? AttributeBlock(bytes),
        let digest = block["refresh_token_sha256"].flatMap({ fromHexadecimal($0) }),
        let startedAt = block.integer("started_at"),
        let answerKey = block["answer_key"].flatMap({ fromHexadecimal($0) })
      else { return nil }
      return (digest, startedAt, answerKey)
    }
    guard let (digest, startedAt, answerKey) = fields else { return nil }
    self.init(tokenDigest: digest, startedAt: startedAt, answerKey: answerKey)
  }

  /// The payload of the record.
  package var payload: [UInt8] {
    let lines = """
      refresh_token_sha256=\(hexadecimal(tokenDigest))
      started_at=\(startedAt)
      answer_key=\(hexadecimal(answerKey))

      """
    return Array(lines.utf8)
  }

  /// What the trace means for a session that is read at the start.
  package enum Meaning: Equatable, Sendable {
    /// The session has another refresh token by now: the refresh has ended well.
    case finished
    /// The session still has the token that was sent. The server may have taken it and given a new
    /// one that nobody kept; sending it again then ends the session, and with it all the family of
    /// its tokens (RFC 9700 §4.14.2).
    case interrupted(startedAt: Int64)
  }

  /// - Parameter digest: the SHA-256 of the session's refresh token; nil when it has none.
  package func meaning(forTokenWithDigest digest: [UInt8]?) -> Meaning {
    guard let digest, equalInConstantTime(digest, tokenDigest) else { return .finished }
    return .interrupted(startedAt: startedAt)
  }
}

extension RefreshTrace.Meaning {
  /// What a person is told of the account; nil when there is nothing to tell.
  package func sentence(of name: String) -> String? {
    switch self {
    case .finished: nil
    case .interrupted:
      "a refresh of \(name) was interrupted: its refresh token may be used up, and the server may"
        + " ask for a new sign-in"
    }
  }
}
