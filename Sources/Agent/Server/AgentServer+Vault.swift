import Attributes
import CPlatform
import Configuration
import Glibc
import Platform
import Secrets
import Vault

/// The vault from the agent's start until it is open, and what may be asked meanwhile.
extension AgentServer {
  /// Milliseconds between two looks at a file another process still has, at first and at most: a
  /// courier whose agent was killed may be writing down what a server has answered.
  private static let turnPauses: (first: Int64, longest: Int64) = (10, 500)
  /// Seconds after which whoever waits for that is told.
  static let longestTurn: Int64 = 5
  /// Seconds between two attempts to get a key that nobody has to type.
  static let openingPause: Int64 = 5

  /// Looks what there is, and opens it when nobody has to be asked for its key.
  func startVault(now: BootInstant) {
    let configured = configuration.vault
    guard let folder = vault.folder, configured != .memory else {
      vault.phase = .memory(.chosen)
      endAttempt(nil, now: now)
      return releaseHeld(now: now)
    }
    guard vaultExists else { return thereIsNoVault(configured, now: now) }
    do throws(FolderFault) { try checkPrivateFolder(folder) } catch {
      return vaultIsFaulty(Failure(.failed, error.sentence, hint: error.hint), now: now)
    }
    var replay = Replay()
    do throws(VaultFault) {
      let file = try openFile(folder) { replay.take($0) }
      guard let header = file.header else { throw file.obstacle }
      vault.turnPause = 0
      // What is wrong with a file is forgotten once it is open: it may not open this time either.
      if vault.awaitsTurnSince != nil { vault.forgetFault() }
      vault.awaitsTurnSince = nil
      foundVault(file, header, replay.inForce, now: now)
    } catch {
      switch error {
      case .inUse: awaitTurn(now: now)
      default: vaultIsFaulty(vault.failure(error), now: now)
      }
    }
  }

  /// Whether there is anything with the vault's name.
  var vaultExists: Bool {
    var facts = stat()
    return vault.folder != nil && lstat(vault.path, &facts) == 0
  }

  private func thereIsNoVault(_ configured: VaultSource?, now: BootInstant) {
    if configured == nil, let reason = vault.whyNoSecretService() {
      vault.phase = .memory(.noService(reason))
    } else {
      vault.phase = .absent(configured ?? .secretService, configured == nil ? .usual : .person)
    }
    endAttempt(nil, now: now)
    releaseHeld(now: now)
  }

  /// Whether there is anything in memory that a vault would keep.
  var hasSessions: Bool { accounts.values.contains(where: \.isWorthStoring) }

  func openFile(
    _ folder: String, _ body: (RecordFrame) throws(VaultFault) -> Void
  ) throws(VaultFault) -> VaultFile {
    let place: any VaultFolder
    do throws(SystemError) { place = try vault.openFolder(folder) } catch {
      throw .system(subject: "", error)
    }
    return try VaultFile.open(vault.names, in: place, owner: geteuid(), body)
  }

  private func foundVault(
    _ file: VaultFile, _ header: VaultHeader, _ frames: [RecordFrame], now: BootInstant
  ) {
    let source = header.plan.keySource
    let isOfPassphrase = source == VaultSource.passphrase.name
    if isOfPassphrase, vault.attempt?.passphrase == nil, hasSessions {
      // What is in memory, while the file could not be used, stays at hand.
      return vaultIsFaulty(
        Failure(
          .failed, "\(vault.path) can be opened again, and has to be",
          hint: "sallyport unlock", needs: .passphrase), now: now)
    }
    let isLocked = vault.isLockedByPerson && vault.attempt == nil
    if isLocked || isOfPassphrase && vault.attempt?.passphrase == nil {
      let sealed = VaultKeeper.Sealed.file(source: source)
      vault.phase = .sealed(sealed)
      endAttempt(locked(sealed), now: now)
      return releaseHeld(now: now)
    }
    vault.file = file
    if file.cutBytes > 0 { vault.cutBytes = file.cutBytes }
    if case .readOnly(let error) = file.state { vault.note(vault.failure(.readOnly(error))) }
    if case .unreliable(let error) = file.state { vault.note(vault.failure(.unreliable(error))) }
    open(header, frames, now: now)
  }

  private func awaitTurn(now: BootInstant) {
    vault.phase = .opening
    let pauses = Self.turnPauses
    vault.turnPause = min(max(pauses.first, 2 * vault.turnPause), pauses.longest)
    deadlines.add(.vaultTurn, at: now.adding(milliseconds: vault.turnPause))
    let since = vault.awaitsTurnSince ?? now
    vault.awaitsTurnSince = since
    guard now >= since.adding(seconds: Self.longestTurn) else { return }
    vault.note(vault.failure(.inUse))
    endAttempt(vaultIsInUse, now: now)
    releaseHeld(now: now)
  }

  var vaultIsInUse: Failure {
    Failure(.temporarilyUnavailable, VaultFault.inUse.sentence(path: vault.path))
  }

  /// The time has come to look whether the other process is done with the file.
  func takeTurn(now: BootInstant) {
    guard case .opening = vault.phase, vault.turnPause > 0, vault.file == nil else { return }
    startVault(now: now)
  }

  func vaultIsFaulty(_ failure: Failure, now: BootInstant) {
    vault.file = nil
    vault.phase = .faulty(failure)
    endAttempt(failure, now: now)
    failWaiting(failure, now: now)
    releaseHeld(now: now)
  }

  /// Somebody may have mended the file, or moved it away.
  func lookAtVaultAgain(now: BootInstant) {
    guard case .faulty = vault.phase else { return }
    startVault(now: now)
    if case .absent = vault.phase { vault.forgetFault() }
  }

  // MARK: A Secret Service

  /// Why there can be no Secret Service; nil when one may answer.
  static var noSecretService: String? {
    guard ChildProcess.find("secret-tool", searchPath: environmentVariable("PATH")) != nil else {
      return "the program secret-tool is not installed"
    }
    if environmentVariable("DBUS_SESSION_BUS_ADDRESS") != nil { return nil }
    if let folder = environmentVariable("XDG_RUNTIME_DIR"), access("\(folder)/bus", F_OK) == 0 {
      return nil
    }
    return "there is no session bus"
  }
}

extension VaultFile {
  /// Why nothing can be made or read here, where there is no file.
  var obstacle: VaultFault {
    switch state {
    case .readOnly(let error): .readOnly(error)
    case .unreliable(let error): .unreliable(error)
    case .absent, .writable: .absent
    }
  }
}
