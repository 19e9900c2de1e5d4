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
  /// Records of the vault are sealed.
  case seal(SealBatch)
  /// The vault is opened.
  case unseal(VaultOpening)
  /// Sessions are sealed under a passphrase, for a file of the person's choice.
  case exporting(VaultExport)
  /// Sessions are read from such a file.
  case importing(VaultImport)

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
    /// The refresh token of an account is used: one at a time for each account.
    case refresh
    /// A server answers within a minute, or not at all; an account may have many such wishes.
    case network
    /// No network: some milliseconds of computing.
    case proof
    /// A browser has to come by.
    case browser
    /// No network: the vault's ciphers.
    case vault
    /// No network: a passphrase for another file, whose scrypt takes up to a gigabyte and seconds. What
    /// has to be written down must not wait for it.
    case copy

    /// Couriers at one time; the others wait in their order. Each takes some milliseconds of
    /// processor time, and a hundred accounts may expire together.
    var places: Int {
      switch self {
      case .signIn: 32
      case .refresh, .network, .proof, .browser, .vault: 4
      case .copy: 1
      }
    }

    /// Seconds after which a courier takes no place any more: it only waits for a server or a person,
    /// and one that hangs must not hold up the accounts of others (CWE-400).
    var settlingTime: Int64? {
      switch self {
      case .signIn, .proof, .vault, .copy: nil
      case .refresh, .network, .browser: 2
      }
    }

    /// Couriers there can be when all but ``places`` of them only wait: each is a process.
    var most: Int { settlingTime == nil ? places : 32 }

    /// Couriers one account can have, so that many wishes of one leave places for others.
    var mostOfOneAccount: Int { self == .network ? 2 : places }
  }

  /// The account it is for; nil where it is for all of them.
  var account: Account? {
    switch self {
    case .signIn(let account), .refresh(let account, _, _, _), .exchange(let account, _, _, _),
      .revokeFormer(let account, _, _):
      account
    case .prove(let service), .userInfo(let service): service.account
    case .revoke(let departure), .endSession(let departure), .unregister(let departure):
      departure.account
    case .seal, .unseal, .exporting, .importing: nil
    }
  }

  var lane: Lane {
    switch self {
    case .signIn: .signIn
    case .prove: .proof
    case .endSession: .browser
    case .refresh: .refresh
    case .exchange, .userInfo, .revoke, .revokeFormer, .unregister: .network
    case .seal, .unseal: .vault
    case .exporting, .importing: .copy
    }
  }

  /// Whether it uses the refresh token of `session`.
  func isRefresh(of session: Session) -> Bool {
    if case .refresh(_, let refreshed, _, _) = self { return refreshed === session }
    return false
  }

  /// Whether it exchanges the token of `account`'s session.
  func isExchange(of account: Account) -> Bool {
    if case .exchange(let exchanged, _, _, _) = self { return exchanged === account }
    return false
  }
}
