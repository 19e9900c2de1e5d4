import Platform

/// What an account can be doing with its refresh token.
extension Account {
  /// Whether the refresh token is in use. A courier's answer for another generation is dropped.
  enum Refresh: Equatable {
    /// Nothing runs. Leaves by ``Account/refreshStarted(_:)``.
    case idle
    /// Nothing runs, and the server has asked not to be asked before then. Leaves as `idle` does.
    case postponed(until: BootInstant)
    /// One courier runs or is queued. Leaves by
    /// ``Account/refreshEnded(generation:_:at:chance:pool:)`` and by a new session.
    case running(generation: UInt64, GrantUse)
    /// What a courier has brought is in memory, and the vault has not said that it keeps it: nobody
    /// is served, and no use of the refresh token begins. Leaves by ``Account/saved(generation:)``, to
    /// `idle` or to `postponed` where the server has asked for that, and by a new session.
    case saving(generation: UInt64, until: BootInstant? = nil)
  }

  /// What a use of the refresh token is to bring.
  enum GrantUse: Equatable {
    /// The session's own access token.
    case session
    /// A narrower one.
    case narrowed(Narrowing)
  }

  /// What is waited for before anybody is told of something new.
  enum Keeping {
    /// Nothing: the memory is all there is.
    case memory
    /// The vault.
    case vault
  }
}
