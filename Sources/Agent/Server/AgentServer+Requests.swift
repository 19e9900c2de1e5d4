import Attributes
import Configuration
import Glibc
import Platform

/// The table of actions, and the choice of the account a request means.
extension AgentServer {
  private typealias Handler =
    @Sendable (AgentServer, AttributeBlock, Connection, BootInstant) -> Void

  /// Every action a client can ask for.
  private static let actions: [(name: StaticString, handler: Handler)] = [
    ("get", { $0.get($1, of: $2, now: $3) }),
    ("token", { $0.token($1, of: $2, now: $3) }),
    ("login", { $0.login($1, of: $2, now: $3) }),
    ("store", { agent, _, connection, _ in agent.answer(connection) { _ in } }),
    ("erase", { agent, request, connection, _ in agent.erase(request, of: connection) }),
    ("status", { $0.status($1, of: $2, now: $3) }),
    ("userinfo", { $0.userInfo($1, of: $2, now: $3) }),
    ("refresh", { $0.refresh($1, of: $2, now: $3) }),
    ("logout", { $0.logout($1, of: $2, now: $3) }),
    ("callback", { agent, request, connection, _ in agent.callback(request, of: connection) }),
    ("expose", { $0.expose($1, of: $2, now: $3) }),
    ("unexpose", { agent, request, connection, _ in agent.unexpose(request, of: connection) }),
    ("lock", { $0.lock($1, of: $2, now: $3) }),
    ("unlock", { $0.unlock($1, of: $2, now: $3) }),
    ("vault", { agent, _, connection, _ in agent.describeVault(to: connection) }),
    ("vault-change", { $0.changeVault($1, of: $2, now: $3) }),
    ("vault-export", { $0.exportVault($1, of: $2, now: $3) }),
    ("vault-import", { $0.importVault($1, of: $2, now: $3) }),
    ("version", { agent, _, connection, _ in agent.version(of: connection) }),
    ("stop", { agent, _, connection, _ in agent.stop(askedBy: connection) }),
  ]

  func handle(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    lookAtConfiguration(now: now)
    if isBarred(request, of: connection) { return }
    if let exposure = connection.exposure {
      return handle(request, of: connection, through: exposure, now: now)
    }
    for action in Self.actions where request.has("action", action.name) {
      return action.handler(self, request, connection, now)
    }
    let name = request.string("action") ?? ""
    let sentence =
      name.isEmpty
      ? "the request names no action" : "there is no action \(printable(name, limit: 40))"
    answer(connection, Failure(.invalidRequest, sentence))
  }

  private func version(of connection: Connection) {
    answer(connection) { (reply) throws(AttributeFault) in
      try reply.append("version", sallyportVersion)
      reply.append("pid", Int64(getpid()))
    }
  }

  // MARK: Which account

  /// The account a request names, or the only one there is; answers the request when there is none.
  func account(for request: AttributeBlock, of connection: Connection) -> Account? {
    switch accountName(request) {
    case .success(let name):
      if let account = accounts[name.text], !account.isBlank { return account }
      // A file that has become faulty is what is wrong, where nobody is signed in.
      if configuration.fault == nil, configuration.account(name.text) != nil { return made(name) }
      answer(connection, unknown(name.text))
      return nil
    case .failure(let failure):
      answer(connection, failure)
      return nil
    }
  }

  /// The account object of a name, made when it is new.
  func made(_ name: AccountName) -> Account {
    if let account = accounts[name.text] { return account }
    let account = Account(name: name)
    accounts[name.text] = account
    return account
  }

  /// Lets go of an account nothing is known of: a name that has failed must not stay behind as one.
  func dropIfBlank(_ account: Account) {
    // What the log counts in this minute is told at its end.
    if account.isBlank, account.audit == nil, accounts[account.name.text] === account {
      accounts[account.name.text] = nil
    }
  }

  /// The name a request means, whether or not it is known.
  func accountName(_ request: AttributeBlock) -> Result<AccountName, Failure> {
    if request["account"] != nil {
      guard let name = request.string("account").flatMap(AccountName.init) else {
        return .failure(
          Failure(.invalidRequest, "an account's name has letters, digits and . _ @ - only"))
      }
      return .success(name)
    }
    var names = configuration.accounts.map(\.name)
    for account in accounts.values where !account.isBlank && !names.contains(account.name) {
      names.append(account.name)
    }
    switch names.count {
    case 1: return .success(names[0])
    case 0:
      return .failure(
        configurationFailure
          ?? Failure(
            .failed, "no account is configured",
            hint: "sallyport login NAME --issuer URL --client-id ID"))
    default:
      let some = names.prefix(8).map(\.text).joined(separator: ", ") + (names.count > 8 ? " …" : "")
      return .failure(
        Failure(.invalidRequest, "several accounts are configured, name one: \(some)"))
    }
  }

  func unknown(_ name: String) -> Failure {
    configurationFailure
      ?? Failure(
        .failed, "no account \(name) is configured",
        hint: "sallyport login \(name) --issuer URL --client-id ID")
  }

  /// What is wrong with the configuration file, if anything is.
  var configurationFailure: Failure? {
    guard let fault = configuration.fault, let path = configuration.path else { return nil }
    return fault.failure(path: path)
  }

  /// Why the session of `account` no longer fits its configuration; nil when it does.
  func misfit(of account: Account) -> Failure? {
    guard let key = account.session?.difference(from: configuration) else { return nil }
    return Failure(
      .loginRequired, "the \(key) of \(account.name) has changed since the sign-in",
      hint: "sallyport login \(account.name)")
  }
}
