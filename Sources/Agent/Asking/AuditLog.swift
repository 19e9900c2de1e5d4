import Glibc
import Platform

/// The file that tells who has got what: lines are added, and never changed.
///
/// It is opened for each line, since it may have been moved away meanwhile, by another agent of the
/// user too. A line that cannot be written is lost: nobody goes without a token for it.
final class AuditLog {
  /// Bytes after which the file becomes `log.1`, in the place of the one before.
  static let longest: off_t = 1 << 20

  let path: String
  private let folder: String
  /// Why lines are lost, since the last one that was not.
  private(set) var fault: Fault?
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

  /// Adds a line.
  func add(_ line: String) {
    do throws(FolderFault) {
      try preparePrivateFolder(folder, missing: .twoParents)
      try makeRoom()
      try write((isCutOff ? "\n" : "") + line + "\n", to: try open())
      fault = nil
    } catch {
      fault = Fault(sentence: error.sentence, hint: error.hint)
    }
  }

  private func makeRoom() throws(FolderFault) {
    var facts = stat()
    guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_size >= Self.longest
    else { return }
    guard rename(path, path + ".1") == 0 else { throw .system(path: path, .last("rename")) }
  }

  private func open() throws(FolderFault) -> Descriptor {
    // A pipe or a device in the place of the file must not make us wait.
    let flags = O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY
    let file: Descriptor
    do throws(SystemError) { file = try Descriptor.open(path, flags, mode: 0o600) } catch {
      throw error.number == ELOOP ? .symbolicLink(path: path) : .system(path: path, error)
    }
    var facts = stat()
    guard fstat(file.number, &facts) == 0 else { throw .system(path: path, .last("fstat")) }
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw .system(path: path, SystemError(EINVAL, in: "open"))
    }
    guard facts.st_uid == geteuid() else { throw .foreign(path: path, owner: facts.st_uid) }
    if facts.st_mode & 0o077 != 0 { _ = fchmod(file.number, 0o600) }
    return file
  }

  private func write(_ line: String, to file: consuming Descriptor) throws(FolderFault) {
    let bytes = Array(line.utf8)
    // All at once: another agent of the user may be writing as well.
    let count = retryingInterrupts { Glibc.write(file.number, bytes, bytes.count) }
    guard count == bytes.count else {
      if count > 0 { isCutOff = true }
      throw .system(path: path, count < 0 ? .last("write") : SystemError(ENOSPC, in: "write"))
    }
    isCutOff = false
  }
}
