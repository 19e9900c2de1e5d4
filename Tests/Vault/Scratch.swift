import Glibc
import Testing

/// A folder of a test's own, removed with all it holds when the value ends.
final class ScratchFolder: Sendable {
  let path: String

  init() throws {
    let parent = getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(parent)/sallyport-test-XXXXXX".utf8CString)
    let made = template.withUnsafeMutableBufferPointer { room in
      room.baseAddress.flatMap { mkdtemp($0) }
    }
    path = String(cString: try #require(made, "mkdtemp: \(errno)"))
  }

  deinit { removeTree(path) }

  /// The path of `name` in the folder.
  func callAsFunction(_ name: String) -> String { "\(path)/\(name)" }

  /// Writes a file and returns its path.
  @discardableResult
  func write(_ name: String, _ text: String, mode: mode_t = 0o600) throws -> String {
    let file = open(self(name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, mode)
    try #require(file >= 0)
    defer { close(file) }
    let bytes = Array(text.utf8)
    try #require(Glibc.write(file, bytes, bytes.count) == bytes.count)
    return self(name)
  }

  /// Makes a folder with exactly this mode, whatever the umask, and returns its path.
  func folder(_ name: String, mode: mode_t = 0o700) throws -> String {
    try #require(mkdir(self(name), mode) == 0)
    try #require(chmod(self(name), mode) == 0)
    return self(name)
  }

  func mode(of name: String) -> mode_t? {
    var facts = stat()
    return lstat(self(name), &facts) == 0 ? facts.st_mode & 0o7777 : nil
  }
}

private func removeTree(_ path: String) {
  guard let folder = opendir(path) else { return }
  while let entry = readdir(folder) {
    let name = withUnsafePointer(to: &entry.pointee.d_name) {
      $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
    }
    if name == "." || name == ".." { continue }
    var facts = stat()
    let file = "\(path)/\(name)"
    guard lstat(file, &facts) == 0 else { continue }
    if facts.st_mode & S_IFMT == S_IFDIR { removeTree(file) } else { unlink(file) }
  }
  closedir(folder)
  rmdir(path)
}
