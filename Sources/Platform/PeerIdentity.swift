internal import CPlatform
package import Glibc

/// Who is at the other end of a Unix socket.
///
/// The facts are those of a process, read while it lived. They keep a program from
/// being given what another one was allowed; they do not stop malware of the same user, which can
/// run any program with what it likes inside it.
package struct PeerIdentity: Equatable, Sendable {
  package let process: pid_t
  package let user: uid_t
  /// Nil when the process does not let others look at it.
  package let executable: Executable?
  /// That of the process that connected.
  package let unit: SystemdUnit?
  package let sandbox: Sandbox
  /// The programs that have started it, directly or not; nil where they were not looked at.
  package let starters: [Executable]?
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

    /// Whether it is called as the shells are that system(3) and popen(3) start.
    fileprivate var isShell: Bool {
      let name = path.split(separator: "/").last ?? ""
      return ["sh", "dash", "bash", "busybox", "ksh", "mksh", "zsh"].contains(name)
    }
  }

  package init(
    process: pid_t, user: uid_t, executable: Executable?, unit: SystemdUnit?, sandbox: Sandbox,
    starters: [Executable]? = nil, certainty: Certainty
  ) {
    self.process = process
    self.user = user
    self.executable = executable
    self.unit = unit
    self.sandbox = sandbox
    self.starters = starters
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

  /// Ancestors that are looked at; a process has some ten.
  private static let mostAncestors = 32

  /// The identity of whoever asks through `socket`, a connected Unix socket: the process that
  /// connected, or what has started it where that only passes on what it was told.
  ///
  /// - Parameters:
  ///   - messenger: a program that asks for whoever has started it, by its path without links. A
  ///     shell that runs one command for another program is always one.
  ///   - withStarters: whether ``starters`` are wanted.
  package init(
    of socket: Int32, through messenger: String? = nil, withStarters: Bool = false
  ) throws(Fault) {
    var (process, user, group): (Int32, UInt32, UInt32) = (0, 0, 0)
    guard sp_peer_credentials(socket, &process, &user, &group) == 0 else {
      throw .system(.last("getsockopt"))
    }
    guard process > 0 else { throw .foreignNamespace }
    let (number, certainty) = try Self.handle(of: socket, process)
    var handle = Descriptor(owning: number)
    // Of the messenger itself: what has started it in a unit may be the service manager.
    let unit = ProcProcess(process).unit
    var facts = ProcProcess(process)
    var executable = facts.executable
    for _ in 0..<Self.mostAncestors {
      guard Self.isMessenger(executable, facts, messenger) else { break }
      let parent = try Self.parent(of: facts, handle)
      process = parent.process
      handle = parent.handle
      facts = ProcProcess(process)
      executable = facts.executable
    }
    let sandbox = facts.sandbox(unit: unit)
    // Only now: the number was this process's all the time, if the process is still there.
    guard !Self.hasEnded(handle) else { throw .gone }
    self.init(
      process: process, user: user, executable: executable, unit: unit, sandbox: sandbox,
      starters: withStarters ? Self.starters(of: facts, handle) : nil, certainty: certainty)
  }

  private static func isMessenger(
    _ executable: Executable?, _ facts: ProcProcess, _ messenger: String?
  ) -> Bool {
    guard let executable, executable.isFileAtPath else { return false }
    return executable.path == messenger || executable.isShell && facts.runsOneCommand
  }

  /// The programs that have started a process, the nearest first, as far as they can be looked at.
  private static func starters(
    of facts: ProcProcess, _ handle: consuming Descriptor
  ) -> [Executable] {
    var (facts, starters): (ProcProcess, [Executable]) = (facts, [])
    for _ in 0..<mostAncestors {
      guard let parent = try? parent(of: facts, handle) else { break }
      facts = ProcProcess(parent.process)
      handle = parent.handle
      let executable = facts.executable
      // One that has ended meanwhile may have left its number to another.
      guard !hasEnded(handle) else { break }
      if let executable { starters.append(executable) }
    }
    return starters
  }

  private struct Parent: ~Copyable {
    let process: pid_t
    let handle: Descriptor
  }

  /// The parent of a process that lives, and a descriptor of it.
  private static func parent(
    of facts: ProcProcess, _ handle: borrowing Descriptor
  ) throws(Fault) -> Parent {
    guard let parent = facts.parent else { throw .gone }
    guard parent > 0 else { throw .foreignNamespace }
    let number = sp_pidfd_open(parent)
    guard number >= 0 else { throw errno == ESRCH ? .gone : .system(.last("pidfd_open")) }
    let parentHandle = Descriptor(owning: number)
    // A parent that has ended leaves its children to another: as long as this one is the parent, the
    // number has been its own.
    guard facts.parent == parent, !hasEnded(handle) else { throw .gone }
    return Parent(process: parent, handle: parentHandle)
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
