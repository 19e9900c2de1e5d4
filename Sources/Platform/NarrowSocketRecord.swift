package import Glibc

/// Which narrow sockets an agent has made, so that its successor and `doctor` find those it could not
/// remove: a file of lines `DEVICE INODE PATH` beside the agent's own socket.
package struct NarrowSocketRecord: Sendable {
  /// Bytes of the whole file: more sockets than an agent ever has, with the longest paths.
  private static let longest = 64 * 1024

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

  /// - Parameter socketPath: where the agent listens.
  package init(besideSocket socketPath: String) { path = socketPath + ".exposed" }

  /// What the file says; nothing when there is none, or another user's.
  package func entries() -> [Entry] {
    guard let file = try? Descriptor.open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
      return []
    }
    var facts = stat()
    guard fstat(file.number, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG,
      facts.st_uid == geteuid(), let bytes = try? readAll(file.number, limit: Self.longest),
      let text = String(validating: bytes, as: UTF8.self)
    else { return [] }
    return text.split(separator: "\n").compactMap(Entry.init(line:))
  }

  /// Replaces the file; without entries there is none.
  package func write(_ entries: [Entry]) throws(SystemError) {
    guard !entries.isEmpty else {
      unlink(path)
      return
    }
    let new = path + ".new"
    let file = try Descriptor.open(new, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW, mode: 0o600)
    try writeAll(file.number, entries.map(\.line).joined())
    guard rename(new, path) == 0 else { throw .last("rename") }
  }
}
