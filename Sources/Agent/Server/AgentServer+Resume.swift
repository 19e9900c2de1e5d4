import CPlatform
import Platform

/// Refreshes that have become due together, or while the machine was suspended.
extension AgentServer {
  /// Begins, at once or spread over some seconds, the refreshes whose deadlines have come.
  ///
  /// Nobody waits for them: whoever asks meanwhile has his own begin at once, and the one here then
  /// finds nothing to do.
  func refreshAhead(_ due: [String: BootInstant], now: BootInstant) {
    guard !due.isEmpty else { return }
    let areMany = due.count > RefreshPolicy.fewTogether
    for (name, instant) in due {
      let isLate = now.seconds(since: instant) > RefreshPolicy.lateness
      guard areMany || isLate, let account = accounts[name], account.wantsRefreshAhead(at: now),
        let lifetime = account.session?.lifetime
      else {
        refreshAhead(name, now: now)
        continue
      }
      let wait = RefreshPolicy.spread(lifetime: lifetime, chance: chance())
      deadlines.add(.spreadRefresh(account: name), at: now.adding(milliseconds: wait))
    }
  }

  /// A number nobody can guess, and no two agents share.
  func chance() -> UInt64 {
    var chance: UInt64 = 0
    withUnsafeMutableBytes(of: &chance) { _ = sp_entropy($0.baseAddress, UInt($0.count)) }
    return chance
  }
}
