import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// Opening the vault: by the agent itself where it can, or when a person gives a passphrase.
extension AgentServer {
  /// Seconds for opening: the keyring may ask the person, and scrypt takes its time.
  static let longestOpening: Int64 = 150

  func unlock(_ request: AttributeBlock, of connection: Connection, now: BootInstant) {
    if case .faulty = vault.phase { lookAtVaultAgain(now: now) }
    let passphrase = request["passphrase"].flatMap {
      $0.isEmpty ? nil : HeldSecret(copying: $0, in: pool)
    }
    switch vault.phase {
    case .memory, .open: answerUnlocked(connection)
    case .faulty(let failure):
      // The file may be as it should by now, and open under a passphrase.
      guard failure.needs == .passphrase, passphrase != nil else {
        return answer(connection, failure)
      }
      attempt(passphrase, for: connection, now: now)
    case .absent(.passphrase, _):
      guard let passphrase else { return answer(connection, Self.noPassphraseYet) }
      makeVault(passphrase, for: connection, now: now)
    case .absent: answerUnlocked(connection)
    case .locking:
      answer(connection, Failure(.temporarilyUnavailable, "the vault is just being locked"))
    case .opening where vault.attempt == nil:
      // Another process has the file.
      hold(connection)
      vault.attempt = UnlockAttempt(askers: [connection.id], passphrase: passphrase)
    case .opening:
      guard let attempt = vault.attempt, attempt.passphrase == nil else {
        return answer(
          connection, Failure(.temporarilyUnavailable, "another attempt to unlock is under way"))
      }
      hold(connection)
      attempt.askers.append(connection.id)
    case .sealed(let sealed):
      if sealed.need == .passphrase, passphrase == nil { return answer(connection, locked(sealed)) }
      attempt(passphrase, for: connection, now: now)
    }
  }

  /// Begins an attempt as soon as the delay of those before lets it.
  private func attempt(_ passphrase: HeldSecret?, for connection: Connection, now: BootInstant) {
    guard vault.attempt == nil else {
      return answer(
        connection, Failure(.temporarilyUnavailable, "another attempt to unlock is under way"))
    }
    hold(connection)
    vault.isLockedByPerson = false
    vault.attempt = UnlockAttempt(askers: [connection.id], passphrase: passphrase)
    let earliest = vault.delay.earliest(at: now)
    guard earliest > now else { return beginAttempt(now: now) }
    deadlines.add(.unlock, at: earliest)
  }

  func beginAttempt(now: BootInstant) {
    guard vault.attempt?.isWaiting == true else { return }
    switch vault.phase {
    case .sealed(let sealed): begin(sealed, now: now)
    case .faulty: startVault(now: now)
    case .memory, .absent, .opening, .open, .locking: break
    }
  }

  /// Opens what is sealed, where it lies.
  func begin(_ sealed: VaultKeeper.Sealed, now: BootInstant) {
    switch sealed {
    case .file: startVault(now: now)
    case .memory(let header, let frames):
      vault.sealedInMemory = sealed
      open(header, frames, now: now)
    }
  }

  /// Has a courier get the key and open the records.
  func open(_ header: VaultHeader, _ frames: [RecordFrame], now: BootInstant) {
    let attempt = vault.attempt ?? UnlockAttempt(askers: [], passphrase: nil)
    vault.attempt = attempt
    let opening = VaultOpening(header, frames, passphrase: attempt.passphrase)
    attempt.opening = opening
    vault.phase = .opening
    vault.openingSince = now
    submit(.unseal(opening), now: now)
  }

  func openingEnded(_ opening: VaultOpening, _ outcome: CourierOutcome, now: BootInstant) {
    guard vault.attempt?.opening === opening else { return }
    switch outcome {
    case .done:
      guard let key = opening.key else {
        return openingFailed(opening, Failure(.failed, "the courier has given no key"), now: now)
      }
      opened(opening, key, now: now)
    case .refused(let refusal):
      switch refusal.block?.string("vault_fault") {
      case "forged", "damaged": vaultIsFaulty(refusal.failure, now: now)
      case "wrong_key":
        vault.delay.failed(at: now)
        openingFailed(opening, refusal.failure, now: now)
      default: openingFailed(opening, refusal.failure, now: now)
      }
    }
  }

