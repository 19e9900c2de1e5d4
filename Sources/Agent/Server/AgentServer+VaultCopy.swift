import Attributes
import Configuration
import Platform
import Secrets

/// Taking sessions to another machine, and back.
extension AgentServer {
  // MARK: Out

  func exportVault(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    do throws(Failure) {
      let (path, passphrase) = try copy(request)
      guard !path.hasPrefix("\(vault.folder ?? "")/") || vault.folder == nil else {
        throw Failure(.invalidRequest, "the folder of \(path) is the vault's own")
      }
      // Of one that is being signed out nobody gets anything any more.
      let names = accounts.filter { $1.isWorthStoring && $1.departure == nil }.keys.sorted()
      guard !names.isEmpty else { throw Failure(.failed, "there is no session to export") }
      admit(connection, toAll: names[...], now: now) { [unowned self] connection, now in
        hold(connection)
        let export = VaultExport(
          connection: connection.id, asker: asker(on: connection), path: path,
          passphrase: passphrase, names: names)
        export.write = { [unowned self] (name, order) throws(AttributeFault) in
          try appendSession(name, to: &order)
        }
        submit(.exporting(export), now: now)
      }
    } catch { answer(connection, error) }
  }

  /// Whoever has the file has the sessions: he is asked for each of them as if it were handed out.
  func admit(
    _ connection: Connection, toAll names: ArraySlice<String>, now: BootInstant,
    _ proceed: @escaping (Connection, BootInstant) -> Void
  ) {
    var rest = names
    while let account = rest.popFirst().map({ accounts[$0] }) {
      guard let account else { continue }
      // Who is let in at once goes on in this loop: of ten thousand calls within one another the
      // stack would be too short.
      var (isAtOnce, isAdmitted) = (true, false)
      let others = rest
      // A session that is of no use now, as one that misfits, is given all the same.
      admit(connection, to: account, for: .export, mayLogin: true, now: now) {
        [unowned self] _, connection, now in
        isAdmitted = true
        if !isAtOnce { admit(connection, toAll: others, now: now, proceed) }
      }
      isAtOnce = false
      guard isAdmitted else { return }
    }
    proceed(connection, now)
  }

  func exportEnded(_ export: VaultExport, _ outcome: CourierOutcome) {
    if case .refused(let refusal) = outcome { return answer(export.connection, refusal.failure) }
    let now = clock()
    for name in export.names {
      guard let account = accounts[name] else { continue }
      noteGiven(.export, of: account, account.session?.scope ?? "", to: export.asker, now: now)
    }
    guard let connection = connections[export.connection] else { return }
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      reply.append("accounts", Int64(export.names.count))
      try reply.append("path", export.path)
    }
  }

  // MARK: In

  func importVault(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    do throws(Failure) {
      let (path, passphrase) = try copy(request)
      hold(connection)
      submit(
        .importing(
          VaultImport(
            connection: connection.id, path: path, passphrase: passphrase,
            replaces: request.flag("replace"))), now: now)
    } catch { answer(connection, error) }
  }

  func importEnded(_ task: VaultImport, _ outcome: CourierOutcome, now: BootInstant) {
    if case .refused(let refusal) = outcome { return answer(task.connection, refusal.failure) }
    if let failure = task.failure ?? foreignSecret(in: task) {
      return answer(task.connection, failure)
    }
    var (taken, skipped): ([String], [String]) = ([], [])
    var waiting: [(TokenRequest, Account)] = []
    for (name, restored) in task.accounts.sorted(by: { $0.key < $1.key }) {
      if take(restored, replaces: task.replaces, &waiting, now: now) {
        taken.append(name)
      } else {
        skipped.append(name)
      }
    }
    // All of them are written at once: the first waits for the others.
    var left = taken.count
    var failed = false
    let finish = { [unowned self] in
      guard left == 0 else { return }
      tellImported(task, taken, skipped, failed: failed)
    }
    for name in taken {
      save(name, now: now) { outcome, _ in
        left -= 1
        failed = failed || outcome == .failed
        finish()
      }
    }
    if taken.isEmpty { finish() }
    for (request, account) in waiting { serveAgain(request, from: account, now: now) }
  }

  /// Who has made the file must not choose a program that runs here, or a file that is sent away: it
  /// counts only where the configuration of this machine says the same.
  private func foreignSecret(in task: VaultImport) -> Failure? {
    let keys = ["client_secret_command", "client_secret_file", "client_key_file"]
    for (name, account) in task.accounts.sorted(by: { $0.key < $1.key }) {
      let settings = [
        account.session?.settings, account.session?.registration?.settings,
        account.registration?.settings,
      ].compactMap { $0?.effective }
      let here = configuration.account(name)
      for key in keys where settings.contains(where: { $0[key] != nil && $0[key] != here?[key] }) {
        return Failure(
          .failed,
          "\(task.path) has a \(key) for \(name), which is taken from the configuration alone: add"
            + " the section [\(name)] with it first")
      }
    }
    return nil
  }

  /// Takes over an account of the file, unless there is a session already.
  ///
  /// - Parameter waiting: gets those who have waited for an exchange of the session before.
  private func take(
    _ restored: Account, replaces: Bool, _ waiting: inout [(TokenRequest, Account)],
    now: BootInstant
  ) -> Bool {
    let name = restored.name.text
    let account = accounts[name] ?? restored
    if account !== restored {
      guard account.session == nil || replaces, account.departure == nil, account.signIn == nil,
        !account.isRefreshing
      else { return false }
      endExposures(of: account.name)
      // Of a session that stays the exchanges go on.
      if restored.session != nil { endExchanges(of: account) }
      waiting += account.takeOver(restored).map { ($0, account) }
    }
    accounts[name] = account
    scheduleRefresh(of: account, now: now)
    return true
  }

  private func tellImported(
    _ task: VaultImport, _ taken: [String], _ skipped: [String], failed: Bool
  ) {
    guard let connection = connections[task.connection] else { return }
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      reply.append("accounts", Int64(taken.count))
      for (key, names) in [("account", taken), ("skipped", skipped)] {
        for name in names.prefix(Self.mostNames) {
          try reply.append(key: key, isList: true, value: name)
        }
      }
      if failed, let fault = vault.fault {
        try reply.append(key: "warning", isList: true, value: printable(fault.description))
      }
    }
    flush(connection, now: clock())
  }

  // MARK: Both

  private func copy(_ request: AttributeBlock) throws(Failure) -> (String, HeldSecret) {
    guard let path = request.string("path"), path.utf8.first == UInt8(ascii: "/") else {
      throw Failure(.invalidRequest, "the path of the file is not absolute")
    }
    guard let passphrase = request["passphrase"], !passphrase.isEmpty else {
      throw Failure(.invalidRequest, "the file needs a passphrase", needs: .passphrase)
    }
    return (path, HeldSecret(copying: passphrase, in: pool))
  }
}
