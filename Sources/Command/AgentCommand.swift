import Attributes
import Glibc
import Platform

/// `sallyport agent` and `sallyport stop`.
enum AgentCommand {
  static let verb = Verb(
    "agent", options: [Option(flag: "foreground", "stay in the terminal until it is stopped")],
    summary: "starts the agent",
    details: """
      The agent is started by itself when it is needed. It holds the tokens in memory,
      keeps the sessions in the vault (sallyport help vault), and ends with sallyport
      stop, or with the session of the machine.
      """
  ) { (invocation) throws(Failure) in
    if invocation.has("foreground") { throw replaceProcess() }
    if try Agent.connect(whenAbsent: .tolerate) != nil {
      Diagnostics.tell("the agent is running already")
      return 0
    }
    _ = try Agent.connect()
    Diagnostics.tell("the agent is running")
    return 0
  }

  static let stopVerb = Verb(
    "stop", summary: "ends the agent",
    details: """
      What is in the vault is there again at the next start. Where sessions are in
      memory alone, all accounts are signed out here, but not at their servers: see
      sallyport logout.
      """
  ) { (_) throws(Failure) in
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      Diagnostics.tell("no agent is running")
      return 0
    }
    try Request("stop").send(on: connection)
    for warning in try connection.next({ $0.warnings }) { Diagnostics.tell("warning: \(warning)") }
    connection.waitForEnd()
    Diagnostics.tell("the agent has stopped")
    return 0
  }

  /// Becomes `sallyport-agent`; returns only when that fails.
  private static func replaceProcess() -> Failure {
    guard let program = Programs.sibling("sallyport-agent") else {
      return Failure(.failed, "cannot start the agent: sallyport-agent is not beside this program")
    }
    let error = program.withCString { path in
      var arguments: [UnsafeMutablePointer<CChar>?] = [strdup(path), nil]
      defer { free(arguments[0]) }
      execv(path, &arguments)
      return SystemError.last("execv")
    }
    return Failure(.failed, "cannot start the agent: \(error.reason)")
  }
}

extension AgentConnection {
  /// Waits until the agent closes the connection, which it does when it ends.
  mutating func waitForEnd() {
    while (try? receive()) != nil {}
  }
}
