import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What may be asked while the sessions are sealed, or are just being opened.
extension AgentServer {
  /// Milliseconds for which a look at the agent waits for the vault.
  private static let shortHold: Int64 = 1000

  /// Actions that have to do with sessions.
  private static let actionsOnSessions: [StaticString] = [
    "get", "token", "login", "userinfo", "refresh", "logout", "expose", "vault-change",
    "vault-export", "vault-import",
  ]

  /// Whether a request has to wait, or was refused, because of the vault.
  func isBarred(_ request: AttributeBlock, of connection: Connection) -> Bool {
    // To unlock is also how a vault is made that the configuration wants since.
    if mayMakeSession(request) || request.has("action", "unlock") { followConfiguration() }
    switch vault.phase {
    case .open, .memory: return false
    case .faulty:
      guard isOnSessions(request, connection), mayLookAgain() else { return false }
      lookAtVaultAgain(now: clock())
      return isBarred(request, of: connection)
    case .absent(.passphrase, _):
      guard mayMakeSession(request) else { return false }
      answer(connection, Self.noPassphraseYet)
    case .absent: return false
    case .sealed(let sealed):
      guard isOnSessions(request, connection) else { return false }
      guard mayOpenAgain(sealed) else {
        answer(connection, locked(sealed))
        return true
      }
      begin(sealed, now: clock())
      return isBarred(request, of: connection)
    case .locking(let key):
      guard isOnSessions(request, connection) else { return false }
      answer(connection, locked(need: key.need(of: vault.file)))
    case .opening:
      guard isOnSessions(request, connection) else { return isHeldAWhile(request, connection) }
      if let since = vault.awaitsTurnSince, clock() >= since.adding(seconds: Self.longestTurn) {
        answer(connection, vaultIsInUse)
      } else {
        holdUntilOpen(request, connection)
      }
    }
    return true
  }

  /// Takes up what the configuration says by now of a vault that is still to be made.
  private func followConfiguration() {
    guard vault.folder != nil, let source = configuration.vault, vault.batch == nil,
      vault.waiting.isEmpty, !vaultExists
    else { return }
    switch vault.phase {
    case .memory, .absent:
      vault.phase = source == .memory ? .memory(.chosen) : .absent(source, .person)
    case .sealed, .opening, .open, .locking, .faulty: break
    }
  }

  /// Whoever looks just after the start sees who is signed in, if that takes no longer than a moment.
  private func isHeldAWhile(_ request: AttributeBlock, _ connection: Connection) -> Bool {
    guard connection.exposure == nil,
      request.has("action", "status") || request.has("action", "vault")
    else { return false }
    let now = clock()
    let ends = vault.openingSince.adding(milliseconds: Self.shortHold)
    guard now < ends, vault.awaitsTurnSince == nil else { return false }
    holdUntilOpen(request, connection)
    if !vault.hasHeldDeadline { deadlines.add(.vaultHeld, at: ends) }
    vault.hasHeldDeadline = true
    return true
  }

  /// Whether somebody can have mended the file since it was looked at.
  private func mayLookAgain() -> Bool {
    let now = clock()
    guard vault.opensAgainAt.map({ $0 <= now }) ?? true else { return false }
    vault.opensAgainAt = now.adding(milliseconds: Self.shortHold)
    return true
  }

  /// Whether the agent can try by itself once more: a keyring may be unlocked by now.
  private func mayOpenAgain(_ sealed: VaultKeeper.Sealed) -> Bool {
    guard sealed.need == nil, !vault.isLockedByPerson, let again = vault.opensAgainAt,
      again <= clock()
    else { return false }
    vault.opensAgainAt = clock().adding(seconds: Self.openingPause)
    return true
  }

  private func isOnSessions(_ request: AttributeBlock, _ connection: Connection) -> Bool {
    connection.exposure != nil
      || Self.actionsOnSessions.contains { request.has("action", $0) }
  }

  /// Whether a session could come of it that has to be kept.
  private func mayMakeSession(_ request: AttributeBlock) -> Bool {
    request.has("action", "login") ? !request.flag("once") : request.flag("login")
  }

  static let noPassphraseYet = Failure(
    .locked, "the vault has no passphrase yet", hint: "sallyport unlock", needs: .newPassphrase)

  func locked(_ sealed: VaultKeeper.Sealed) -> Failure {
    if let fault = vault.fault, sealed.need == nil {
      return Failure(.locked, fault.description, hint: fault.hint ?? "sallyport unlock")
    }
    return locked(need: sealed.need)
  }

  private func locked(need: Need?) -> Failure {
    Failure(.locked, "the vault is locked", hint: "sallyport unlock", needs: need)
  }

  private func holdUntilOpen(_ request: AttributeBlock, _ connection: Connection) {
    var bytes = SecretBuffer(in: pool)
    do throws(AttributeFault) {
      try request.visit { (key, isList, value) throws(AttributeFault) in
        try bytes.append(key: key, isList: isList, value: value)
      }
    } catch { return answer(connection, Failure(.invalidRequest, error.sentence)) }
    hold(connection)
    let held = bytes.withUnsafeBytes { HeldSecret(copying: $0, in: pool) }
    vault.held.append(VaultKeeper.HeldRequest(connection: connection.id, bytes: held))
  }

  /// Takes the requests that have waited: the vault is open, or will not be.
  func releaseHeld(now: BootInstant) {
    let held = vault.held
    vault.held = []
    for request in held {
      guard let connection = connections[request.connection] else { continue }
      request.bytes.withUnsafeBytes { bytes in
        guard let block = try? AttributeBlock(bytes) else { return }
        handle(block, of: connection, now: now)
      }
      flush(connection, now: now)
    }
  }
}

extension VaultKeeper.LockKey {
  /// What a person will have to give.
  fileprivate func need(of file: VaultFile?) -> Need? {
    switch self {
    case .passphrase: .passphrase
    case .vault:
      file?.header?.plan.keySource == VaultSource.passphrase.name ? .passphrase : nil
    }
  }
}
