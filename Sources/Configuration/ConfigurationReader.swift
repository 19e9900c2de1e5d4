import Glibc

/// Reads the configuration file from where it lies.
package enum ConfigurationReader {
  /// Reads and checks the file; nil when there is none.
  ///
  /// A file that somebody else owns or can write is refused, for it decides which programs run and
  /// where tokens go; so is one that holds a `client_secret` and that others can read.
  package static func load(path: String) throws(ConfigurationFault) -> ConfigurationFile? {
    // O_NONBLOCK: a FIFO in the place of the file must not make us wait.
    let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
    guard descriptor >= 0 else {
      if errno == ENOENT { return nil }
      throw ConfigurationFault("cannot be read: \(reason(errno))")
    }
    defer { close(descriptor) }
    var facts = stat()
    guard fstat(descriptor, &facts) == 0 else {
      throw ConfigurationFault("cannot be read: \(reason(errno))")
    }
    try judge(facts, path: path)
    let bytes = try read(descriptor, expecting: Int(facts.st_size))
    defer {
      // A client_secret may be among them.
      wipe(bytes)
      bytes.deallocate()
    }
    let file = try ConfigurationFile(parsing: UnsafeRawBufferPointer(bytes))
    guard !file.holdsSecret || facts.st_mode & 0o077 == 0 else {
      throw ConfigurationFault(
        "holds a client_secret and others can read it", hint: "chmod 600 \(quoted(path))")
    }
    return file
  }

  private static func judge(_ facts: stat, path: String) throws(ConfigurationFault) {
    guard facts.st_mode & S_IFMT == S_IFREG else {
      throw ConfigurationFault("is not a regular file")
    }
    guard facts.st_uid == geteuid() || facts.st_uid == 0 else {
      throw ConfigurationFault("belongs to user \(facts.st_uid)")
    }
    guard facts.st_mode & 0o022 == 0 else {
      throw ConfigurationFault("can be changed by others", hint: "chmod go-w \(quoted(path))")
    }
    guard facts.st_size <= ConfigurationFile.longest else {
      throw ConfigurationFault("is longer than \(ConfigurationFile.longest) bytes")
    }
  }

  private static func read(
    _ descriptor: Int32, expecting size: Int
  ) throws(ConfigurationFault) -> UnsafeMutableRawBufferPointer {
    let room = UnsafeMutableRawBufferPointer.allocate(byteCount: max(size, 1), alignment: 1)
    var filled = 0
    while filled < size {
      let rest = UnsafeMutableRawBufferPointer(rebasing: room[filled...])
      let count = Glibc.read(descriptor, rest.baseAddress, rest.count)
      if count < 0, errno == EINTR { continue }
      guard count > 0 else { break }
      filled += count
    }
    if filled == size { return UnsafeMutableRawBufferPointer(rebasing: room[..<size]) }
    // Cut short while it was read: half a file is not what the person wrote.
    wipe(room)
    room.deallocate()
    throw ConfigurationFault("changed while it was read; try again")
  }
}

/// The text of an errno value, in lower case.
func reason(_ number: Int32) -> String {
  let text = String(cString: strerror(number))
  return text.prefix(1).lowercased() + text.dropFirst()
}

/// A path as one word of a shell command line.
func quoted(_ path: String) -> String {
  let plain = path.utf8.allSatisfy { $0.isLetterOrDigit || "/._-+:@%".utf8.contains($0) }
  if plain, !path.isEmpty { return path }
  let parts = path.split(separator: "'", omittingEmptySubsequences: false)
  return "'" + parts.joined(separator: "'\\''") + "'"
}
