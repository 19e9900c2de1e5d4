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
  /// Of two agents that start at once one gets the lock; the other waits until the first serves. A
  /// socket file without a live agent is stale, and removed under the lock.
  static func take(
    _ path: String, inherited: consuming Descriptor?
  ) throws(Failure) -> Outcome {
    if let inherited {
      return .ours(AgentSocket(listener: inherited, claim: Claim(path: path, lock: nil)))
    }
    let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
    do throws(FolderFault) { try preparePrivateFolder(folder.isEmpty ? "/" : folder) } catch {
      throw Failure(.failed, error.sentence, hint: error.hint)
    }
    do throws(SystemError) {
      let lock = try Descriptor.open(path + ".lock", O_RDWR | O_CREAT | O_NOFOLLOW, mode: 0o600)
      guard sp_lock_file(lock.number) == 0 else {
        try waitForAnother(path)
        return .servedByAnother
      }
      if isServed(path) { return .servedByAnother }
      unlink(path)
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

  /// The holder of the lock binds within moments of taking it.
  private static func waitForAnother(_ path: String) throws(SystemError) {
    for _ in 0..<200 {
      if isServed(path) { return }
      _ = poll(nil, 0, 10)
    }
    throw SystemError(EBUSY, in: "flock")
  }
}
