import Attributes
import Glibc
import Platform

/// The way to the agent: where its socket is, and how it is started.
enum Agent {
  /// What to do when no agent is running.
  enum Absence {
    /// Start one.
    case start
    /// Go on without.
    case tolerate
  }

  /// What to do for a request about sessions, of which there are none without an agent or a vault.
  static var absenceOfSessions: Absence { VaultFileFacts() == nil ? .tolerate : .start }

  /// Connects; nil when no agent is running and that is to be tolerated.
  static func connect(whenAbsent absence: Absence) throws(Failure) -> AgentConnection? {
    let path = try socketPath()
    if let connection = try connect(path) { return connection }
    guard absence == .start else { return nil }
    if let ended = EndedNarrowSocket(at: path) {
      throw Failure(.failed, ended.sentence, hint: ended.hint)
    }
    try AgentStarter.start()
    if let connection = try connect(path) { return connection }
    throw Failure(
      .failed, "the agent says it is ready, but nobody listens at \(path)", hint: "sallyport doctor"
    )
  }

  /// Connects, and starts an agent when there is none.
  static func connect() throws(Failure) -> AgentConnection {
    guard let connection = try connect(whenAbsent: .start) else {
      throw Failure(.failed, "no agent is running")
    }
    return connection
  }

  /// Where the agent listens.
  static func socketPath() throws(Failure) -> String {
    guard let path = Folders().socket else {
      throw Failure(
        .failed,
        "cannot tell where the agent's socket is: neither XDG_RUNTIME_DIR nor HOME is set",
        hint: "export XDG_RUNTIME_DIR=/run/user/$(id -u)")
    }
    return path
  }

  /// Connects to `path`; nil when nobody listens there.
  static func connect(_ path: String) throws(Failure) -> AgentConnection? {
    let socket: Descriptor
    do throws(SystemError) { socket = try UnixSocket.connect(path) } catch {
      switch error.number {
      case ENOENT, ECONNREFUSED: return nil
      case ENAMETOOLONG:
        throw Failure(
          .failed, "the path of the agent's socket is longer than \(UnixSocket.longestPath) bytes",
          hint: "export SALLYPORT_SOCK=/shorter/path/agent.sock")
      default: throw Failure(.failed, "cannot reach the agent at \(path): \(error.reason)")
      }
    }
    return try AgentConnection(socket)
  }
}
