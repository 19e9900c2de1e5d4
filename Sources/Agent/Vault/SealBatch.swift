import Attributes
import Configuration
import Platform
import Secrets
import Vault

/// One run of the courier that seals: records go in one by one, and come back sealed.
final class SealBatch: CourierFeed {
  /// Under which key, and for which place.
  enum Task {
    /// Behind the records of the file there is.
    case append(VaultHeader, key: HeldSecret, first: UInt64)
    /// For a file that takes the place of the present one, under the same key.
    case rewrite(VaultHeader, key: HeldSecret)
    /// For a new vault, under a key that the courier makes or gets.
    case create(VaultSource, passphrase: HeldSecret?)
  }

  /// Where the sealed records go.
  enum Destination {
    case file
    /// Nowhere: they are kept in this process, and the sessions are not.
    case memory
  }

  /// One record to be sealed.
  enum Item {
    case write(VaultWrite)
    /// What is known of an account, for a new file; nothing is written where that is nothing.
    case account(String)
    /// The beginning of a refresh that stands in the present file.
    case trace(String, VaultKeeper.Trace)

    /// The account it is about.
    var name: String {
      switch self {
      case .write(let write): write.name
      case .account(let name), .trace(let name, _): name
      }
    }
  }

  /// Bytes gathered before they are sent.
  private static let portion = 32 * 1024

  let task: Task
  let destination: Destination
  /// Those who are told once all of it is on the disk.
  let writes: [VaultWrite]
  /// Writes an item: its heading and its payload, a block each.
  ///
  /// Returns whether there was anything to write.
  var write: (Item, inout SecretBuffer) throws(AttributeFault) -> Bool = { _, _ in false }
  /// What goes on at the end, with the failure if there is one. It is handed the batch: had it one of
  /// its own, neither would ever end, and the key of both would stay in memory.
  var then: ((SealBatch, Failure?, BootInstant) -> Void)?
  private var items: ArraySlice<Item>
  private var hasEnded = false
  /// Records that are sealed too many or too few.
  private var outstanding = 0
  /// Accounts of which nothing could be written.
  private(set) var leftOut: Set<String> = []
  private var record: SealedRecord?

  /// The key and the header of a new file, from the courier.
  private(set) var key: HeldSecret?
  private(set) var header: VaultHeader?
  /// The file in the making, where a new one is made.
  private(set) var draft: VaultDraft?
  private(set) var frames: [RecordFrame] = []
  /// The beginnings of refreshes among the records.
  private(set) var traces: [String: VaultKeeper.Trace] = [:]
  /// What has gone wrong before the courier has come to its end.
  private(set) var failure: Failure?

  init(_ task: Task, to destination: Destination, items: [Item], writes: [VaultWrite]) {
    self.task = task
    self.destination = destination
    self.writes = writes
    self.items = items[...]
  }

  /// Whether somebody waits for the new file itself.
  var isAskedFor: Bool { destination == .file && then != nil }

  /// What has gone wrong if the courier says now that it is done.
  var shortfall: Failure? { hasEnded && outstanding == 0 && record == nil ? nil : Self.malformed }

  /// Whether a new file is made.
  var isNewFile: Bool {
    if case .append = task { return false }
    return true
  }

  func feed(_ order: inout SecretBuffer) throws(AttributeFault) -> Bool {
    guard !hasEnded else { return false }
    while order.count < Self.portion {
      guard let item = items.popFirst() else {
        hasEnded = true
        order.append("end", constant: "yes")
        order.endBlock()
        return true
      }
      if try write(item, &order) { outstanding += 1 } else { leftOut.insert(item.name) }
    }
    return true
  }

  // MARK: Answers

  /// Takes what the courier says: a new file's key, or a sealed record.
  func take(_ block: AttributeBlock, for keeper: VaultKeeper, pool: SecretPool) {
    guard failure == nil else { return }
    do throws(VaultFault) {
      let isUnderstood =
        block.has("event", "key")
        ? try takeKey(block, for: keeper, pool: pool) : try takeRecord(block, pool: pool)
      if !isUnderstood { failure = Self.malformed }
    } catch { failure = keeper.failure(error) }
  }

  private static let malformed = Failure(
    .failed, "the courier that seals has said something that is not understood")

  private func takeKey(
    _ block: AttributeBlock, for keeper: VaultKeeper, pool: SecretPool
  ) throws(VaultFault) -> Bool {
    guard let key = block["vault.key"],
      let bytes = block.string("vault.header").flatMap(fromHexadecimal)
    else { return false }
    let (header, _) = try VaultHeader.read(bytes)
    self.key = HeldSecret(copying: key, in: pool)
    self.header = header
    if destination == .file { draft = try keeper.file?.beginRewriting(header) }
    return true
  }

  private func takeRecord(
    _ block: AttributeBlock, pool: SecretPool
  ) throws(VaultFault) -> Bool {
    guard var record = record ?? SealedRecord(block), record.take(block) else { return false }
    if block.flag("more") {
      self.record = record
      return true
    }
    self.record = nil
    guard let frame = record.frame else { return false }
    outstanding -= 1
    noteTrace(of: frame, block, pool: pool)
    if let draft { try draft.append([frame]) } else { frames.append(frame) }
    return true
  }

  private func noteTrace(of frame: RecordFrame, _ block: AttributeBlock, pool: SecretPool) {
    guard frame.kind == .refreshStarted, let key = block["answer_key"],
      let digest = block.string("refresh_token_sha256"), let startedAt = block.integer("started_at")
    else { return }
    traces[frame.name] = VaultKeeper.Trace(
      tokenDigest: digest, startedAt: startedAt, answerKey: HeldSecret(copying: key, in: pool))
  }
}
