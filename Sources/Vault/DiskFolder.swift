internal import CPlatform
internal import Glibc
package import Platform

/// A folder of the machine, held open: a rename of the folder itself changes nothing.
package final class DiskFolder: VaultFolder {
  private let folder: Descriptor

  /// Opens `path`, which must be a folder.
  package init(_ path: String) throws(SystemError) {
    folder = try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
  }

  package func open(_ name: String, for access: FileAccess) throws(SystemError) -> FileHandle {
    let flags =
      switch access {
      case .reading: O_RDONLY
      case .writing: O_RDWR
      case .creating: O_RDWR | O_CREAT | O_EXCL
      case .locking: O_RDWR | O_CREAT
      }
    // A pipe in the vault's place must not keep the opener waiting.
    let file = retryingInterrupts {
      Int(openat(folder.number, name, flags | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o600))
    }
    guard file >= 0 else { throw .last("open") }
    return FileHandle(file)
  }

  package func close(_ file: FileHandle) { _ = Glibc.close(file) }

  package func facts(of file: FileHandle) throws(SystemError) -> FileFacts {
    var facts = stat()
    guard fstat(file, &facts) == 0 else { throw .last("fstat") }
    return FileFacts(facts)
  }

  package func facts(named name: String) throws(SystemError) -> FileFacts? {
    var facts = stat()
    guard fstatat(folder.number, name, &facts, AT_SYMLINK_NOFOLLOW) == 0 else {
      if errno == ENOENT { return nil }
      throw .last("fstatat")
    }
    return FileFacts(facts)
  }

  package func read(
    _ file: FileHandle, at position: Int, into room: UnsafeMutableRawBufferPointer
  ) throws(SystemError) -> Int {
    let count = retryingInterrupts { pread(file, room.baseAddress, room.count, position) }
    guard count >= 0 else { throw .last("read") }
    return count
  }

  package func write(
    _ file: FileHandle, at position: Int, _ bytes: UnsafeRawBufferPointer
  ) throws(SystemError) -> Int {
    let count = retryingInterrupts { pwrite(file, bytes.baseAddress, bytes.count, position) }
    guard count >= 0 else { throw .last("write") }
    return count
  }

  package func truncate(_ file: FileHandle, to length: Int) throws(SystemError) {
    guard retryingInterrupts({ Int(ftruncate(file, length)) }) == 0 else {
      throw .last("ftruncate")
    }
  }

  package func synchronize(_ file: FileHandle) throws(SystemError) {
    guard retryingInterrupts({ Int(fdatasync(file)) }) == 0 else { throw .last("fdatasync") }
  }

  package func lock(_ file: FileHandle) throws(SystemError) {
    guard sp_lock_file(file) == 0 else { throw .last("flock") }
  }

  package func rename(_ name: String, to target: String) throws(SystemError) {
    guard renameat(folder.number, name, folder.number, target) == 0 else { throw .last("rename") }
  }

  package func renameToNew(_ name: String, _ target: String) throws(SystemError) {
    if sp_rename_to_new(folder.number, name, target) == 0 { return }
    // NFS and some FUSE file systems do not know the flag.
    guard errno == EINVAL || errno == ENOSYS else { throw .last("renameat2") }
    guard linkat(folder.number, name, folder.number, target, 0) == 0 else { throw .last("link") }
    try remove(name)
  }

  package func remove(_ name: String) throws(SystemError) {
    guard unlinkat(folder.number, name, 0) == 0 else { throw .last("unlink") }
  }

  package func synchronizeFolder() throws(SystemError) {
    guard retryingInterrupts({ Int(fsync(folder.number)) }) == 0 else { throw .last("fsync") }
  }
}

extension FileFacts {
  fileprivate init(_ facts: stat) {
    self.init(
      device: UInt64(facts.st_dev), inode: UInt64(facts.st_ino),
      isRegular: facts.st_mode & S_IFMT == S_IFREG, owner: facts.st_uid,
      mode: facts.st_mode & 0o7777, length: Int(facts.st_size))
  }
}
