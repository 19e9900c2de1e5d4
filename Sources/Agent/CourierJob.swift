import Attributes

/// What a courier is for, with all that its outcome concerns.
enum CourierJob {
  /// A person signs in: `login`, or `device` on another device.
  case signIn(account: Account)
  /// The refresh token is used, for the session's own token or a narrower one.
  case refresh(Account, Session, Account.GrantUse, generation: UInt64)
  case exchange(Account, Session, Narrowing, generation: UInt64)
  case prove(Service)
  case userInfo(Service)
  /// The tokens of a session are revoked at its logout.
  case revoke(Departure)
  /// The tokens of a session that a later sign-in has replaced are revoked.
  case revokeFormer(Account, Session, successor: Session?)
  case endSession(Departure)
  case unregister(Departure)

  /// A token that was found for somebody, and goes through a courier before he is answered.
  struct Service {
    let request: TokenRequest
    let account: Account
    let session: Session
    let token: AccessToken
    let warning: String?
  }

  /// Jobs of one kind take the places of no other.
  enum Lane: CaseIterable {
    /// A person decides how long it takes; started at once, and counted where it begins.
    case signIn
    /// A server answers within a minute, or not at all.
    case network
    /// No network: some milliseconds of computing.
    case proof
    /// A browser has to come by.
    case browser

    /// Couriers at one time; the others wait in their order. Each takes some milliseconds of
    /// processor time, and a hundred accounts may expire together.
    var places: Int {
      switch self {
      case .signIn: 32
      case .network, .proof, .browser: 4
      }
    }
  }

  var lane: Lane {
    switch self {
    case .signIn: .signIn
    case .prove: .proof
    case .endSession: .browser
    case .refresh, .exchange, .userInfo, .revoke, .revokeFormer, .unregister: .network
    }
  }

  /// Whether it uses the refresh token of `account`'s session.
  func isRefresh(of account: Account) -> Bool {
    if case .refresh(let refreshed, _, _, _) = self { return refreshed === account }
    return false
  }

  /// Whether it exchanges the token of `account`'s session.
  func isExchange(of account: Account) -> Bool {
    if case .exchange(let exchanged, _, _, _) = self { return exchanged === account }
    return false
  }
}
