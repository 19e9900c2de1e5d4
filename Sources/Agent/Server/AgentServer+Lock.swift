import Attributes
import Configuration
import Glibc
import Platform
import Secrets
import Vault

/// Locking: nothing that is secret stays in memory but under the vault's key, or under a passphrase.
extension AgentServer {
  func lock(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    switch vault.phase {
    case .sealed:
      endAttempt(Self.hasBeenLocked, now: now)
      answerLocked(connection)
    case _ where vault.batch?.isAskedFor == true && vault.lockers.isEmpty:
      answerBusy(connection)
    case .opening:
      stopOpening(now: now)
      answerLocked(connection)
    case .locking:
      hold(connection)
      vault.lockers.append(connection.id)
    case .open(let key): lock(under: .vault(key), for: connection, now: now)
    // What is sealed in memory beside it would never be written to the file that comes of it.
    case .absent where vault.batch != nil: answerBusy(connection)
    case .memory, .absent, .faulty:
      guard let passphrase = request["passphrase"], !passphrase.isEmpty else {
        return answer(connection, Self.lockNeedsPassphrase)
      }
      lock(
        under: .passphrase(HeldSecret(copying: passphrase, in: pool)), for: connection, now: now)
    }
  }

  private static let hasBeenLocked = Failure(
    .locked, "the vault has been locked", hint: "sallyport unlock")

  private static let lockNeedsPassphrase = Failure(
    .invalidRequest, "the sessions are in memory only: a lock needs a passphrase",
    hint: "sallyport lock", needs: .newPassphrase)

  private func answerBusy(_ connection: Connection) {
    answer(
      connection,
      Failure(.temporarilyUnavailable, "the vault is just being written: ask once more"))
  }

  private func answerLocked(_ connection: Connection) {
    answer(connection) { $0.append("event", constant: "done") }
  }

  private func lock(
    under key: VaultKeeper.LockKey, for connection: Connection, now: BootInstant
  ) {
    vault.phaseBeforeLock = vault.phase
    vault.phase = .locking(key)
    hold(connection)
    vault.lockers.append(connection.id)
    let failure = Self.hasBeenLocked
    endQuestions(failure)
    for account in Array(accounts.values) {
      let hadSignIn = account.signIn != nil
      cancelSignIn(of: account, failure)
      // A client that was registered for it is known to the server, and to nobody else.
      if hadSignIn, account.registration != nil { save(account.name.text, now: now) { _, _ in } }
      for request in account.takeAllWaiting() { answer(request.connection, failure) }
    }
    endServices(failure, now: now)
    continueLocking(now: now)
  }

  /// Ends what does not use up a refresh token; what does, comes to its end.
  private func endServices(_ failure: Failure, now: BootInstant) {
    let refused = CourierOutcome.refused(CourierRefusal(failure))
    var unwanted = waitingJobs.take { $0.endsAtLock }
    for courier in couriers.values where courier.job.endsAtLock && !courier.hasAnswered {
      end(courier)
      unwanted.append(courier.job)
    }
    for job in unwanted { ended(job, id: newID(), refused, now: now) }
  }

  /// Seals everything once nothing is under way any more that has a refresh token in hand.
  func continueLocking(now: BootInstant) {
    guard case .locking(let key) = vault.phase, vault.batch == nil, vault.waiting.isEmpty,
      !accounts.values.contains(where: { $0.isRefreshing || $0.departure != nil }),
      !waitingJobs.contains(where: \.usesSession),
      !couriers.values.contains(where: { $0.job.usesSession && !$0.hasAnswered })
    else { return }
    switch key {
    case .vault(let key):
      // What is in the file need not be sealed a second time.
      if vault.fault == nil, !vault.needsRewriting, let header = vault.header {
        vault.phaseBeforeLock = nil
        return locked(.file(source: header.plan.keySource), now: now)
      }
      guard let header = vault.header else { return lockFailed(Self.noHeader, now: now) }
      sealInMemory(.rewrite(header, key: key), now: now)
    case .passphrase(let passphrase):
      sealInMemory(.create(.passphrase, passphrase: passphrase), now: now)
    }
  }

  private static let noHeader = Failure(.failed, "the vault was closed meanwhile")

  private func sealInMemory(_ task: SealBatch.Task, now: BootInstant) {
    let stored = accounts.filter { $1.isWorthStoring }.keys.sorted()
    let batch = SealBatch(task, to: .memory, items: stored.map { .account($0) }, writes: [])
    batch.then = { [unowned self] batch, failure, now in
      if let failure { return lockFailed(failure, now: now) }
      guard let header = batch.header, batch.frames.count == stored.count else {
        return lockFailed(
          Failure(.failed, "not every session could be sealed, and the lock was given up"), now: now
        )
      }
      locked(.memory(header, batch.frames), now: now)
    }
    seal(batch, now: now)
  }

