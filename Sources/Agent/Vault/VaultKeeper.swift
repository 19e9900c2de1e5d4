import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// What becomes of sessions beyond this process: the vault's file, its key, and what has still to be
/// written. It has no cipher: the server has couriers seal and open, and says what came of it.
final class VaultKeeper {
  /// What can be done with the vault now.
  enum Phase {
    /// Nothing is written to the disk.
    case memory(MemoryReason)
    /// There is no file yet. The first session makes it, or a passphrase does.
    case absent(VaultSource, VaultChoice)
    /// The sessions are sealed, and the key is not here. Leaves by ``AgentServer/unlock(_:of:now:)``.
    case sealed(Sealed)
    /// A courier is getting the key and opening the records, or another process still has the file.
    case opening
    /// Sessions are in memory, and what changes is written down under the key.
    case open(HeldSecret)
    /// Uses of refresh tokens come to their end before everything is sealed: under the vault's key,
    /// or under one made of a passphrase.
    case locking(LockKey)
    /// There is a file that cannot be used. Sessions live in memory only, and everybody is told.
    case faulty(Failure)
  }

  enum MemoryReason: Equatable {
    /// The configuration says so, or there is no folder for anything else.
    case chosen
    /// Nobody has chosen, and no Secret Service answers; the reason.
    case noService(String)
  }

  /// Where sealed sessions lie.
  enum Sealed {
    /// In the file, by its source of keys.
    case file(source: String)
    /// In this process: they were never in a file, or could not be written to it.
    case memory(VaultHeader, [RecordFrame])

    /// The name of the source of the key.
    var source: String {
      switch self {
      case .file(let source): source
      case .memory(let header, _): header.plan.keySource
      }
    }

    /// What a person has to give.
    var need: Need? { source == VaultSource.passphrase.name ? .passphrase : nil }
  }

  /// What everything in memory is sealed under.
  enum LockKey {
    case vault(HeldSecret)
    case passphrase(HeldSecret)
  }

  /// The beginning of a refresh, as it stands in the file.
  struct Trace {
    let tokenDigest: String
    let startedAt: Int64
    /// What the refresh's courier seals the answer with, should this process end.
    let answerKey: HeldSecret
  }

  /// A request that came while the vault was being opened.
  struct HeldRequest {
    let connection: UInt64
    let bytes: HeldSecret
  }

  /// The folder of the vault; nil where there is none, and never will be a file.
  let folder: String?
  let names = VaultFile.Names("vault")
  /// How that folder is opened.
  var openFolder: (String) throws(SystemError) -> any VaultFolder = {
    (path) throws(SystemError) in try DiskFolder(path)
  }
  /// Why there can be no Secret Service; nil when one may answer.
  var whyNoSecretService: () -> String? = { AgentServer.noSecretService }
  var phase = Phase.memory(.chosen)
  /// Since when the vault is being opened.
  var openingSince = BootInstant(nanoseconds: 0)
  /// What the lock has found, where everything was sealed in memory: it is found again afterwards.
  var phaseBeforeLock: Phase?
  /// What is being opened, where that is no file.
  var sealedInMemory: Sealed?
  /// The file, open and locked; nil while the sessions are sealed in it.
  var file: VaultFile?
  /// The header of a file that somebody has removed: a new one is made under the same key.
  var lostHeader: VaultHeader?
  /// Accounts whose sessions do not fit a record.
  var unkept: [String: Failure] = [:]
  /// Accounts whose last state could not be written: with this process it is gone.
  var unsaved: Set<String> = []
  /// Why the file is not as the memory is.
  private(set) var fault: Failure?
  /// Writes that wait for the courier that seals.
  var waiting: [VaultWrite] = []
  /// The courier that seals, if there is one.
  var batch: SealBatch?
  /// Whether only writing everything anew makes the file right again.
  var needsRewriting = false
  /// Whether a time is set to try again.
  var hasRetryDeadline = false
  /// Refreshes that have begun.
  var traces: [String: Trace] = [:]
  /// Requests that wait for the vault to be opened.
  var held: [HeldRequest] = []
  /// The attempt to open it that is under way, or waits for its time.
  var attempt: UnlockAttempt?
  var delay = UnlockDelay()
  /// Bytes behind the last record that were none, when the file was opened; they were cut off.
  var cutBytes = 0
  /// Accounts whose record cannot be understood: it stays in the file as long as nothing else is wrong.
  var unreadable: Set<String> = []
  /// Whether a time is set at which those who only look are answered.
  var hasHeldDeadline = false
  /// Milliseconds until the file of another process is tried again.
  var turnPause: Int64 = 0
  /// Since when that process is waited for.
  var awaitsTurnSince: BootInstant?
  /// Whether somebody has asked for the lock: what the agent can open by itself stays shut then.
  var isLockedByPerson = false
  /// When the agent may try again what it can open by itself.
  var opensAgainAt: BootInstant?
  /// Connections that wait for the lock to be complete.
  var lockers: [UInt64] = []

