internal import CPlatform
package import Glibc

/// Who is at the other end of a Unix socket.
///
/// The facts are those of the process that connected, read while it lived. They keep a program from
/// being given what another one was allowed; they do not stop malware of the same user, which can
/// run any program with what it likes inside it.
package struct PeerIdentity: Equatable, Sendable {
  package let process: pid_t
  package let user: uid_t
  /// Nil when the process does not let others look at it.
  package let executable: Executable?
  package let unit: SystemdUnit?
  package let sandbox: Sandbox
  package let certainty: Certainty

  /// Whether the facts can be another process's.
  package enum Certainty: Sendable {
    /// The kernel has given a descriptor of the process that connected, and it still lives.
    case pinned
    /// The kernel is older than Linux 6.5: if that process had ended before it was looked at, another
    /// could have got its number.
    case byNumber
  }

  /// A running program.
  package struct Executable: Equatable, Sendable {
    package let path: String
    /// Whether the path leads to this very file here: in a container's `/usr/bin/git` there can be
    /// anything, and a replaced or removed file leads elsewhere.
    package let isFileAtPath: Bool

    package init(path: String, isFileAtPath: Bool) {
      self.path = path
      self.isFileAtPath = isFileAtPath
    }
  }

  package init(
    process: pid_t, user: uid_t, executable: Executable?, unit: SystemdUnit?, sandbox: Sandbox,
    certainty: Certainty
  ) {
    self.process = process
    self.user = user
    self.executable = executable
    self.unit = unit
    self.sandbox = sandbox
    self.certainty = certainty
  }

  /// Why nothing can be said of a peer.
  package enum Fault: Error, Equatable, Sendable {
    /// It has ended; what `/proc` says can be another process's.
    case gone
    /// It lives in another name space of process numbers.
    case foreignNamespace
    case system(SystemError)

    /// The fault in words.
    package var sentence: String {
      switch self {
      case .gone: "the program that asked has ended"
      case .foreignNamespace: "the program that asked is not to be seen from here"
      case .system(let error): "cannot tell which program asks: \(error.reason)"
      }
    }
  }

  /// The identity of the process that connected `socket`, a connected Unix socket.
  package init(of socket: Int32) throws(Fault) {
    var (process, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
    guard sp_peer_credentials(socket, &process, &user, &group) == 0 else {
      throw .system(.last("getsockopt"))
    }
    guard process > 0 else { throw .foreignNamespace }
    let (number, certainty) = try Self.handle(of: socket, process)
    let handle = Descriptor(owning: number)
    let facts = ProcProcess(process)
    let (executable, unit) = (facts.executable, facts.unit)
    let sandbox = facts.sandbox(unit: unit)
    // Only now: the number was this process's all the time, if the process is still there.
    guard !Self.hasEnded(handle) else { throw .gone }
    self.init(
      process: process, user: user, executable: executable, unit: unit, sandbox: sandbox,
      certainty: certainty)
  }

  private static func handle(
    of socket: Int32, _ process: pid_t
  ) throws(Fault) -> (Int32, Certainty) {
    var number = sp_peer_pidfd(socket)
    if number >= 0 { return (number, .pinned) }
    // Linux tells of a process that is no more by one of these.
    if errno == ESRCH || errno == EINVAL { throw .gone }
    guard errno == ENOPROTOOPT else { throw .system(.last("getsockopt")) }
    number = sp_pidfd_open(process)
    guard number >= 0 else { throw errno == ESRCH ? .gone : .system(.last("pidfd_open")) }
    return (number, .byNumber)
  }

  /// A descriptor of a process is readable once it has ended (pidfd_open(2)).
  private static func hasEnded(_ handle: borrowing Descriptor) -> Bool {
    waitUntil(handle.number, readyFor: POLLIN, milliseconds: 0)
  }
}
