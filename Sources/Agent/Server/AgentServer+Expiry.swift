import Platform

/// The end of access tokens: one that nobody can use any more is not kept.
extension AgentServer {
  /// Sets the alarm for the first token of an account that expires; one at a time, however often its
  /// tokens are replaced.
  func watchExpiry(of account: Account) {
    guard let next = account.session?.nextExpiry else { return }
    if let set = account.expiryWatched, set <= next { return }
    account.expiryWatched = next
    deadlines.add(.expiry(account: account.name.text), at: next)
  }

  /// Wipes the tokens that have expired; what else is known of them stays.
  func wipeExpired(_ name: String, now: BootInstant) {
    guard let account = accounts[name] else { return }
    account.expiryWatched = nil
    account.session?.wipeExpired(at: now)
    watchExpiry(of: account)
  }
}
