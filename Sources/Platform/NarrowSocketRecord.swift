package import Glibc

/// Which narrow sockets an agent has made, in two files beside its own socket.
///
/// One has lines `DEVICE INODE PATH` of those that are there, so that its successor and `doctor`
/// find those it could not remove; the other has the paths of those that have ended, where no agent
/// is to be started.
package struct NarrowSocketRecord: Sendable {
  /// Bytes of the whole file: more sockets than an agent ever has, with the longest paths.
  private static let longest = 64 * 1024

  /// Paths that are remembered after their end, the newest: with the longest they fit the file.
  package static let mostEnded = 256

  /// A socket in the file system, as no other file is at the same time.
  package struct Entry: Equatable, Sendable {
    package let device: dev_t
    package let inode: ino_t
    package let path: String

    /// The socket that is at `path` now; nil when something else or nothing is.
    package init?(at path: String) {
      var facts = stat()
      guard lstat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFSOCK else { return nil }
      device = facts.st_dev
      inode = facts.st_ino
      self.path = path
    }

    fileprivate init?(line: Substring) {
      let parts = line.split(separator: " ", maxSplits: 2)
      guard parts.count == 3, let device = dev_t(parts[0]), let inode = ino_t(parts[1]),
        parts[2].utf8.first == UInt8(ascii: "/")
      else { return nil }
      self.device = device
      self.inode = inode
      path = String(parts[2])
    }

    fileprivate var line: String { "\(device) \(inode) \(path)\n" }

    /// Whether this very socket is still at its path.
    package var isInPlace: Bool { Entry(at: path) == self }

    /// Whether it is still at its path, with nobody behind it.
    package var isStale: Bool { isInPlace && UnixSocket.isAbandoned(path) }

    /// Removes the socket, if it is still this one that is at its path.
    package func remove() {
      if isInPlace { unlink(path) }
    }
  }

  private let path: String
  private let endedPath: String

  /// - Parameter socketPath: where the agent listens.
  package init(besideSocket socketPath: String) {
    path = socketPath + ".exposed"
    endedPath = socketPath + ".ended"
  }

  /// What the file says; nothing when there is none, or another user's.
  package func entries() -> [Entry] { Self.lines(of: path).compactMap(Entry.init(line:)) }

  /// Replaces the file; without entries there is none.
  package func write(_ entries: [Entry]) throws(SystemError) {
    try Self.replace(path, with: entries.map(\.line))
  }

  // MARK: Those that have ended

  /// The paths of those that have ended, the newest last.
  package func ended() -> [String] {
    Self.lines(of: endedPath).filter { $0.utf8.first == UInt8(ascii: "/") }.map(String.init)
  }

  /// Remembers that nobody serves these any more.
  package func noteEnded(_ paths: [String]) throws(SystemError) {
    // A newline can come from a folder's name, through a link.
    let new = paths.filter { !$0.utf8.contains(UInt8(ascii: "\n")) }
    guard !new.isEmpty else { return }
    let kept = ended().filter { !new.contains($0) } + new
    try Self.replace(endedPath, with: kept.suffix(Self.mostEnded).map { $0 + "\n" })
  }

  /// Forgets that one has ended at `path`: there is another.
  package func forgetEnded(_ path: String) throws(SystemError) {
    let all = ended()
    guard all.contains(path) else { return }
    try Self.replace(endedPath, with: all.filter { $0 != path }.map { $0 + "\n" })
  }

  /// Whether a narrow socket is at `path`, or was.
  package func tells(of path: String) -> Bool {
    let known = Set(ended() + entries().map(\.path))
    return !known.isEmpty && (known.contains(path) || known.contains(Self.resolved(path)))
  }

  /// The place `path` would mean, if its folder is there; for comparing.
  package static func resolved(_ path: String) -> String {
    let slash = path.lastIndex(of: "/")
    let folder = slash.map { $0 > path.startIndex ? String(path[..<$0]) : "/" } ?? "."
    let name = slash.map { path[path.index(after: $0)...] } ?? path[...]
    guard let real = realpath(folder, nil) else { return path }
    defer { free(real) }
    guard let place = String(validatingCString: real) else { return path }
    return (place == "/" ? place : place + "/") + name
  }

  // MARK: Files

  private static func lines(of path: String) -> [Substring] {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
      return []
    }
    var facts = stat()
    guard fstat(file.number, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_uid == geteuid(), let bytes = try? readAll(file.number, limit: longest),
      let text = String(validating: bytes, as: UTF8.self)
    else { return [] }
    return text.split(separator: "\n")
  }

  private static func replace(_ path: String, with lines: [String]) throws(SystemError) {
    guard !lines.isEmpty else {
      unlink(path)
      return
    }
    let new = path + ".new"
    let file = try Descriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    try writeAll(file.number, lines.joined())
    guard rename(new, path) == 0 else { throw .last("rename") }
  }
}
