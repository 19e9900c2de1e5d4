import Attributes
import Platform
import Secrets

/// Exchanges of the session's access token (RFC 8693): they use no refresh token.
extension Account {
  /// A token exchange (RFC 8693) that is going on.
  final class Exchange {
    let generation: UInt64
    var waiting: [TokenRequest] = []

    init(generation: UInt64) { self.generation = generation }
  }

  /// An exchange begins; the number is handed back with its outcome.
  func exchangeStarted(_ narrowing: Narrowing) -> UInt64 {
    let generation = newGeneration()
    exchanges[narrowing] = Exchange(generation: generation)
    return generation
  }

  func awaitExchange(_ narrowing: Narrowing, _ request: TokenRequest) {
    exchanges[narrowing]?.waiting.append(request)
  }

  /// Gives up an exchange that has not begun and that nobody waits for any more.
  ///
  /// - Returns: whether it was given up.
  func exchangeWithdrawn(_ narrowing: Narrowing, generation: UInt64) -> Bool {
    guard let exchange = exchanges[narrowing], exchange.generation == generation else {
      return true
    }
    guard exchange.waiting.isEmpty else { return false }
    exchanges[narrowing] = nil
    return true
  }

  /// Takes the outcome of an exchange; nil when it is stale and changes nothing.
  ///
  /// Whatever it is, it is no failure of the account: the exchange has used no refresh token.
  func exchangeEnded(
    _ narrowing: Narrowing, generation: UInt64, _ outcome: CourierOutcome, at now: BootInstant,
    pool: SecretPool
  ) -> RefreshEnd? {
    guard let exchange = exchanges[narrowing], exchange.generation == generation, let session
    else { return nil }
    exchanges[narrowing] = nil
    switch outcome {
    case .refused(let refusal):
      return RefreshEnd(answered: exchange.waiting, failure: refusal.failure)
    case .done(let answer):
      let token = session.narrowed(to: narrowing, by: answer, now: now, pool: pool)
      let failure =
        token == nil ? Failure(.failed, "the courier's answer has no access token") : nil
      return RefreshEnd(answered: exchange.waiting, failure: failure)
    }
  }
}
