import Glibc

/// Replaces the configuration file as a whole: at every moment the old or the new one is there.
package enum ConfigurationStore {
  /// Replaces the file by what `edit` makes of its bytes; none when there is no file yet.
  ///
  /// A symbolic link stays one, for those who keep their files elsewhere: what it leads to is
  /// replaced. A new file has mode 0600 and its folder 0700; a file that exists keeps its mode.
  package static func replace(
    path: String,
    edit: (UnsafeRawBufferPointer) throws(ConfigurationFault) -> [UInt8]
  ) throws(ConfigurationFault) {
    try makeFolders(of: path)
    let target = try destination(of: path)
    let folder = open(parent(of: target), O_RDONLY | O_DIRECTORY | O_CLOEXEC)
    guard folder >= 0 else { throw ConfigurationFault("cannot be written: \(reason(errno))") }
    defer { close(folder) }
    // Two sign-ins that end at once must not lose one another's section. The lock ends with the
    // descriptor; a folder that cannot be locked is edited without.
    _ = flock(folder, LOCK_EX)
    var (old, mode, version) = try contents(of: target)
    defer { old.withUnsafeMutableBytes { wipe($0) } }
    var new = try edited(old, edit)
    defer { new.withUnsafeMutableBytes { wipe($0) } }
    try write(new, mode: mode, to: target, inPlaceOf: version)
    _ = fsync(folder)
  }

  private static func edited(
    _ old: [UInt8], _ edit: (UnsafeRawBufferPointer) throws(ConfigurationFault) -> [UInt8]
  ) throws(ConfigurationFault) -> [UInt8] {
    let result: Result<[UInt8], ConfigurationFault> = old.withUnsafeBytes { bytes in
      do throws(ConfigurationFault) { return .success(try edit(bytes)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// The file itself where `path` is a symbolic link.
  private static func destination(of path: String) throws(ConfigurationFault) -> String {
    if let resolved = realpath(path, nil) {
      defer { free(resolved) }
      return String(cString: resolved)
    }
    var facts = stat()
    guard lstat(path, &facts) != 0 else {
      throw ConfigurationFault("cannot be written: it is a link that leads nowhere")
    }
    return path
  }

  /// What tells one state of a file from the next.
  private struct Version: Equatable {
    let inode: ino_t
    let size: off_t
    let modified: [Int]

    init(_ facts: stat) {
      inode = facts.st_ino
      size = facts.st_size
      modified = [facts.st_mtim.tv_sec, facts.st_mtim.tv_nsec]
    }
  }

  private static func contents(
    of path: String
  ) throws(ConfigurationFault) -> (bytes: [UInt8], mode: mode_t, Version?) {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return ([], 0o600, nil) }
      throw ConfigurationFault("cannot be read: \(reason(errno))")
    }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size <= ConfigurationFile.longest
    else { throw ConfigurationFault("is not a regular file of a fit size") }
    var bytes = [UInt8](repeating: 0, count: Int(facts.st_size))
    var filled = 0
    while filled < bytes.count {
      let start = filled
      let count = bytes.withUnsafeMutableBytes { room in
        read(descriptor, room.baseAddress?.advanced(by: start), room.count - start)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { throw ConfigurationFault("changed while it was read; try again") }
      filled += count
    }
    return (bytes, facts.st_mode & 0o7777, Version(facts))
  }

  /// Writes beside the file, to the disk, and then takes its place (threat F1: the mode is there
  /// from the start).
  ///
  /// - Parameter version: what was edited. An editor knows nothing of our lock: what it has written
  ///   meanwhile, or is still writing, is not overwritten.
  private static func write(
    _ bytes: [UInt8], mode: mode_t, to path: String, inPlaceOf version: Version?
  ) throws(ConfigurationFault) {
    let temporary = "\(path).\(getpid()).new"
    _ = unlink(temporary)
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
    guard descriptor >= 0 else { throw ConfigurationFault("cannot be written: \(reason(errno))") }
    var error: Int32 = 0
    if !writeAll(bytes, to: descriptor) || fchmod(descriptor, mode) != 0 || fsync(descriptor) != 0 {
      error = errno
    }
    // A network file system may tell of a full disk only now.
    if close(descriptor) != 0, error == 0 { error = errno }
    var facts = stat()
    let current = stat(path, &facts) == 0 ? Version(facts) : nil
    guard error != 0 || current == version else {
      _ = unlink(temporary)
      throw ConfigurationFault("was changed by another program at the same time; try again")
    }
    if error == 0, rename(temporary, path) != 0 { error = errno }
    guard error == 0 else {
      _ = unlink(temporary)
      throw ConfigurationFault("cannot be written: \(reason(error))")
    }
  }

  private static func writeAll(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
    var written = 0
    while written < bytes.count {
      let start = written
      let count = bytes.withUnsafeBytes { all in
        Glibc.write(descriptor, all.baseAddress?.advanced(by: start), all.count - start)
      }
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { return false }
      written += count
    }
    return true
  }

  private static func makeFolders(of path: String) throws(ConfigurationFault) {
    let folder = parent(of: path)
    guard access(folder, F_OK) != 0 else { return }
    let above = parent(of: folder)
    if access(above, F_OK) != 0 { _ = mkdir(above, 0o700) }
    guard mkdir(folder, 0o700) == 0 || errno == EEXIST else {
      throw ConfigurationFault("cannot be written: \(reason(errno))")
    }
  }

  private static func parent(of path: String) -> String {
    guard let slash = path.lastIndex(of: "/") else { return "." }
    return slash == path.startIndex ? "/" : String(path[..<slash])
  }
}
