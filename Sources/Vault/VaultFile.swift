internal import Glibc
package import Platform

/// A vault's file, opened and locked: what stands in it, and the only place it is changed.
///
/// It holds no key and looks into no record. All it does to the file is described in `README.md`.
package final class VaultFile {
  /// The names of the files in the folder.
  package struct Names: Sendable {
    package let vault: String
    /// Written, then renamed to `vault`; what a crash leaves of it has never been the vault.
    let draft: String
    /// Locked by whoever has the vault open; never removed, never written.
    package let lock: String

    package init(_ vault: String) {
      self.vault = vault
      draft = vault + ".new"
      lock = vault + ".lock"
    }
  }

  /// Whether records can be written; a fault here never ends what is known in memory.
  package enum State: Equatable, Sendable {
    /// There is no file: ``VaultFile/commit(_:)`` creates it.
    case absent
    case writable
    /// The file or its folder cannot be written. Leaves by opening anew.
    case readOnly(SystemError)
    /// A write has failed and may have left anything. Leaves by a rewriting that works.
    case unreliable(SystemError)
  }

  let folder: any VaultFolder
  let names: Names
  package internal(set) var state: State
  package internal(set) var header: VaultHeader?
  /// The sequence number of the next record.
  package internal(set) var nextSequence: UInt64 = 1
  /// Bytes of the file up to the end of the last record.
  package internal(set) var length = 0
  /// Bytes behind the last record that a crash had left, and that opening has cut off.
  package internal(set) var cutBytes = 0
  /// Bytes of the records in force.
  var live = LiveLengths()
  var file: OpenFile?
  /// Held as long as the vault is open; nil where no lock can be had because nothing can be written.
  private let lock: OpenFile?

  private init(
    _ folder: any VaultFolder, _ names: Names, _ state: State, file: OpenFile?, lock: OpenFile?
  ) {
    self.folder = folder
    self.names = names
    self.state = state
    self.file = file
    self.lock = lock
  }

  /// For ``read(_:in:owner:)``: whatever would write is refused.
  convenience init(reading folder: any VaultFolder, _ names: Names, _ file: OpenFile) {
    self.init(
      folder, names, .readOnly(SystemError(EROFS, in: "open")), file: file, lock: nil)
  }

  /// Who keeps other processes from writing.
  package enum LockSource: Sendable {
    /// This process, from now until it lets go of the vault.
    case own
    /// A process that has ended, and has left its lock (``VaultFile/lockHandle``) to this one: what
    /// it had begun can still be written down. Several may have inherited; one writes at a time.
    case inherited(FileHandle)
  }

  /// The lock, for a process that is to go on when this one ends; nil when nothing can be written.
  package var lockHandle: FileHandle? { lock?.handle }

  /// Opens the vault `names` in `folder`, and tells each of its records in order.
  ///
  /// Throws what is wrong with the file, which is left as it is. Bytes behind the last record are
  /// cut off: they are of a write that never ended, so that nobody was told of it.
  ///
  /// - Parameter owner: the user whose file it must be.
  package static func open(
    _ names: Names, in folder: any VaultFolder, owner: UInt32, lock source: LockSource = .own,
    _ body: (RecordFrame) throws(VaultFault) -> Void
  ) throws(VaultFault) -> VaultFile {
    let (lock, obstacle) = try takeLock(folder, names, source)
    guard let (file, state) = try openFile(folder, names, obstacle) else {
      return VaultFile(
        folder, names, obstacle.map { .readOnly($0) } ?? .absent, file: nil, lock: lock)
    }
    if case .inherited = source { try takeTurn(folder, names, file) }
    let vault = VaultFile(folder, names, state, file: file, lock: lock)
    try vault.load(owner: owner, body)
    return vault
  }

  private static func takeLock(
    _ folder: any VaultFolder, _ names: Names, _ source: LockSource
  ) throws(VaultFault) -> (OpenFile?, obstacle: SystemError?) {
    if case .inherited(let handle) = source { return (OpenFile(folder, handle), nil) }
    do {
      let file = OpenFile(folder, try folder.open(names.lock, for: .locking))
      try folder.lock(file.handle)
      return (file, nil)
    } catch {
      switch error.number {
      case EWOULDBLOCK: throw .inUse
      // Where nothing can be created, nobody writes either.
      case EROFS, EACCES, EPERM, ENOSPC, EDQUOT: return (nil, error)
      default: throw .system(subject: names.lock, error)
      }
    }
  }

  /// The heirs of one lock hold it together, so that among them the file itself is locked.
  private static func takeTurn(
    _ folder: any VaultFolder, _ names: Names, _ file: OpenFile
  ) throws(VaultFault) {
    do { try folder.lock(file.handle) } catch {
      throw error.number == EWOULDBLOCK ? .inUse : .system(subject: names.vault, error)
    }
  }

  /// For writing where that is allowed; nil when there is no vault.
  private static func openFile(
    _ folder: any VaultFolder, _ names: Names, _ obstacle: SystemError?
  ) throws(VaultFault) -> (OpenFile, State)? {
    do {
      guard let obstacle else {
        return (OpenFile(folder, try folder.open(names.vault, for: .writing)), .writable)
      }
      return (OpenFile(folder, try folder.open(names.vault, for: .reading)), .readOnly(obstacle))
    } catch {
      switch error.number {
      case ENOENT: return nil
      // A symbolic link, a folder, a socket.
      case ELOOP, EISDIR, ENXIO: throw .notAFile
      case EROFS, EACCES, EPERM:
        guard obstacle == nil, let file = try? folder.open(names.vault, for: .reading) else {
          throw .system(subject: names.vault, error)
        }
        return (OpenFile(folder, file), .readOnly(error))
      default: throw .system(subject: names.vault, error)
      }
    }
  }

  func load(
    owner: UInt32, _ body: (RecordFrame) throws(VaultFault) -> Void
  ) throws(VaultFault) {
    guard let file else { return }
    let facts = try file.facts(names.vault)
    guard facts.isRegular else { throw .notAFile }
    guard facts.owner == owner else { throw .foreign(owner: facts.owner) }
    guard facts.mode & 0o077 == 0 else { throw .openToOthers(mode: facts.mode) }
    guard facts.length <= VaultLimits.fileLength else { throw .tooLong }
    var start = [UInt8](repeating: 0, count: min(facts.length, VaultLimits.headerLength))
    var count = 0
    while count < start.count {
      let more = try folder.read(
        file.handle, at: count, into: &start, from: count, subject: names.vault)
      guard more > 0 else { throw .replaced }
      count += more
    }
    let (header, headerLength) = try VaultHeader.read(start)
    self.header = header
    try readLog(file, from: headerLength, fileLength: facts.length, body)
  }

  private func readLog(
    _ file: OpenFile, from start: Int, fileLength: Int,
    _ body: (RecordFrame) throws(VaultFault) -> Void
  ) throws(VaultFault) {
    var reader = LogReader(
      folder, file.handle, subject: names.vault, from: start, length: fileLength)
    live.headerLength = start
    var end = start
    reading: while true {
      switch try reader.next() {
      case .record(let frame):
        live.take(frame)
        try body(frame)
        end = reader.position
      case .end: break reading
      case .tornTail(let count):
        cutBytes = count
        break reading
      }
    }
    nextSequence = reader.nextSequence
    length = end
    if cutBytes > 0 { cutTail(file) }
  }

  /// Where it fails, the file is as good as before; only nothing can be written behind the tail.
  private func cutTail(_ file: OpenFile) {
    guard state == .writable else { return }
    do {
      try folder.truncate(file.handle, to: length)
      try folder.synchronize(file.handle)
    } catch { state = .unreliable(error) }
  }
}

/// A file that is closed when the last holder lets go.
final class OpenFile {
  let folder: any VaultFolder
  let handle: FileHandle

  init(_ folder: any VaultFolder, _ handle: FileHandle) {
    self.folder = folder
    self.handle = handle
  }

  deinit { folder.close(handle) }

  func facts(_ subject: String) throws(VaultFault) -> FileFacts {
    do { return try folder.facts(of: handle) } catch {
      throw .system(subject: subject, error)
    }
  }
}

extension SystemError {
  /// A write that wrote nothing and gave no reason.
  static let withoutProgress = SystemError(EIO, in: "write")
}