  private func lockFailed(_ failure: Failure, now: BootInstant) {
    if let former = vault.phaseBeforeLock { vault.phase = former }
    vault.phaseBeforeLock = nil
    // Alarms that went off meanwhile were not heard.
    for account in accounts.values { scheduleRefresh(of: account, now: now) }
    answerLockers(failure, now: now)
  }

  private func locked(_ sealed: VaultKeeper.Sealed, now: BootInstant) {
    if case .file = sealed { vault.file = nil }
    if case .open? = vault.phaseBeforeLock, case .memory = sealed {
      // The key of the vault goes too; it comes back with the sessions.
      vault.phaseBeforeLock = nil
    }
    vault.phase = .sealed(sealed)
    vault.isLockedByPerson = true
    vault.traces = [:]
    // What was handed out and has not been fetched is a token all the same.
    for connection in connections.values where !connection.output.isEmpty {
      flush(connection, now: now)
      if !connection.output.isEmpty { close(connection) }
    }
    for account in accounts.values { endWindow(of: account) }
    accounts = [:]
    answerLockers(nil, now: now)
  }

  private func answerLockers(_ failure: Failure?, now: BootInstant) {
    let lockers = vault.lockers
    vault.lockers = []
    for id in lockers {
      guard let connection = connections[id] else { continue }
      if let failure { answer(connection, failure) } else { answerLocked(connection) }
      flush(connection, now: now)
    }
  }

  /// Gives up an opening that is under way: whoever waits for it learns that the vault is locked.
  private func stopOpening(now: BootInstant) {
    let source = vault.source(configured: configuration.vault)
    if let opening = vault.attempt?.opening {
      for courier in couriers.values {
        if case .unseal(let other) = courier.job, other === opening { end(courier) }
      }
    }
    vault.phase = .sealed(vault.sealedInMemory ?? .file(source: source))
    vault.isLockedByPerson = true
    vault.turnPause = 0
    vault.awaitsTurnSince = nil
    if vault.sealedInMemory == nil { vault.file = nil }
    giveUpWaiting(now: now)
    endAttempt(Self.hasBeenLocked, now: now)
    releaseHeld(now: now)
  }

  // MARK: Forgetting at once

  /// Lets go of the vault without a word to it: what is in the file stays there, sealed.
  ///
  /// - Returns: what answers those who wait for the disk, once everything is forgotten.
  func abandonVault(now: BootInstant) -> () -> Void {
    for courier in couriers.values where courier.keepsAnswer { courier.leaveAlone() }
    let batch = vault.batch
    vault.batch = nil
    vault.needsRewriting = false
    vault.traces = [:]
    vault.unkept = [:]
    vault.unsaved = []
    vault.lostHeader = nil
    vault.phaseBeforeLock = nil
    endAttempt(Self.hasBeenForgotten, now: now)
    switch vault.phase {
    case .open, .locking(.vault):
      let source = vault.source(configured: configuration.vault)
      vault.phase = .sealed(.file(source: source))
      vault.isLockedByPerson = true
      vault.file = nil
    case .opening:
      stopOpening(now: now)
      guard case .sealed(.memory) = vault.phase else { break }
      // What was being opened are sessions of this process: they are forgotten too.
      vault.sealedInMemory = nil
      vault.file = nil
      startVault(now: now)
    case .locking(.passphrase), .sealed(.memory):
      vault.sealedInMemory = nil
      vault.file = nil
      vault.isLockedByPerson = true
      startVault(now: now)
    case .memory, .absent, .sealed(.file), .faulty: break
    }
    return { [unowned self] in
      if let batch, let then = batch.then {
        then(batch, Self.hasBeenForgotten, now)
      } else {
        vault.waiting = (batch?.writes ?? []) + vault.waiting
      }
      giveUpWaiting(now: now)
      answerLockers(nil, now: now)
    }
  }

  static let hasBeenForgotten = Failure(.failed, "everything has been forgotten")
}

extension CourierJob {
  /// Whether a lock ends it: somebody can ask for it again.
  fileprivate var endsAtLock: Bool {
    switch self {
    case .exchange, .prove, .userInfo, .endSession, .exporting, .importing: true
    case .signIn, .refresh, .revoke, .revokeFormer, .unregister, .seal, .unseal: false
    }
  }

  /// Whether a lock waits for it.
  fileprivate var usesSession: Bool {
    switch self {
    case .refresh, .revoke, .revokeFormer, .unregister: true
    default: false
    }
  }
}
