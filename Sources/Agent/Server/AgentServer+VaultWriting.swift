import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// Writing down what changes: whatever has gathered goes through one courier and one fdatasync.
extension AgentServer {
  /// Seconds for sealing, which takes milliseconds, or a keyring that asks the person.
  static let longestSealing: Int64 = 120
  /// Seconds until a vault that could not be written is tried again.
  private static let retryPause: Int64 = 30

  /// Writes down what is known of the account of that name, or that nothing is.
  func save(_ name: String, now: BootInstant, then: @escaping VaultWrite.Completion) {
    write(VaultWrite(name: name, content: .state, then: then), now: now)
  }

  /// Has `write` on the disk before it is completed, where there is a disk to write to.
  func write(_ write: VaultWrite, now: BootInstant) {
    lookForVault(now: now)
    switch vault.phase {
    // A file is being made of what was known before this.
    case .memory where vault.batch?.isAskedFor == true: break
    case .memory, .sealed, .locking(.passphrase): return write.then(.unneeded, now)
    case .faulty: return complete(write, .failed, now: now)
    case .absent:
      // No file is made to say that there is nothing; one that is being made may have the session.
      guard accounts[write.name]?.isWorthStoring == true || vault.batch != nil else {
        return write.then(.unneeded, now)
      }
    case .opening, .open, .locking(.vault): break
    }
    vault.waiting.append(write)
    startSealing(now: now)
  }

  /// Completes what waits for a disk that is not there any more.
  func giveUpWaiting(now: BootInstant) {
    for write in vault.takeWaiting() { complete(write, .failed, now: now) }
  }

  /// Looks whether there is another place by now than memory alone.
  private func lookForVault(now: BootInstant) {
    switch vault.phase {
    case .faulty: lookAtVaultAgain(now: now)
    case .memory(.noService) where vault.whyNoSecretService() == nil:
      vault.phase = .absent(.secretService, .usual)
    default: break
    }
  }

  /// Starts the next batch, when none is under way and there is something to write.
  func startSealing(now: BootInstant) {
    guard vault.batch == nil else { return }
    do throws(Failure) {
      guard let batch = try nextBatch() else { return }
      seal(batch, now: now)
    } catch { failWaiting(error, now: now) }
  }

  /// Has a batch sealed.
  func seal(_ batch: SealBatch, now: BootInstant) {
    vault.batch = batch
    batch.write = { [unowned self] (item, order) throws(AttributeFault) in
      try self.append(item, to: &order)
    }
    submit(.seal(batch), now: now)
  }

  private func nextBatch() throws(Failure) -> SealBatch? {
    switch vault.phase {
    case .absent(let source, _):
      let isUnsaved = vault.fault != nil && accounts.values.contains(where: \.isWorthStoring)
      guard !vault.waiting.isEmpty || isUnsaved else { return nil }
      try prepareNewFile()
      return newFile(.create(source, passphrase: nil))
    case .open(let key), .locking(.vault(let key)):
      if vault.needsRewriting { try reopenUnwritable() }
      if vault.lostHeader != nil { try prepareNewFile() }
      guard let file = vault.file, let header = vault.header else { return nil }
      if vault.needsRewriting || (file.isWorthRewriting && vault.unreadable.isEmpty) {
        return newFile(.rewrite(header, key: key))
      }
      guard !vault.waiting.isEmpty else { return nil }
      let writes = vault.waiting
      vault.waiting = []
      return SealBatch(
        .append(header, key: key, first: file.nextSequence), to: .file,
        items: writes.map { .write($0) }, writes: writes)
    case .memory, .sealed, .opening, .locking, .faulty: return nil
    }
  }

  /// A batch that writes everything that is known now; what is written by that is no longer waiting.
  func newFile(_ task: SealBatch.Task) -> SealBatch {
    let covered = vault.waiting.filter { !$0.isRefreshStarted }
    vault.waiting.removeAll { !$0.isRefreshStarted }
    let stored = accounts.filter { $1.isWorthStoring }.keys.sorted()
    let traces = vault.traces.filter { accounts[$0.key]?.isWorthStoring == true }
    return SealBatch(
      task, to: .file,
      items: stored.map { .account($0) }
        + traces.sorted { $0.key < $1.key }.map { .trace($0.key, $0.value) },
      writes: covered)
  }

  /// Opens the place of a vault that is made now.
  func prepareNewFile() throws(Failure) {
    guard vault.file == nil, let folder = vault.folder else { return }
    do throws(FolderFault) { try preparePrivateFolder(folder, missing: .twoParents) } catch {
      throw Failure(.failed, error.sentence, hint: error.hint)
    }
    do throws(VaultFault) {
      let file = try openFile(folder) { _ in }
      guard file.state == .absent else { throw file.header == nil ? file.obstacle : .exists }
      vault.file = file
    } catch { throw vault.failure(error) }
  }

  /// A file that could not be written when it was opened is opened again: it may be writable by now.
  private func reopenUnwritable() throws(Failure) {
    guard let former = vault.file, case .readOnly = former.state, let folder = vault.folder else {
      return
    }
    let header = former.header
    // Its lock goes first.
    vault.file = nil
    do throws(VaultFault) {
      let file = try openFile(folder) { _ in }
      guard file.header == header else { throw .replaced }
      vault.file = file
    } catch {
      vault.file = former
      throw vault.failure(error)
    }
  }

