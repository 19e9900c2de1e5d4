import Glibc
import Platform

/// The file that tells who has got what: lines are added, and never changed.
///
/// A line that cannot be written is lost: nobody goes without a token for it.
final class AuditLog {
  /// Bytes after which the file becomes `log.1`, in the place of the one before.
  static let longest: off_t = 1 << 20

  let path: String
  private let folder: String
  /// Why lines are lost, since the last one that was not.
  private(set) var fault: Fault?
  private var file: Int32 = -1
  /// Whether the last line stands there in part.
  private var isCutOff = false

  struct Fault {
    let sentence: String
    let hint: String?
  }

  init(folder: String) {
    self.folder = folder
    path = folder + "/log"
  }

  deinit { if file >= 0 { close(file) } }

  /// Adds a line.
  func add(_ line: String) {
    do throws(FolderFault) {
      try open()
      try write((isCutOff ? "\n" : "") + line + "\n")
      fault = nil
    } catch {
      fault = Fault(sentence: error.sentence, hint: error.hint)
      drop()
    }
  }

  private func write(_ line: String) throws(FolderFault) {
    let bytes = Array(line.utf8)
    // All at once: another agent of the user may be writing as well.
    let count = retryingInterrupts { Glibc.write(file, bytes, bytes.count) }
    guard count == bytes.count else {
      if count > 0 { isCutOff = true }
      throw .system(path: path, count < 0 ? .last("write") : SystemError(ENOSPC, in: "write"))
    }
    isCutOff = false
  }

  /// Opens the file that has the name now: it may have been moved away, by another agent too.
  private func open() throws(FolderFault) {
    var (named, opened) = (stat(), stat())
    let isThere = lstat(path, &named) == 0
    if file >= 0, isThere, fstat(file, &opened) == 0, opened.st_ino == named.st_ino,
      opened.st_dev == named.st_dev, opened.st_size < Self.longest
    {
      return
    }
    drop()
    try preparePrivateFolder(folder)
    if isThere, named.st_mode & S_IFMT == S_IFREG, named.st_size >= Self.longest {
      guard rename(path, path + ".1") == 0 else { throw .system(path: path, .last("rename")) }
    }
    try openAnew()
  }

  private func openAnew() throws(FolderFault) {
    // A pipe or a device in the place of the file must not make us wait.
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC
    let number = Glibc.open(path, flags, 0o600)
    guard number >= 0 else {
      throw errno == ELOOP ? .symbolicLink(path: path) : .system(path: path, .last("open"))
    }
    file = number
    var facts = stat()
    guard fstat(number, &facts) == 0 else { throw .system(path: path, .last("fstat")) }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw .system(path: path, SystemError(EINVAL, in: "open"))
    }
    guard facts.st_uid == geteuid() else { throw .foreign(path: path, owner: facts.st_uid) }
    if facts.st_mode & 0o077 != 0 { _ = fchmod(number, 0o600) }
  }

  private func drop() {
    if file >= 0 { close(file) }
    file = -1
  }
}
