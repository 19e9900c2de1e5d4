import Glibc
import Platform

@testable import Vault

/// A folder in memory that knows what a crash would leave, and fails when it is told to.
///
/// Like a disk it keeps nothing for sure until it is synchronised: bytes of files and names apart.
final class SimulatedFolder: VaultFolder {
  final class File {
    var bytes: [UInt8] = []
    /// What a crash leaves at least; nil for a file none of whose bytes were synchronised.
    var durable: [UInt8] = []
    var mode: UInt32 = 0o600
    var owner: UInt32 = user
    var isRegular = true
    let inode: UInt64
    var locker: FileHandle?

    init(_ inode: UInt64) { self.inode = inode }
  }

  var files: [String: File] = [:]
  private var durableNames: [String: File] = [:]
  private var handles: [FileHandle: File] = [:]
  private var nextHandle: FileHandle = 3
  private var nextInode: UInt64 = 1

  /// Calls that change something, or make a change durable.
  private(set) var changes = 0
  /// The change that fails, counted from 0, and how.
  var failing: (change: Int, error: Int32)?
  /// The change at which the machine stops: it and all after it do nothing.
  var crashing: Int?
  private(set) var hasCrashed = false
  /// Bytes that one call writes at most.
  var mostWritten = Int.max
  /// Bytes all files may have together.
  var capacity = Int.max
  /// Creating and writing fail with this.
  var refusingWrites: Int32?
  var openFiles: Int { handles.count }
  private(set) var bytesRead = 0
  private(set) var reads = 0
  private(set) var bytesWritten = 0

  func put(_ name: String, _ bytes: [UInt8], mode: UInt32 = 0o600, owner: UInt32 = user) {
    let file = File(takeInode())
    file.bytes = bytes
    file.durable = bytes
    file.mode = mode
    file.owner = owner
    files[name] = file
    durableNames[name] = file
  }

  /// What a crash makes of bytes that were not synchronised.
  enum Loss: CaseIterable, Sendable {
    case everything, nothing, half, zeros, tail
  }

  /// The folder as it is found after a crash.
  ///
  /// - Parameters:
  ///   - loss: what became of bytes that were written and not synchronised.
  ///   - namesSurvive: whether renames that were not synchronised are there all the same.
  func afterCrash(_ loss: Loss, namesSurvive: Bool) -> SimulatedFolder {
    let folder = SimulatedFolder()
    for (name, file) in namesSurvive ? files : durableNames {
      folder.put(name, Self.remains(of: file, loss))
    }
    return folder
  }

  private static func remains(of file: File, _ loss: Loss) -> [UInt8] {
    let (new, old) = (file.bytes, file.durable)
    guard new != old else { return new }
    let added = max(0, new.count - old.count)
    switch loss {
    case .everything: return old
    case .nothing: return new
    case .half: return Array(new.prefix(old.count + added / 2))
    // The length is on the disk, and the bytes are not.
    case .zeros: return Array(new.prefix(old.count)) + [UInt8](repeating: 0, count: added)
    // The last page is on the disk, and the one before it is not.
    case .tail:
      return Array(new.prefix(old.count)) + [UInt8](repeating: 0, count: added - added / 2)
        + new.suffix(added / 2)
    }
  }

  private func takeInode() -> UInt64 {
    nextInode += 1
    return nextInode
  }

  private func change(_ call: StaticString) throws(SystemError) {
    if hasCrashed || crashing == changes {
      hasCrashed = true
      throw SystemError(EIO, in: call)
    }
    defer { changes += 1 }
    if let failing, failing.change == changes { throw SystemError(failing.error, in: call) }
  }

  private func file(_ handle: FileHandle) throws(SystemError) -> File {
    guard let file = handles[handle] else { throw SystemError(EBADF, in: "use") }
    return file
  }

  func open(_ name: String, for access: FileAccess) throws(SystemError) -> FileHandle {
    let file: File
    switch access {
    case .reading, .writing:
      guard let found = files[name] else { throw SystemError(ENOENT, in: "open") }
      if access == .writing, let refusingWrites { throw SystemError(refusingWrites, in: "open") }
      file = found
    case .creating, .locking:
      if access == .creating, files[name] != nil { throw SystemError(EEXIST, in: "open") }
      if let refusingWrites { throw SystemError(refusingWrites, in: "open") }
      if let found = files[name] {
        file = found
      } else {
        try change("open")
        file = File(takeInode())
        files[name] = file
      }
    }
    defer { nextHandle += 1 }
    handles[nextHandle] = file
    return nextHandle
  }

  func close(_ handle: FileHandle) {
    if handles[handle]?.locker == handle { handles[handle]?.locker = nil }
    handles[handle] = nil
  }

  func facts(of handle: FileHandle) throws(SystemError) -> FileFacts { facts(try file(handle)) }

  func facts(named name: String) throws(SystemError) -> FileFacts? { files[name].map(facts) }

  private func facts(_ file: File) -> FileFacts {
    FileFacts(
      device: 1, inode: file.inode, isRegular: file.isRegular, owner: file.owner, mode: file.mode,
      length: file.bytes.count)
  }

  func read(
    _ handle: FileHandle, at position: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    let bytes = try file(handle).bytes.dropFirst(position).prefix(room.count)
    room.copyBytes(from: bytes)
    bytesRead += bytes.count
    reads += 1
    return bytes.count
  }

  func write(
    _ handle: FileHandle, at position: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int {
    try change("write")
    let file = try file(handle)
    let used = files.values.reduce(0) { $0 + $1.bytes.count }
    let count = min(bytes.count, mostWritten, capacity - used)
    guard count > 0 else { throw SystemError(ENOSPC, in: "write") }
    let missing = max(0, position + count - file.bytes.count)
    file.bytes += [UInt8](repeating: 0, count: missing)
    file.bytes.replaceSubrange(position..<(position + count), with: bytes.prefix(count))
    bytesWritten += count
    return count
  }

  func truncate(_ handle: FileHandle, to length: Int) throws(SystemError) {
    try change("ftruncate")
    let file = try file(handle)
    file.bytes = Array(file.bytes.prefix(length))
  }

  func synchronize(_ handle: FileHandle) throws(SystemError) {
    try change("fdatasync")
    let file = try file(handle)
    file.durable = file.bytes
  }

  func lock(_ handle: FileHandle) throws(SystemError) {
    let file = try file(handle)
    guard file.locker == nil || file.locker == handle else {
      throw SystemError(EWOULDBLOCK, in: "flock")
    }
    file.locker = handle
  }

  func rename(_ name: String, to target: String) throws(SystemError) {
    try change("rename")
    guard let file = files[name] else { throw SystemError(ENOENT, in: "rename") }
    files[target] = file
    files[name] = nil
  }

  func renameToNew(_ name: String, _ target: String) throws(SystemError) {
    guard files[target] == nil else { throw SystemError(EEXIST, in: "rename") }
    try rename(name, to: target)
  }

  func remove(_ name: String) throws(SystemError) {
    try change("unlink")
    guard files[name] != nil else { throw SystemError(ENOENT, in: "unlink") }
    files[name] = nil
  }

  func synchronizeFolder() throws(SystemError) {
    try change("fsync")
    durableNames = files
  }
}