  init(folder: String?) { self.folder = folder }

  /// Where the file lies, for people; empty without a folder.
  var path: String { folder.map { "\($0)/vault" } ?? "" }

  /// The header of the file, or of the one that was there.
  var header: VaultHeader? { file?.header ?? lostHeader }

  /// What a fault of the file is for a person.
  func failure(_ fault: VaultFault) -> Failure {
    // Another file has its name: a new agent opens that one.
    let hint = fault == .replaced ? "sallyport stop" : fault.hint(path: path)
    return Failure(.failed, fault.sentence(path: path), hint: hint)
  }

  /// Remembers why the file is not as the memory is, and says it once.
  func note(_ failure: Failure) {
    if fault != failure { Diagnostics.report(failure.description, hint: failure.hint) }
    fault = failure
  }

  func forgetFault() { fault = nil }

  /// The writes that wait, which nobody else takes any more.
  func takeWaiting() -> [VaultWrite] {
    defer { waiting = [] }
    return waiting
  }

  /// Whether somebody who is to be told of something new has to wait until it is written down.
  var keeping: Account.Keeping {
    switch phase {
    case .open, .locking(.vault), .absent, .opening: .vault
    case .memory, .sealed, .locking(.passphrase), .faulty: .memory
    }
  }

  /// Whether what changes is written down.
  var isWriting: Bool {
    switch phase {
    case .open, .locking(.vault): true
    default: false
    }
  }

  /// Whether nobody can say who is signed in.
  var hidesSessions: Bool {
    switch phase {
    case .sealed, .opening, .locking: true
    case .memory, .absent, .open, .faulty: false
    }
  }

  /// Whether everything can be written anew under another key.
  var canBeRemade: Bool {
    switch phase {
    case .memory, .absent, .open: true
    case .sealed, .opening, .locking, .faulty: false
    }
  }

  /// The name of the source of the key, as `status` has it.
  func source(configured: VaultSource?) -> String {
    switch phase {
    case .memory: return VaultSource.memory.name
    case .absent(let source, _): return source.name
    case .sealed(let sealed): return sealed.source
    case .opening, .open, .locking, .faulty:
      return header?.plan.keySource ?? configured?.name ?? VaultSource.secretService.name
    }
  }

  /// The phase in a word.
  var state: StaticString {
    switch phase {
    case .memory: "memory"
    case .absent: "absent"
    case .sealed(.file): "sealed"
    case .sealed(.memory): "locked"
    case .opening: "opening"
    case .open: "open"
    case .locking: "locking"
    case .faulty: "faulty"
    }
  }
}

/// Who has chosen where the vault's key comes from.
enum VaultChoice {
  /// The configuration, or the file itself.
  case person
  /// Nobody: it is tried, and memory serves where it does not work.
  case usual
}