  private func openingFailed(_ opening: VaultOpening, _ failure: Failure, now: BootInstant) {
    let source = opening.header.plan.keySource
    let isOfPassphrase = source == VaultSource.passphrase.name
    // What this process was started without, another one may have.
    let isBare = source == VaultSource.secretService.name && vault.whyNoSecretService() != nil
    let failure = Failure(
      .locked, failure.description,
      hint: isBare ? "sallyport stop" : failure.hint ?? "sallyport unlock",
      needs: isOfPassphrase ? .passphrase : nil)
    if let sealed = vault.sealedInMemory {
      vault.phase = .sealed(sealed)
    } else {
      vault.file = nil
      // What is in memory already, while the file could not be used, stays at hand.
      vault.phase = hasSessions ? .faulty(failure) : .sealed(.file(source: source))
    }
    if !isOfPassphrase {
      vault.note(failure)
      vault.opensAgainAt = now.adding(seconds: Self.openingPause)
    }
    giveUpWaiting(now: now)
    endAttempt(failure, now: now)
    releaseHeld(now: now)
  }

  private func opened(_ opening: VaultOpening, _ key: HeldSecret, now: BootInstant) {
    vault.delay.succeeded()
    let wasInMemory = vault.sealedInMemory != nil
    vault.sealedInMemory = nil
    if wasInMemory, let former = vault.phaseBeforeLock {
      vault.phase = former
    } else {
      vault.phase = .open(key)
      if vault.file?.state == .writable { vault.forgetFault() }
    }
    vault.phaseBeforeLock = nil
    adopt(opening, now: now)
    endAttempt(nil, now: now)
    releaseHeld(now: now)
    startSealing(now: now)
  }

  /// Takes over the accounts of the vault. What is in memory already is newer.
  private func adopt(_ opening: VaultOpening, now: BootInstant) {
    for (name, restored) in opening.accounts {
      if let present = accounts[name], !present.isBlank {
        vault.needsRewriting = vault.isWriting
        if present.session == nil { present.takeOver(restored) }
      } else {
        accounts[name] = restored
      }
      guard let account = accounts[name] else { continue }
      scheduleRefresh(of: account, now: now)
      if opening.changed.contains(name), !vault.needsRewriting { save(name, now: now) { _, _ in } }
    }
    // What had no place while the file could not be used, has one now.
    if vault.isWriting, !vault.needsRewriting {
      for name in vault.unsaved.sorted() where accounts[name]?.isWorthStoring == true {
        save(name, now: now) { _, _ in }
      }
    }
    vault.unreadable = Set(opening.unreadable.keys)
    for (text, failure) in opening.unreadable {
      guard let name = AccountName(text) else { continue }
      let account = made(name)
      if account.session == nil { account.note(failure) }
    }
  }

  /// Answers those who have asked for it.
  func endAttempt(_ failure: Failure?, now: BootInstant) {
    guard let attempt = vault.attempt else { return }
    vault.attempt = nil
    for id in attempt.askers {
      guard let connection = connections[id] else { continue }
      if let failure { answer(connection, failure) } else { answerUnlocked(connection) }
      flush(connection, now: now)
    }
  }

  private func answerUnlocked(_ connection: Connection) {
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      reply.append("accounts", Int64(accounts.values.count { $0.session != nil }))
      try reply.append("vault", vault.source(configured: configuration.vault))
    }
  }

  /// Makes the file of a vault under a passphrase.
  private func makeVault(
    _ passphrase: HeldSecret, for connection: Connection, now: BootInstant
  ) {
    guard vault.batch == nil else {
      return answer(connection, Failure(.temporarilyUnavailable, "the vault is just being made"))
    }
    do throws(Failure) { try prepareNewFile() } catch { return answer(connection, error) }
    hold(connection)
    let id = connection.id
    let batch = newFile(.create(.passphrase, passphrase: passphrase))
    batch.then = { [unowned self] batch, failure, now in
      if let failure {
        newFileFailed(batch, failure, now: now)
        answer(id, failure)
      } else {
        if let key = batch.key { vault.phase = .open(key) }
        completeNewFile(batch, now: now)
        if let connection = connections[id] { answerUnlocked(connection) }
      }
      if let connection = connections[id] { flush(connection, now: now) }
    }
    seal(batch, now: now)
  }
}
