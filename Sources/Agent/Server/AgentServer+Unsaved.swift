import Attributes
import Platform
import Vault

/// What is in memory only though a vault is to have it, and is lost when the agent stops.
extension AgentServer {
  /// Accounts that are named in one sentence.
  private static let mostNamed = 8

  // MARK: What has been saved

  /// Tells what came of a write, and remembers whose state is in memory only.
  func complete(_ write: VaultWrite, _ outcome: VaultOutcome, now: BootInstant) {
    if case .state = write.content {
      switch outcome {
      case .written: vault.unsaved.remove(write.name)
      case .failed: vault.unsaved.insert(write.name)
      case .unneeded: break
      }
    }
    write.then(outcome, now)
  }

  /// Completes the writes of a new file, which has everything there is: also what had failed before.
  func completeNewFile(_ batch: SealBatch, now: BootInstant) {
    vault.unsaved.formIntersection(batch.leftOut)
    for write in batch.writes {
      complete(write, batch.leftOut.contains(write.name) ? .failed : .written, now: now)
    }
  }

  // MARK: Stopping

  func stop(askedBy connection: Connection) {
    let loss = lossByStopping
    stop()
    answer(connection) { (reply) throws(AttributeFault) in
      reply.append("event", constant: "done")
      if let loss { try reply.append(key: "warning", isList: true, value: loss) }
    }
  }

  /// What is lost with this process, in a sentence; nil where nothing is, or nothing is to be kept.
  private var lossByStopping: String? {
    let names = lostByStopping
    guard let first = names.first else { return nil }
    let isOne = names.count == 1
    let some =
      names.prefix(Self.mostNamed).joined(separator: ", ")
      + (names.count > Self.mostNamed ? " …" : "")
    let reason = printable(vault.fault?.description ?? "there is no \(vault.path)")
    return "\(names.count) \(isOne ? "session" : "sessions") could not be saved, and"
      + " \(isOne ? "is" : "are") lost with the agent (\(some)): \(reason);"
      + " once that is mended (sallyport vault status), sign in again:"
      + " sallyport login \(isOne ? first : "NAME")"
  }

  /// The accounts whose sessions a vault is to keep, and no file has as they are.
  private var lostByStopping: [String] {
    let names: [String]
    switch vault.phaseBeforeLock ?? vault.phase {
    // Nobody expects anything else.
    case .memory: return []
    case .absent, .sealed, .opening, .open, .locking, .faulty:
      let worthStoring = accounts.filter { $1.isWorthStoring }.map(\.key)
      names = Set(worthStoring + namesSealedInMemory).sorted()
    }
    return vaultExists ? names.filter(vault.unsaved.contains) : names
  }

  private var namesSealedInMemory: [String] {
    var sealed = vault.sealedInMemory
    if case .sealed(let present) = vault.phase { sealed = present }
    if case .memory(_, let frames)? = sealed { return frames.map(\.name) }
    return []
  }
}
