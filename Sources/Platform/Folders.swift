package import Glibc

/// Where things lie, by the XDG Base Directory Specification.
package struct Folders: Sendable {
  private let variable: @Sendable (String) -> String?
  private let userID: uid_t

  /// - Parameters:
  ///   - userID: the effective user, whose /run/user folder may stand in for XDG_RUNTIME_DIR.
  ///   - variable: the environment; an unset and an empty variable are both nil.
  package init(
    userID: uid_t = geteuid(),
    variable: @escaping @Sendable (String) -> String? = environmentVariable
  ) {
    self.userID = userID
    self.variable = variable
  }

  /// The configuration file; nil when neither XDG_CONFIG_HOME nor HOME tells a folder.
  package var configurationFile: String? {
    absolute("XDG_CONFIG_HOME").map { $0 + "/sallyport/config" }
      ?? home.map { $0 + "/.config/sallyport/config" }
  }

  /// The folder for what is kept between two runs and is no secret; nil when neither XDG_STATE_HOME nor
  /// HOME tells one.
  package var stateFolder: String? {
    absolute("XDG_STATE_HOME").map { $0 + "/sallyport" }
      ?? home.map { $0 + "/.local/state/sallyport" }
  }

  /// The agent's socket: SALLYPORT_SOCK, else `agent.sock` in ``runtimeFolder``.
  package var socket: String? {
    variable("SALLYPORT_SOCK") ?? runtimeFolder.map { $0 + "/agent.sock" }
  }

  /// The folder that is created for the socket; nil when SALLYPORT_SOCK names the socket itself.
  ///
  /// Without XDG_RUNTIME_DIR it lies in `/run/user/UID` if that is ours, else in `~/.cache`: never
  /// under `/tmp`, where a path can be taken by somebody else first.
  package var runtimeFolder: String? {
    if let folder = absolute("XDG_RUNTIME_DIR") { return folder + "/sallyport" }
    let session = "/run/user/\(userID)"
    var facts = stat()
    if lstat(session, &facts) == 0, facts.st_uid == userID, facts.st_mode & S_IFMT == S_IFDIR {
      return session + "/sallyport"
    }
    return home.map { $0 + "/.cache/sallyport" }
  }

  private var home: String? { absolute("HOME") }

  /// The specification has relative paths ignored.
  private func absolute(_ name: String) -> String? {
    guard let value = variable(name), value.utf8.first == UInt8(ascii: "/") else { return nil }
    return value.utf8.count > 1 && value.utf8.last == UInt8(ascii: "/")
      ? String(value.dropLast()) : value
  }
}
