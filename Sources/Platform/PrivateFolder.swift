package import Glibc

/// Why a folder is not fit to hold the agent's socket, or its log.
package enum FolderFault: Error, Equatable {
  case system(path: String, SystemError)
  case symbolicLink(path: String)
  case notAFolder(path: String)
  case foreign(path: String, owner: uid_t)
  case openToOthers(path: String, mode: mode_t)

  /// What is wrong and why, for a person.
  package var sentence: String {
    switch self {
    case .system(let path, let error): "cannot use \(path): \(error.reason)"
    case .symbolicLink(let path): "refusing \(path): it is a symbolic link"
    case .notAFolder(let path): "refusing \(path): it is not a folder"
    case .foreign(let path, let owner): "refusing \(path): it belongs to user \(owner)"
    case .openToOthers(let path, let mode):
      "refusing \(path): its mode \(String(mode & 0o7777, radix: 8)) lets others in"
    }
  }

  /// A command that mends it.
  package var hint: String? {
    switch self {
    case .openToOthers(let path, _): "chmod 700 \(shellQuoted(path))"
    case .symbolicLink(let path), .notAFolder(let path): "rm \(shellQuoted(path))"
    case .system, .foreign: nil
    }
  }
}

/// Makes sure that `path` is a folder of this user that nobody else can enter.
///
/// It is created with mode 0700; a chmod afterwards would leave a moment in which others get in.
///
/// - Parameter missing: what else may be made on the way.
package func preparePrivateFolder(
  _ path: String, missing: MissingFolders = .parent
) throws(FolderFault) {
  guard make(path, above: missing.levels) else { throw .system(path: path, .last("mkdir")) }
  try checkPrivateFolder(path)
}

/// Folders above one that is made, which hold nothing secret themselves.
package enum MissingFolders {
  /// The one right above (`~/.cache` on a fresh account): the rest of a mistyped path is not made.
  case parent
  /// `~/.local/state`.
  case twoParents

  fileprivate var levels: Int {
    switch self {
    case .parent: 1
    case .twoParents: 2
    }
  }
}

private func make(_ path: String, above levels: Int) -> Bool {
  if mkdir(path, 0o700) == 0 || errno == EEXIST { return true }
  guard errno == ENOENT, levels > 0, let slash = path.lastIndex(of: "/"), slash > path.startIndex,
    make(String(path[..<slash]), above: levels - 1)
  else { return false }
  return mkdir(path, 0o700) == 0 || errno == EEXIST
}

/// Checks that `path` itself, not what a link points to, is a private folder of this user.
package func checkPrivateFolder(_ path: String) throws(FolderFault) {
  var path = path
  // lstat follows a link whose name ends with a slash.
  while path.utf8.count > 1, path.utf8.last == UInt8(ascii: "/") { path.removeLast() }
  var facts = stat()
  guard lstat(path, &facts) == 0 else { throw .system(path: path, .last("lstat")) }
  let kind = facts.st_mode & S_IFMT
  if kind == S_IFLNK { throw .symbolicLink(path: path) }
  if kind != S_IFDIR { throw .notAFolder(path: path) }
  if facts.st_uid != geteuid() { throw .foreign(path: path, owner: facts.st_uid) }
  if facts.st_mode & 0o077 != 0 { throw .openToOthers(path: path, mode: facts.st_mode) }
}

/// A path as one word of a shell command line.
package func shellQuoted(_ word: String) -> String {
  let plain = word.utf8.allSatisfy { byte in
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"):
      true
    default: "/._-+:@%".utf8.contains(byte)
    }
  }
  if plain, !word.isEmpty { return word }
  var quoted = "'"
  for character in word { quoted += character == "'" ? "'\\''" : String(character) }
  return quoted + "'"
}
