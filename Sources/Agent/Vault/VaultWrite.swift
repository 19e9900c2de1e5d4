import Platform

/// Something that has to be in the vault's file before somebody is answered.
struct VaultWrite {
  enum Content {
    /// What is known of an account when it is written, or that nothing is.
    case state
    /// The refresh token of the session is about to be sent.
    case refreshStarted(Session)
    /// The refresh has ended, and the session is as it was.
    case refreshEnded
  }

  /// Called once it is on the disk, or with the reason why it is not.
  typealias Completion = (VaultOutcome, BootInstant) -> Void

  let name: String
  let content: Content
  let then: Completion
}

/// What came of a write.
enum VaultOutcome {
  case written
  /// There is nothing to write to, as the person wants it.
  case unneeded
  /// It is in memory only; the fault is in `status`.
  case failed
}
