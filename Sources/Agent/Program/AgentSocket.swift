import Attributes
import CPlatform
import Glibc
import Platform

/// The socket an agent serves, and its claim to be the only one that does.
struct AgentSocket: ~Copyable {
  private let listener: Descriptor
  let claim: Claim

  /// A lock that lasts as long as the process, and the path that is removed at its end.
  final class Claim {
    private let path: String
    private let lock: Descriptor?

    init(path: String, lock: consuming Descriptor?) {
      self.path = path
      self.lock = lock
    }

    /// Removes the socket, unless the service manager made it and keeps it.
    func release() {
      if lock != nil { unlink(path) }
    }
  }

  enum Outcome: ~Copyable {
    case ours(AgentSocket)
    /// Another agent serves that path, or will in a moment.
    case servedByAnother
  }

  consuming func takeListener() -> Descriptor { listener }

  /// Takes the socket at `path`, or the one the service manager has handed over.
  ///
  /// Of two agents that start at once one gets the lock; the other waits until the first serves, or
  /// has ended. A socket file without a live agent is stale, and removed under the lock.
  static func take(
    _ path: String, inherited: consuming Descriptor?
  ) throws(Failure) -> Outcome {
    if let inherited {
      return .ours(AgentSocket(listener: inherited, claim: Claim(path: path, lock: nil)))
    }
    guard path.utf8.first == UInt8(ascii: "/") else {
      throw Failure(.failed, "the path of the socket is not absolute: \(path)")
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    do throws(FolderFault) { try preparePrivateFolder(folder.isEmpty ? "/" : folder) } catch {
      throw Failure(.failed, error.sentence, hint: error.hint)
    }
    do throws(SystemError) {
      let lock = try Descriptor.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard try wins(lock, path), !isServed(path) else { return .servedByAnother }
      try removeStale(path)
      let listener = try UnixSocket.listen(path, backlog: 1024)
      return .ours(AgentSocket(listener: listener, claim: Claim(path: path, lock: lock)))
    } catch {
      if error.number == ENAMETOOLONG {
        throw Failure(
          .failed,
          "the path of the socket is longer than \(UnixSocket.longestPath) bytes: \(path)",
          hint: "SALLYPORT_SOCK=/a/shorter/path")
      }
      throw Failure(.failed, "cannot listen at \(path): \(error.reason)")
    }
  }

  private static func isServed(_ path: String) -> Bool {
    do throws(SystemError) {
      _ = try UnixSocket.connect(path)
      return true
    } catch { return false }
  }

  /// Waits for the lock, or for its holder to serve: it does so within moments of taking it, or is
  /// about to end.
  private static func wins(
    _ lock: borrowing Descriptor, _ path: String
  ) throws(SystemError) -> Bool {
    for _ in 0..<200 {
      if sp_lock_file(lock.number) == 0 { return true }
      if isServed(path) { return false }
      _ = poll(nil, 0, 10)
    }
    throw SystemError(EBUSY, in: "flock")
  }

  /// Removes the socket of an agent that has died, and nothing else: SALLYPORT_SOCK may name a
  /// person's file by mistake.
  private static func removeStale(_ path: String) throws(SystemError) {
    var facts = stat()
    guard lstat(path, &facts) == 0 else { return }
    guard facts.st_mode & S_IFMT == S_IFSOCK else { throw SystemError(EEXIST, in: "bind") }
    unlink(path)
  }
}
