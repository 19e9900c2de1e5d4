package import Platform

/// An open file of a ``VaultFolder``.
package typealias FileHandle = Int32

/// What a file is, by its inode: the name may lead to another one meanwhile.
package struct FileFacts: Equatable, Sendable {
  package let device: UInt64
  package let inode: UInt64
  package let isRegular: Bool
  package let owner: UInt32
  /// The permission bits.
  package let mode: UInt32
  package let length: Int

  package init(
    device: UInt64, inode: UInt64, isRegular: Bool, owner: UInt32, mode: UInt32, length: Int
  ) {
    self.device = device
    self.inode = inode
    self.isRegular = isRegular
    self.owner = owner
    self.mode = mode
    self.length = length
  }

  /// Whether both are the same file, whatever has been written to it meanwhile.
  package func isSameFile(as other: FileFacts) -> Bool {
    device == other.device && inode == other.inode
  }
}

/// How a file is opened; it never follows a symbolic link.
package enum FileAccess: Sendable {
  case reading
  case writing
  /// The file must not exist yet; it gets mode 0600 from the beginning.
  case creating
  /// For writing, created with mode 0600 when it does not exist.
  case locking
}

/// The few things a vault asks of a file system; a test has one that fails and crashes.
///
/// Names are those of files in one folder.
package protocol VaultFolder: AnyObject {
  func open(_ name: String, for access: FileAccess) throws(SystemError) -> FileHandle
  func close(_ file: FileHandle)
  func facts(of file: FileHandle) throws(SystemError) -> FileFacts
  /// Of the file that has the name now; nil when there is none.
  func facts(named name: String) throws(SystemError) -> FileFacts?
  /// Reads at `position`; the number of bytes is 0 at the end only.
  func read(
    _ file: FileHandle, at position: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int
  /// Writes at `position`, maybe less than all.
  func write(
    _ file: FileHandle, at position: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int
  func truncate(_ file: FileHandle, to length: Int) throws(SystemError)
  /// Returns when the file's bytes are on the disk.
  func synchronize(_ file: FileHandle) throws(SystemError)
  /// Locks the file against other processes until it is closed; EWOULDBLOCK when one has it.
  func lock(_ file: FileHandle) throws(SystemError)
  /// Replaces `target`.
  func rename(_ name: String, to target: String) throws(SystemError)
  /// Throws EEXIST when there is a `target`.
  func renameToNew(_ name: String, _ target: String) throws(SystemError)
  func remove(_ name: String) throws(SystemError)
  /// Returns when the names of the folder are on the disk.
  func synchronizeFolder() throws(SystemError)
}
