import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What a person can have done with the vault: look at it, change its key.
extension AgentServer {
  // MARK: Looking

  func describeVault(to connection: Connection) {
    answer(connection) { (reply) throws(AttributeFault) in
      try describeVault(to: &reply)
      if let configured = configuration.vault { try reply.append("configured", configured.setting) }
      reply.append("accounts", Int64(accounts.values.count { $0.isWorthStoring }))
      if let file = vault.file { reply.append("bytes", Int64(file.length)) }
      reply.append("event", constant: "done")
    }
  }

  /// Appends what `status` says of the vault.
  func describeVault(to reply: inout SecretBuffer) throws(AttributeFault) {
    try reply.append("vault", vault.source(configured: configuration.vault))
    reply.append("vault_state", constant: vault.state)
    if vaultExists || vault.isWriting { try reply.append("vault_path", vault.path) }
    guard let (sentence, hint) = vaultTrouble else { return }
    reply.append("vault_error", oneLine: sentence)
    if let hint { reply.append("vault_hint", oneLine: hint) }
  }

  /// What is not as the person may think.
  private var vaultTrouble: (sentence: String, hint: String?)? {
    if let fault = vault.fault { return (fault.description, fault.hint) }
    if case .memory(.chosen) = vault.phase, vaultExists {
      return (
        "the sessions are in memory only, and \(vault.path) is not used",
        "sallyport vault change memory"
      )
    }
    if vault.cutBytes > 0, vault.isWriting {
      return (
        "the last \(vault.cutBytes) bytes of \(vault.path) were no whole record, and were cut off:"
          + " what they were to say is lost", nil
      )
    }
    let source = vault.source(configured: configuration.vault)
    guard let configured = configuration.vault, configured.name != source,
      vaultExists || vault.isWriting
    else { return nil }
    return (
      "\(vault.path) has its key from \(source), and the configuration says \(configured.name)",
      "sallyport vault change \(shellQuoted(configured.setting))"
    )
  }

  // MARK: Another key

  func changeVault(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    guard let source = request.string("source").flatMap({ VaultSource($0) }) else {
      return answer(
        connection,
        Failure(
          .invalidRequest,
          "a vault's key comes from memory, secret-service, passphrase, credential or command ="
            + " COMMAND LINE"))
    }
    guard vault.folder != nil else {
      return answer(connection, Failure(.failed, "there is no folder for a vault: HOME is not set"))
    }
    guard vault.batch == nil else {
      return answer(connection, Self.justBeingWritten)
    }
    if case .faulty(let failure) = vault.phase { return answer(connection, failure) }
    if source == .memory { return leaveFile(connection, now: now) }
    let passphrase = request["passphrase"].flatMap {
      $0.isEmpty ? nil : HeldSecret(copying: $0, in: pool)
    }
    if source == .passphrase, passphrase == nil {
      return answer(
        connection,
        Failure(.invalidRequest, "the vault needs a new passphrase", needs: .newPassphrase))
    }
    // Whoever chooses the key can read the file, as whoever has a copy of it.
    let names = accounts.filter { $1.isWorthStoring && $1.departure == nil }.keys.sorted()
    admit(connection, toAll: names[...], now: now) { [unowned self] connection, now in
      // A question takes its time.
      guard vault.batch == nil, vault.canBeRemade else {
        return answer(connection, Self.justBeingWritten)
      }
      remake(.create(source, passphrase: passphrase), for: connection, now: now)
    }
  }

  private static let justBeingWritten = Failure(
    .temporarilyUnavailable, "the vault is just being written: ask once more")

  /// Sessions are in memory only from now on; the file gets another name, and is not destroyed.
  private func leaveFile(_ connection: Connection, now: BootInstant) {
    // Its courier has the lock, and may have to write down what the server answers.
    guard !couriers.values.contains(where: \.keepsAnswer) else {
      return answer(
        connection, Failure(.temporarilyUnavailable, "a refresh is under way: ask once more"))
    }
    let header = vault.header
    vault.file = nil
    var former: String?
    if vaultExists, let folder = vault.folder {
      do throws(VaultFault) {
        former = try setAside(in: folder)
      } catch {
        if case .open = vault.phase { stayOpen(folder, header, now: now) }
        return answer(connection, vault.failure(error))
      }
    }
    vault.phase = .memory(.chosen)
    vault.traces = [:]
    vault.lostHeader = nil
    vault.needsRewriting = false
    vault.forgetFault()
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      reply.append("vault", constant: "memory")
      if let former, let folder = vault.folder { try reply.append("former", "\(folder)/\(former)") }
    }
  }

  /// Takes the file back that could not be set aside.
  private func stayOpen(_ folder: String, _ header: VaultHeader?, now: BootInstant) {
    do throws(VaultFault) {
      let file = try openFile(folder) { _ in }
      guard file.header == header else { throw .replaced }
      vault.file = file
    } catch { vaultIsFaulty(vault.failure(error), now: now) }
  }

  private func setAside(in folder: String) throws(VaultFault) -> String {
    let place: any VaultFolder
    do throws(SystemError) { place = try vault.openFolder(folder) } catch {
      throw .system(subject: "", error)
    }
    return try VaultFile.setAside(vault.names, in: place)
  }

  /// Writes everything anew under another key.
  private func remake(_ task: SealBatch.Task, for connection: Connection, now: BootInstant) {
    do throws(Failure) { try prepareNewFile() } catch { return answer(connection, error) }
    hold(connection)
    let id = connection.id
    let batch = newFile(task)
    batch.then = { [unowned self] batch, failure, now in
      if let failure {
        newFileFailed(batch, failure, now: now)
        answer(id, failure)
      } else if let key = batch.key {
        vault.phase = .open(key)
        vault.needsRewriting = false
        vault.lostHeader = nil
        vault.forgetFault()
        completeNewFile(batch, now: now)
        tellChanged(id)
      }
      if let connection = connections[id] { flush(connection, now: now) }
    }
    seal(batch, now: now)
  }

  private func tellChanged(_ id: UInt64) {
    guard let connection = connections[id] else { return }
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      try reply.append("vault", vault.source(configured: nil))
      try reply.append("vault_path", vault.path)
    }
  }
}
