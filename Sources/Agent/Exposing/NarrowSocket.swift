import Attributes
import Glibc
import Platform

/// A listening socket in the file system that is removed with its last use, if it is still ours.
final class NarrowSocket {
  /// Connections the kernel holds until they are taken.
  private static let backlog: Int32 = 16

  let listener: Descriptor
  let entry: NarrowSocketRecord.Entry

  var path: String { entry.path }

  /// Listens at `path`, which ``NarrowSocketPath`` has found fit.
  ///
  /// - Parameter isForOthers: whether the file lets other users in; who they are is judged when they
  ///   connect.
  init(at path: String, isForOthers: Bool) throws(Failure) {
    do throws(SystemError) {
      listener = try UnixSocket.listen(path, backlog: Self.backlog)
      guard let entry = NarrowSocketRecord.Entry(at: path) else {
        throw SystemError(ENOENT, in: "lstat")
      }
      self.entry = entry
      guard !isForOthers || chmod(path, 0o666) == 0 else {
        let error = SystemError.last("chmod")
        entry.remove()
        throw error
      }
    } catch {
      throw Failure(.failed, "cannot listen at \(printable(path)): \(error.reason)")
    }
  }
}

/// Where a narrow socket may be: in a folder that nobody else can change.
enum NarrowSocketPath {
  /// The place that `path` means, with no symbolic link in it.
  ///
  /// A last folder that is missing is made, with mode 0700; a stale socket is removed.
  static func prepare(_ path: String) throws(Failure) -> String {
    let shown = printable(path)
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw Failure(.invalidRequest, "the path of the socket is not absolute: \(shown)")
    }
    guard path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
      throw Failure(.invalidRequest, "the path of the socket holds control characters")
    }
    guard let slash = path.lastIndex(of: "/") else {
      throw Failure(.invalidRequest, "the path of the socket is not absolute: \(shown)")
    }
    let name = String(path[path.index(after: slash)...])
    guard !name.isEmpty, name != ".", name != ".." else {
      throw Failure(.invalidRequest, "the path of the socket names a folder: \(shown)")
    }
    let place = try canonical(slash == path.startIndex ? "/" : String(path[..<slash])) + name
    guard place.utf8.count <= UnixSocket.longestPath else {
      throw Failure(
        .invalidRequest,
        "the path of the socket is longer than \(UnixSocket.longestPath) bytes: \(printable(place))"
      )
    }
    try clear(place)
    return place
  }

  // MARK: The folder

  /// The folder without symbolic links and with a slash at its end, when nobody else can put
  /// something else in the socket's place.
  private static func canonical(_ folder: String) throws(Failure) -> String {
    let shown = printable(folder)
    if mkdir(folder, 0o700) != 0, errno == ENOENT {
      throw Failure(
        .failed, "there is no folder for the socket: \(shown)",
        hint: "mkdir -m 700 -p \(shellQuoted(folder))")
    }
    guard let real = real(folder) else {
      throw Failure(.failed, "cannot use \(shown): \(SystemError.last("realpath").reason)")
    }
    let facts = try facts(of: real)
    guard facts.st_mode & S_IFMT == S_IFDIR else {
      throw Failure(.failed, "refusing \(shown): it is not a folder")
    }
    guard facts.st_uid == geteuid() else {
      throw Failure(.failed, "refusing \(shown): it belongs to user \(facts.st_uid)")
    }
    guard facts.st_mode & 0o022 == 0 else {
      throw Failure(
        .failed, "refusing \(shown): others can write to it, and so replace the socket",
        hint: "chmod go-w \(shellQuoted(real))")
    }
    try checkFoldersAbove(real)
    return withSlash(real)
  }

  /// Whoever can rename a folder on the way can lead it elsewhere; where the sticky bit is, as on
  /// /tmp, only its owner can.
  private static func checkFoldersAbove(_ folder: String) throws(Failure) {
    var folder = folder
    while folder != "/", let slash = folder.lastIndex(of: "/") {
      folder = slash == folder.startIndex ? "/" : String(folder[..<slash])
      let facts = try facts(of: folder)
      let isOurs = facts.st_uid == 0 || facts.st_uid == geteuid()
      guard isOurs, facts.st_mode & 0o022 == 0 || facts.st_mode & S_ISVTX != 0 else {
        throw Failure(
          .failed,
          "refusing a socket below \(printable(folder)): others can rename what is in that folder")
      }
    }
  }

  private static func facts(of path: String) throws(Failure) -> stat {
    var facts = stat()
    guard lstat(path, &facts) == 0 else {
      throw Failure(.failed, "cannot use \(printable(path)): \(SystemError.last("lstat").reason)")
    }
    return facts
  }

  private static func real(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(validatingCString: resolved)
  }

  private static func withSlash(_ folder: String) -> String {
    folder == "/" ? folder : folder + "/"
  }

  // MARK: What is there already

  /// Removes a stale socket; anything else is somebody's, and stays.
  private static func clear(_ path: String) throws(Failure) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return }
    let shown = printable(path)
    switch facts.st_mode & S_IFMT {
    case S_IFLNK: throw Failure(.failed, "refusing \(shown): it is a symbolic link")
    case S_IFSOCK: break
    default:
      throw Failure(.failed, "refusing \(shown): there is a file already, and it is no socket")
    }
    guard UnixSocket.isAbandoned(path) else {
      throw Failure(
        .failed, "refusing \(shown): somebody serves that socket already",
        hint: "sallyport expose --stop \(shellQuoted(path))")
    }
    guard unlink(path) == 0 else {
      throw Failure(.failed, "cannot remove \(shown): \(SystemError.last("unlink").reason)")
    }
  }
}