  // MARK: The end of a batch

  func sealEnded(_ batch: SealBatch, _ outcome: CourierOutcome, now: BootInstant) {
    guard vault.batch === batch else { return }
    vault.batch = nil
    let failure = failure(of: batch, outcome)
    // What has failed would only fail again: it waits for the next write, or for its time.
    var goesOn = true
    if let then = batch.then {
      then(batch, failure, now)
    } else if let failure {
      goesOn = sealFailed(batch, failure, now: now)
    } else {
      sealed(batch, now: now)
    }
    if goesOn { startSealing(now: now) }
    continueLocking(now: now)
  }

  /// Puts what was sealed on the disk; the failure if that, or anything before, has not worked.
  private func failure(of batch: SealBatch, _ outcome: CourierOutcome) -> Failure? {
    if case .refused(let refusal) = outcome { return batch.failure ?? refusal.failure }
    if let failure = batch.failure ?? batch.shortfall { return failure }
    guard batch.destination == .file else { return nil }
    guard let file = vault.file else { return Failure(.failed, "the vault was closed meanwhile") }
    do throws(VaultFault) {
      if let draft = batch.draft {
        try file.commit(draft)
      } else if !batch.isNewFile {
        try file.append(batch.frames)
      } else {
        return Failure(.failed, "the courier that seals has made no key")
      }
      return nil
    } catch {
      adoptKey(of: batch)
      return vault.failure(error)
    }
  }

  /// The new file may have its place and still fail: what follows goes under its key.
  private func adoptKey(of batch: SealBatch) {
    guard let key = batch.key, let header = batch.header, vault.file?.header == header else {
      return
    }
    if case .locking = vault.phase {} else { vault.phase = .open(key) }
    vault.needsRewriting = true
  }

  /// Nobody has a new file that somebody has asked for.
  func newFileFailed(_ batch: SealBatch, _ failure: Failure, now: BootInstant) {
    if case .open = vault.phase {
      // Of the file there is, nobody knows whether it would survive a crash.
      if vault.needsRewriting {
        vault.note(failure)
        retryLater(now: now)
      }
    } else {
      vault.file = nil
    }
    // What was to be written with it waits for the next, where there is one.
    let writes = batch.writes + vault.waiting
    vault.waiting = []
    for write in writes { self.write(write, now: now) }
  }

  private func sealed(_ batch: SealBatch, now: BootInstant) {
    if batch.isNewFile { vault.needsRewriting = false }
    if case .absent = vault.phase, let key = batch.key { vault.phase = .open(key) }
    vault.lostHeader = nil
    if !vault.needsRewriting { vault.forgetFault() }
    if let failure = vault.unkept.values.first { vault.note(failure) }
    // Those of a new file are known, or have ended meanwhile.
    if !batch.isNewFile {
      for (name, trace) in batch.traces { vault.traces[name] = trace }
    }
    if batch.isNewFile { return completeNewFile(batch, now: now) }
    for write in batch.writes {
      complete(write, batch.leftOut.contains(write.name) ? .failed : .written, now: now)
    }
  }

  /// - Returns: whether something else can be tried at once.
  private func sealFailed(_ batch: SealBatch, _ failure: Failure, now: BootInstant) -> Bool {
    // A courier that gets no key says so; a full disk passes.
    if case .absent(_, .usual) = vault.phase, failure.code == .locked {
      vault.phase = .memory(.noService(failure.description))
      vault.file = nil
      let writes = batch.writes + vault.waiting
      vault.waiting = []
      for write in writes { write.then(.unneeded, now) }
      return false
    }
    if case .absent = vault.phase { vault.file = nil }
    // One that was still to be made has not been lost: to try that again at once would never end.
    let isLost = vault.file?.header != nil && !vaultExists
    vault.note(failure)
    vault.needsRewriting = vault.isWriting
    if isLost {
      leaveLostFile()
      // All of it goes into the new file, the beginnings of refreshes too.
      vault.waiting = batch.writes + vault.waiting
      return true
    }
    for write in batch.writes { complete(write, .failed, now: now) }
    failWaiting(failure, now: now)
    return false
  }

  /// Somebody has removed the file: what is in memory goes into a new one, under the same key.
  private func leaveLostFile() {
    vault.lostHeader = vault.header
    vault.file = nil
  }

  /// Tells those who wait for a write that it will not come soon.
  func failWaiting(_ failure: Failure, now: BootInstant) {
    vault.note(failure)
    vault.needsRewriting = vault.isWriting
    let writes = vault.waiting
    vault.waiting = []
    retryLater(now: now)
    for write in writes { complete(write, .failed, now: now) }
  }

  private func retryLater(now: BootInstant) {
    guard !vault.hasRetryDeadline else { return }
    vault.hasRetryDeadline = true
    deadlines.add(.vaultRetry, at: now.adding(seconds: Self.retryPause))
  }

  /// The time has come to try again what could not be written.
  func retryVault(now: BootInstant) {
    vault.hasRetryDeadline = false
    guard vault.fault != nil else { return }
    if case .faulty = vault.phase { return lookAtVaultAgain(now: now) }
    startSealing(now: now)
  }
}

extension VaultWrite {
  var isRefreshStarted: Bool {
    if case .refreshStarted = content { return true }
    return false
  }
}
