import Attributes

/// How a courier's job has ended.
enum CourierOutcome {
  case done(AttributeBlock)
  case refused(CourierRefusal)
}

/// A courier's failure block, or what stands for one when the courier died.
struct CourierRefusal {
  let failure: Failure
  /// The server's own error code, such as `invalid_grant`.
  let oauthError: String?
  /// The server's Retry-After, in seconds.
  let retryAfter: Int64?
  /// The refresh token of an answer the courier refused; the one before it is used up all the same.
  /// It lies in the courier's block, and is valid as long as that.
  let rotatedRefreshToken: UnsafeRawBufferPointer?
  /// The block itself, where there was one.
  let block: AttributeBlock?

  init(
    _ failure: Failure, oauthError: String? = nil, retryAfter: Int64? = nil,
    rotatedRefreshToken: UnsafeRawBufferPointer? = nil, block: AttributeBlock? = nil
  ) {
    self.failure = failure
    self.oauthError = oauthError
    self.retryAfter = retryAfter
    self.rotatedRefreshToken = rotatedRefreshToken
    self.block = block
  }

  /// Reads a failure block; nil when the block is none.
  init?(_ block: AttributeBlock) {
    guard let failure = Failure(block) else { return nil }
    self.init(
      failure, oauthError: block.string("oauth_error"), retryAfter: block.integer("retry_after"),
      rotatedRefreshToken: block["refresh_token"], block: block)
  }

  /// RFC 6749 §5.2: the only error that ends a session.
  ///
  /// The courier says `login_required` with it, unless the status was that of a server in trouble.
  var endsSession: Bool { failure.code == .loginRequired && oauthError == "invalid_grant" }

  /// Whether others would fare no better: no server was reached, or no courier has answered.
  ///
  /// Anything else may concern what this one request asked for, such as `invalid_scope` (RFC 6749
  /// §5.2) and `invalid_target` (RFC 8707 §2).
  var concernsEverybody: Bool { block == nil || failure.code == .temporarilyUnavailable }
}

extension CourierOutcome {
  /// Whether a use of the refresh token has left the session as it was.
  var changesNothing: Bool {
    guard case .refused(let refusal) = self else { return false }
    return !refusal.endsSession && refusal.rotatedRefreshToken == nil
  }
}
