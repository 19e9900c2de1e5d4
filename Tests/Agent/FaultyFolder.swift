import Glibc
import Platform
import Synchronization
import Vault

/// What goes wrong in a folder, and whether a Secret Service answers: a test changes it while the
/// agent runs.
final class FolderFaults: Sendable {
  enum Call: Hashable {
    case create, write, truncate, synchronize, rename, synchronizeFolder
  }

  private struct State {
    var failing: [Call: Int32] = [:]
    var calls: [Call: Int] = [:]
    var noSecretService: String?
  }

  private let state = Mutex(State())

  /// Has each such call fail from now on.
  func fail(_ call: Call, _ number: Int32) { state.withLock { $0.failing[call] = number } }

  /// Has everything work again.
  func mend() { state.withLock { $0.failing = [:] } }

  /// How often the call was made.
  func count(of call: Call) -> Int { state.withLock { $0.calls[call, default: 0] } }

  /// Why no Secret Service answers; nil when one does.
  var noSecretService: String? {
    get { state.withLock { $0.noSecretService } }
    set { state.withLock { $0.noSecretService = newValue } }
  }

  fileprivate func note(_ call: Call) throws(SystemError) {
    let number = state.withLock { state in
      state.calls[call, default: 0] += 1
      return state.failing[call]
    }
    if let number { throw SystemError(number, in: "test") }
  }
}

/// A folder of the disk in which calls fail that a test names.
final class FaultyFolder: VaultFolder {
  private let disk: DiskFolder
  private let faults: FolderFaults

  init(_ disk: DiskFolder, _ faults: FolderFaults) {
    self.disk = disk
    self.faults = faults
  }

  func open(_ name: String, for access: FileAccess) throws(SystemError) -> FileHandle {
    if case .creating = access { try faults.note(.create) }
    return try disk.open(name, for: access)
  }

  func write(
    _ file: FileHandle, at position: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int {
    try faults.note(.write)
    return try disk.write(file, at: position, bytes)
  }

  func truncate(_ file: FileHandle, to length: Int) throws(SystemError) {
    try faults.note(.truncate)
    try disk.truncate(file, to: length)
  }

  func synchronize(_ file: FileHandle) throws(SystemError) {
    try faults.note(.synchronize)
    try disk.synchronize(file)
  }

  func rename(_ name: String, to target: String) throws(SystemError) {
    try faults.note(.rename)
    try disk.rename(name, to: target)
  }

  func renameToNew(_ name: String, _ target: String) throws(SystemError) {
    try faults.note(.rename)
    try disk.renameToNew(name, target)
  }

  func synchronizeFolder() throws(SystemError) {
    try faults.note(.synchronizeFolder)
    try disk.synchronizeFolder()
  }

  func close(_ file: FileHandle) { disk.close(file) }
  func facts(of file: FileHandle) throws(SystemError) -> FileFacts { try disk.facts(of: file) }
  func facts(named name: String) throws(SystemError) -> FileFacts? { try disk.facts(named: name) }

  /// Tries for a moment: a child of another test that is just being started has all descriptors of
  /// this process until it runs its program, and with them the lock of an agent that has let go.
  func lock(_ file: FileHandle) throws(SystemError) {
    for _ in 1...50 {
      do {
        return try disk.lock(file)
      } catch {
        guard error.number == EWOULDBLOCK else { throw error }
        poll(nil, 0, 1)
      }
    }
    try disk.lock(file)
  }

  func remove(_ name: String) throws(SystemError) { try disk.remove(name) }

  func read(
    _ file: FileHandle, at position: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    try disk.read(file, at: position, into: room)
  }
}
