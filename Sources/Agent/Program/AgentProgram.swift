import Attributes
import CPlatform
import Glibc
package import Platform

/// The program `sallyport-agent`: takes its socket, tells who waits for it, and serves.
package enum AgentProgram {
  /// Connections the kernel holds until the agent takes them: a thousand may come at one instant.
  private static let backlog: Int32 = 1024

  /// Runs the agent to its end.
  /// - Parameters:
  ///   - arguments: the command line without the program's name.
  /// - Returns: the exit status.
  package static func run(arguments: [String], environment: Environment) -> Int32 {
    _ = sp_open_standard_descriptors()
    sp_ignore_failed_writes()
    umask(0o077)
    do throws(Failure) {
      let options = try AgentOptions(parsing: arguments)
      switch options.mode {
      case .help:
        try? writeAll(1, AgentOptions.help)
        return 0
      case .version:
        try? writeAll(1, "sallyport-agent \(sallyportVersion)\n")
        return 0
      case .serve(let starter):
        do throws(Failure) { return try serve(starter, environment) } catch {
          starter.tell(error)
          throw error
        }
      }
    } catch {
      Diagnostics.report(error.description, hint: error.hint, program: "sallyport-agent")
      return error.code.exitStatus
    }
  }

  private static func serve(
    _ starter: AgentOptions.Starter, _ environment: Environment
  ) throws(Failure) -> Int32 {
    // Before any secret is in memory: no core file, and no other process of the user may look in.
    guard sp_refuse_dumps() == 0 else {
      throw Failure(.failed, "cannot forbid core files: \(SystemError.last("prctl").reason)")
    }
    raiseDescriptorLimit()
    guard let courier = Programs.sibling("sallyport-courier") else {
      throw Failure(.failed, "cannot find the program sallyport-courier beside this one")
    }
    let folders = Folders()
    guard let path = folders.socket else {
      throw Failure(.failed, "no place for the socket: neither XDG_RUNTIME_DIR nor HOME is set")
    }
    if starter == .client, let ended = EndedNarrowSocket(at: path, folders) {
      throw Failure(.failed, ended.sentence, hint: ended.hint)
    }
    // The folder an agent was started in must stay removable.
    guard chdir("/") == 0 else { throw Failure(.failed, "cannot enter /") }
    switch try AgentSocket.take(path, inherited: ServiceManager.inheritedListener(environment)) {
    case .servedByAnother:
      starter.tellReady()
      if starter == .person { Diagnostics.report("an agent serves \(path) already") }
      return 0
    case .ours(let socket):
      return try serve(socket, path: path, courier, folders, starter, environment)
    }
  }

  private static func serve(
    _ socket: consuming AgentSocket, path: String, _ courier: String, _ folders: Folders,
    _ starter: AgentOptions.Starter, _ environment: Environment
  ) throws(Failure) -> Int32 {
    let claim = socket.claim
    do throws(SystemError) {
      let server = try AgentServer(
        listener: socket.takeListener(), socketPath: path, courierPath: courier,
        clientPath: Programs.sibling("sallyport").flatMap { resolved($0) },
        configurationPath: folders.configurationFile, logFolder: folders.stateFolder,
        vaultFolder: folders.stateFolder,
        willStop: claim.release)
      starter.tellReady()
      ServiceManager.notify("READY=1\nSTATUS=Serving \(path)", environment)
      server.run()
      ServiceManager.notify("STOPPING=1", environment)
      return 0
    } catch {
      throw Failure(.failed, "cannot serve: \(error.reason)")
    }
  }

  /// The path of a program as the kernel tells it of a process that runs it.
  private static func resolved(_ path: String) -> String? {
    guard let resolved = realpath(path, nil) else { return nil }
    defer { free(resolved) }
    return String(cString: resolved)
  }

  /// A thousand clients and their couriers need more descriptors than the usual soft limit of
  /// 1,024.
  private static func raiseDescriptorLimit() {
    var limit = rlimit()
    guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return }
    limit.rlim_cur = min(limit.rlim_max, rlim_t(AgentServer.mostConnections + 256))
    setrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit)
  }
}
