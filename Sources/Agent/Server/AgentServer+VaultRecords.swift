import Attributes
import Platform
import Secrets
import Vault

/// The records of the vault on their way to a courier that seals them.
extension AgentServer {
  func append(
    _ item: SealBatch.Item, to order: inout SecretBuffer
  ) throws(AttributeFault) -> Bool {
    switch item {
    case .write(let write):
      switch write.content {
      case .state:
        guard accounts[write.name]?.isWorthStoring != true else {
          return try appendSession(write.name, to: &order)
        }
        vault.unkept[write.name] = nil
        try heading(.removal, write.name, to: &order)
        order.append("removed_at", wallClockSeconds())
        order.endBlock()
      case .refreshStarted(let session):
        return try appendStart(write.name, session, to: &order)
      case .refreshEnded:
        try heading(.refreshEnded, write.name, to: &order)
        order.append("ended_at", wallClockSeconds())
        order.endBlock()
      }
    case .account(let name): return try appendSession(name, to: &order)
    case .trace(let name, let trace):
      try heading(.refreshStarted, name, to: &order)
      try order.append("refresh_token_sha256", trace.tokenDigest)
      order.append("started_at", trace.startedAt)
      try trace.answerKey.withUnsafeBytes { (key) throws(AttributeFault) in
        try order.append("answer_key", key)
      }
      order.endBlock()
    }
    return true
  }

  /// Appends what is known of an account. What no record can hold is told, and left out: it must not
  /// keep the others from being written.
  @discardableResult
  func appendSession(
    _ name: String, to order: inout SecretBuffer
  ) throws(AttributeFault) -> Bool {
    guard let account = accounts[name], account.isWorthStoring else { return false }
    var payload = SecretBuffer(in: pool)
    do throws(AttributeFault) { try account.store(into: &payload, at: clock()) } catch {
      vault.unkept[name] = Failure(
        .failed, "the session of \(name) cannot be kept: \(error.sentence)")
      return false
    }
    vault.unkept[name] = nil
    payload.endBlock()
    try heading(.session, name, to: &order)
    payload.withUnsafeBytes { order.append($0) }
    return true
  }

  private func appendStart(
    _ name: String, _ session: Session, to order: inout SecretBuffer
  ) throws(AttributeFault) -> Bool {
    guard let token = session.refreshToken else { return false }
    try heading(.refreshStarted, name, to: &order)
    try token.withUnsafeBytes { (token) throws(AttributeFault) in
      try order.append("refresh_token", token)
    }
    order.endBlock()
    return true
  }

  private func heading(
    _ kind: RecordKind, _ name: String, to order: inout SecretBuffer
  ) throws(AttributeFault) {
    try order.append("record", kind.name)
    try order.append("name", name)
    order.endBlock()
  }
}
