import Configuration
import Platform

/// Which programs of the user get tokens of an account, and whether a person is asked first.
struct AccessPolicy: Equatable {
  enum Confirmation: String {
    case never
    /// Once for each program, until the account is logged out.
    case first
    case always
  }

  /// Nil: every program of the user.
  let allowed: [AllowedPeer]?
  let confirmation: Confirmation

  /// What a section says; nil where it leaves the account to every program of the user.
  init?(_ section: AccountSettings) {
    let lists = section.all(KnownKey.allow)
    let confirmation = section[KnownKey.confirm].flatMap(Confirmation.init) ?? .never
    guard !lists.isEmpty || confirmation != .never else { return nil }
    // A word that is none, which the reader of the file refuses, allows nobody.
    allowed = lists.isEmpty ? nil : lists.flatMap { AllowedPeer.list($0) ?? [] }
    self.confirmation = confirmation
  }

  /// Whether it matters what has started a program.
  var namesPrograms: Bool {
    allowed?.contains { if case .executable = $0 { true } else { false } } == true
  }

  /// Whether `asker` may be given anything, a person's word aside.
  ///
  /// - Parameter user: the agent's own.
  func allows(_ asker: Asker, of user: UInt32) -> Bool {
    guard let allowed else { return true }
    guard case .known(let peer) = asker else { return false }
    return allowed.contains { $0.allows(peer, of: user) }
  }
}
