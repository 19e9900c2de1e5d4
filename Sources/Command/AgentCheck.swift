import Attributes
import Platform

/// What `doctor` finds about the agent.
enum AgentCheck {
  /// The findings, and what the agent reports; nil where none answers.
  static func findings(_ account: String?) -> ([Finding], StatusReport?) {
    do throws(Failure) {
      guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
        return ([.fine("no agent is running; it is started when it is needed")], nil)
      }
      let version = try askVersion(&connection)
      guard version == sallyportVersion else {
        return ([older(version)], nil)
      }
      let report: StatusReport
      do throws(Failure) { report = try StatusReport.load(account: nil) } catch {
        // A narrow socket tells nothing of the agent behind it.
        guard error.code == .accessDenied else { throw error }
        return ([.fine(error.description)], nil)
      }
      return (report.agent.map(findings(of:)) ?? [], report)
    } catch {
      return ([.problem(error.description, hint: error.hint)], nil)
    }
  }

  /// What the agent cannot read although this program can, which `configuration` shows.
  static func configuration(_ report: StatusReport?, _ configuration: [Finding]) -> [Finding] {
    guard let error = report?.agent?.configurationError else { return [] }
    guard configuration.contains(where: { $0.weight == .problem && $0.sentence == error }) else {
      return [.problem("the agent cannot use the configuration: \(error)")]
    }
    return [
      .warning("until then the agent goes on with the last version without one, if it has read any")
    ]
  }

  /// Narrow sockets of an agent that was killed: the next one removes them.
  static func narrowSockets() -> [Finding] {
    guard let path = Folders().socket else { return [] }
    return NarrowSocketRecord(besideSocket: path).entries().filter(\.isStale).map { entry in
      .warning(
        "a narrow socket was left by an agent that was killed: \(entry.path)",
        hint: "rm \(shellQuoted(entry.path))")
    }
  }

  private static func askVersion(
    _ connection: inout AgentConnection
  ) throws(Failure) -> String {
    try Request("version").send(on: connection)
    return try connection.next { $0.string("version") ?? "unknown" }
  }

  private static func older(_ version: String) -> Finding {
    .problem(
      "the agent is version \(version) and this program \(sallyportVersion)", hint: "sallyport stop"
    )
  }

  private static func findings(of agent: AgentStatus) -> [Finding] {
    let process = agent.processID.map { ", process \($0)" } ?? ""
    var findings = [Finding.fine("the agent is running, version \(agent.version)\(process)")]
    switch agent.memoryGuard {
    case "memfd_secret": findings.append(.fine("secrets are in memory the kernel hides"))
    case "mlock":
      findings.append(
        .warning("secrets are in locked memory: this kernel has no memfd_secret, or forbids it"))
    case "plain":
      findings.append(
        .warning(
          "secrets are in ordinary memory, which may be swapped to disk", hint: "ulimit -l"))
    default: break
    }
    if let error = agent.logError {
      let sentence = "it is not written down who gets tokens: \(error)"
      findings.append(.warning(sentence, hint: agent.logHint))
    }
    return findings
  }
}
