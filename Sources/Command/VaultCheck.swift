import Configuration
import Glibc
import Platform

/// What `doctor` finds about the vault.
enum VaultCheck {
  /// Nothing where an agent does not tell: why is another finding's matter.
  ///
  /// - Parameter agent: the agent's process; nil when none is running.
  static func findings(
    agent: Int64?, variable: (String) -> String? = environmentVariable
  ) -> [Finding] {
    guard let report = try? VaultReport.load() else { return [] }
    var findings = [state(report)]
    // Of an agent that does not say who it is nobody knows whether it is the holder.
    if report.state == "closed" || (agent != nil && report.state != "memory") {
      findings += holder(Folders().stateFolder, agent: agent)
    }
    findings += place(VaultFileFacts(), folder: Folders().stateFolder, report)
    if needsKeyring(report) { findings.append(keyring(variable)) }
    if report.error == nil, report.state != "memory", report.isOfAnotherSource,
      let configured = report.configured
    {
      let source = VaultSource(configured)?.name ?? configured
      findings.append(
        .warning(
          "the configuration says vault = \(source), but the vault has its key from"
            + " \(report.source.map(words) ?? "elsewhere")", hint: report.remedy))
    }
    return findings
  }

  // MARK: Its state

  static func state(_ report: VaultReport) -> Finding {
    let source = report.source.map { ", its key from \(words($0))" } ?? ""
    if let error = report.error {
      // Whoever reads this has just run it.
      let remedy = report.remedy.flatMap { $0 == "sallyport doctor" ? nil : $0 }
      // What is only not as the configuration has it does no harm.
      let isInUse = report.state == "open" || report.state == "memory"
      return isInUse
        ? .warning("the vault: \(error)", hint: remedy)
        : .problem("the vault: \(error)", hint: remedy)
    }
    switch report.state {
    case "memory":
      if report.configured == "memory" {
        return .fine("sessions are kept in memory alone, as the configuration wants it")
      }
      if let remedy = report.remedy {
        return .warning(
          "sessions are kept in memory alone and end with the agent, until the vault is made that"
            + " the configuration wants", hint: remedy)
      }
      return .warning(
        "sessions are kept in memory alone and end with the agent: no keyring answers",
        hint: "sallyport vault change passphrase")
    case "absent":
      guard (report.accounts ?? 0) > 0 else { return .fine("the vault is \(report.sentence)") }
      return .warning(
        "the vault is not made yet, and sessions end with the agent",
        hint: report.source == "passphrase" ? "sallyport unlock" : nil)
    case "open": return .fine("the vault is open\(source)\(contents(report))")
    case "sealed", "locked":
      return .warning("the vault is locked\(source)", hint: report.remedy)
    case "faulty": return .problem("the vault cannot be used", hint: report.remedy)
    case nil: return .warning("the agent tells nothing of a vault")
    default: return .fine("the vault is \(report.sentence)\(source)")
    }
  }

  private static func words(_ source: String) -> String {
    switch source {
    case "secret-service": "the keyring"
    case "passphrase": "a passphrase"
    case "credential": "a credential of systemd"
    case "command": "a command"
    default: printable(source, limit: 40)
    }
  }

  private static func contents(_ report: VaultReport) -> String {
    switch report.accounts {
    case nil: ""
    case 0: ", with nobody signed in"
    case 1: ", with one account"
    case .some(let count): ", with \(count) accounts"
    }
  }

  /// Another process that has the vault open, so that the agent cannot.
  private static func holder(_ folder: String?, agent: Int64?) -> [Finding] {
    guard let folder, let holder = VaultLockHolder.find(inFolder: folder),
      Int64(holder.process) != agent
    else { return [] }
    return [
      .problem(
        "the vault is held by process \(holder.process), \(holder.program), which is not the agent"
          + " that answers here",
        hint: holder.program == "sallyport-agent" ? "kill \(holder.process)" : nil)
    ]
  }

  // MARK: Its file

  /// What keeps the file from being read or written.
  static func place(
    _ facts: VaultFileFacts?, folder: String?, _ report: VaultReport, user: uid_t = geteuid()
  ) -> [Finding] {
    guard let folder else {
      return [.warning("no place for a vault: neither XDG_STATE_HOME nor HOME is set")]
    }
    guard let facts else { return report.state == "memory" ? [] : self.folder(folder) }
    if report.state == "memory" {
      return [
        .fine("\(facts.path) is not touched, because sessions are to be kept in memory alone")
      ]
    }
    guard facts.isRegular else { return [.problem("\(facts.path) is not a regular file")] }
    guard facts.owner == user else {
      return [.problem("\(facts.path) belongs to user \(facts.owner)")]
    }
    guard facts.mode & 0o077 == 0 else {
      return [
        .problem(
          "\(facts.path) can be read or changed by others",
          hint: "chmod 600 \(shellQuoted(facts.path))")
      ]
    }
    guard facts.source != nil else {
      return [.problem("\(facts.path) cannot be read as a vault")]
    }
    guard access(facts.path, W_OK) == 0 else {
      return [.problem("\(facts.path) cannot be written: \(SystemError.last("access").reason)")]
    }
    let size = VaultReport.size(facts.size)
    return self.folder(folder) + [.fine("\(facts.path) is yours alone, \(size)")]
  }

  private static func folder(_ path: String) -> [Finding] {
    guard access(path, F_OK) == 0 else { return [] }
    do throws(FolderFault) { try checkPrivateFolder(path) } catch {
      return [.problem("the vault's folder: \(error.sentence)", hint: error.hint)]
    }
    guard access(path, W_OK | X_OK) == 0 else {
      return [
        .problem(
          "the vault's folder \(path) cannot be written: \(SystemError.last("access").reason)")
      ]
    }
    return []
  }

  // MARK: The keyring

  /// Whether the keyring has the key, or would get it.
  private static func needsKeyring(_ report: VaultReport) -> Bool {
    report.source == "secret-service" || report.configured == "secret-service"
      || (report.source == nil && report.configured == nil)
  }

  /// Whether a Secret Service can be reached from here.
  static func keyring(_ variable: (String) -> String?) -> Finding {
    guard ChildProcess.find("secret-tool", searchPath: variable("PATH")) != nil else {
      return .warning(
        "the keyring cannot be used: secret-tool is not installed",
        hint: "sudo apt install libsecret-tools")
    }
    let folder = variable("XDG_RUNTIME_DIR")
    let hasBus = folder.map { access("\($0)/bus", F_OK) == 0 } ?? false
    guard hasBus || variable("DBUS_SESSION_BUS_ADDRESS") != nil else {
      return .warning("the keyring cannot be used: there is no session bus")
    }
    return .fine("secret-tool and a session bus are there for the keyring")
  }
}
