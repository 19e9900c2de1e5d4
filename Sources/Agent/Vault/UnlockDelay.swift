import Platform

/// How long the next attempt to unlock is held: a program that guesses must not be quick.
struct UnlockDelay {
  /// Seconds of the longest delay.
  private static let longest: Int64 = 64

  private(set) var failures = 0
  private var lastFailure: BootInstant?

  /// When an attempt may begin.
  func earliest(at now: BootInstant) -> BootInstant {
    guard let lastFailure else { return now }
    return max(now, lastFailure.adding(seconds: seconds))
  }

  /// Seconds after the last failure: 1, 2, 4 …
  var seconds: Int64 {
    failures == 0 ? 0 : min(Int64(1) << Int64(min(failures - 1, 10)), Self.longest)
  }

  mutating func failed(at now: BootInstant) {
    failures += 1
    lastFailure = now
  }

  mutating func succeeded() { self = UnlockDelay() }
}

/// An attempt to open the vault.
final class UnlockAttempt {
  /// Those who asked for it; none where the agent itself did.
  var askers: [UInt64]
  let passphrase: HeldSecret?
  /// Nil until the courier is started.
  var opening: VaultOpening?
  var isWaiting: Bool { opening == nil }

  init(askers: [UInt64], passphrase: HeldSecret?) {
    self.askers = askers
    self.passphrase = passphrase
  }
}
