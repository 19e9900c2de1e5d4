import Attributes
import Platform

/// `sallyport vault status|change|export|import`.
enum Vault {
  /// The sources `vault change` can be completed with; a command line is the person's own.
  private static let sources = ["secret-service", "passphrase", "credential", "memory"]

  private static let asking = PassphrasePrompt.options.map(\.name)

  static let verb = Verb(
    "vault",
    .action([
      Operand.Action("status", options: ["json"]),
      Operand.Action("change", "SOURCE", .words(sources), options: asking),
      Operand.Action("export", "FILE", .file, options: asking),
      Operand.Action("import", "FILE", .file, options: ["replace"] + asking),
    ]),
    options: [
      Option(flag: "json", "with status: one line of JSON"),
      Option(flag: "replace", "with import: also accounts that are signed in here"),
    ] + PassphrasePrompt.options,
    summary: "shows, changes or moves the place where sessions are kept",
    details: """
      status tells where the sessions are kept, by what key, and whether they are open.

      change seals them under another key and writes the setting vault into the
      configuration: secret-service, passphrase, credential, memory, or
      'command = COMMAND LINE'. With memory the file is set aside and nothing is
      written any more.

      export writes all sessions to FILE, sealed under a passphrase of its own, for
      another machine or a backup; import takes them from there. A session that is in
      use in two places at once is likely to be ended by the server.

        sallyport vault status
        sallyport vault change passphrase
        sallyport vault change 'command = pass show sallyport'
        sallyport vault export ~/sessions.vault
      """
  ) { (invocation) throws(Failure) in try run(invocation) }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let action = invocation.operand
    guard action == "status" || !invocation.has("json") else {
      throw invocation.mistake("--json goes with vault status")
    }
    guard action == "import" || !invocation.has("replace") else {
      throw invocation.mistake("--replace goes with vault import")
    }
    let prompt = try PassphrasePrompt(invocation)
    let object = invocation.object ?? ""
    switch action {
    case "change": return try VaultChange.run(object, prompt, invocation)
    case "export": return try VaultTransfer.export(object, prompt, invocation)
    case "import":
      return try VaultTransfer.restore(object, prompt, invocation)
    default: return try status(asJSON: invocation.has("json"))
    }
  }

  private static func status(asJSON: Bool) throws(Failure) -> Int32 {
    let report = try VaultReport.load()
    if asJSON {
      let json = report.json()
      try Output.write(json.buffer.bytes)
    } else {
      try Output.write(report.text)
    }
    return 0
  }

  /// Has a locked vault opened first, so that its passphrase is not mixed up with another one.
  static func open(asking prompt: PassphrasePrompt) throws(Failure) {
    var connection = try Agent.connect()
    try Request("vault").send(on: connection)
    guard try connection.next({ VaultReport($0) }).isLocked else { return }
    do throws(Failure) { _ = try Unlocking.unlock() } catch {
      // Standard input holds the other passphrase.
      guard error.code == .locked, let needs = error.needs, prompt.canRepeat,
        try Unlocking.unlock(needs, asking: prompt, because: error) != nil
      else { throw error }
    }
  }
}
