import Attributes
import Configuration
import Platform

/// `sallyport vault change SOURCE`: the agent first, then the configuration.
enum VaultChange {
  static func run(
    _ setting: String, _ prompt: PassphrasePrompt, _ invocation: Invocation
  ) throws(Failure) -> Int32 {
    guard let known = KnownKey.named(KnownKey.vault), known.fault(in: setting) == nil,
      let source = VaultSource(setting)
    else {
      throw invocation.mistake(
        "\(shellQuoted(setting)) is none of memory, secret-service, passphrase, credential and"
          + " 'command = COMMAND LINE'")
    }
    // What no line can hold would leave a vault whose key nobody can configure.
    do throws(ConfigurationFault) {
      _ = try ConfigurationEditor.spelled(source.setting, key: KnownKey.vault)
    } catch { throw invocation.mistake(error.sentence(path: "vault")) }
    try Vault.open(asking: prompt)
    let (former, warnings) = try change(to: source, prompt)
    for warning in warnings { Diagnostics.tell("warning: \(warning)") }
    Diagnostics.tell(sentence(source))
    if let former { Diagnostics.tell("the file that was used so far is \(former) now") }
    return save(source) ? 0 : FailureCode.failed.exitStatus
  }

  private static func change(
    to source: VaultSource, _ prompt: PassphrasePrompt
  ) throws(Failure) -> (former: String?, warnings: [String]) {
    var request = Request("vault-change")
    try request.add("source", source.setting)
    if source == .passphrase {
      guard let passphrase = try prompt.ask(.newVault) else {
        throw .nobodyToAsk("a new passphrase")
      }
      try request.add(passphrase)
    }
    var connection = try Agent.connect()
    try request.send(on: connection)
    do throws(Failure) { return try connection.next { ($0.string("former"), $0.warnings) } } catch {
      // The vault is open by now: it is the new source that gives no key, and no unlocking helps.
      guard error.code == .locked, error.needs == nil else { throw error }
      throw Failure(.failed, error.description, hint: error.hint)
    }
  }

  private static func sentence(_ source: VaultSource) -> String {
    switch source {
    case .memory: "sessions are kept in memory alone now, and end with the agent"
    case .secretService: "the vault is sealed under a new key, which the keyring keeps"
    case .passphrase: "the vault is sealed under the new passphrase"
    case .credential: "the vault is sealed under the credential sallyport-vault"
    case .command: "the vault is sealed under what the command prints"
    }
  }

  /// Writes the setting; where that fails, it is said what to write.
  private static func save(_ source: VaultSource) -> Bool {
    guard let path = Folders().configurationFile else {
      return tell(source, in: "the configuration", "neither XDG_CONFIG_HOME nor HOME is set")
    }
    do throws(ConfigurationFault) {
      // A file that others can write, or that others can read a secret in, is not touched.
      let file = try ConfigurationReader.load(path: path) ?? ConfigurationFile()
      if file.vault == source { return true }
      try ConfigurationStore.replace(path: path) { (text) throws(ConfigurationFault) in
        try ConfigurationEditor.setting(vault: source, in: text)
      }
      Diagnostics.tell("saved as vault = \(source.setting) in \(path)")
      return true
    } catch { return tell(source, in: path, error.sentence(path: path)) }
  }

  private static func tell(_ source: VaultSource, in place: String, _ reason: String) -> Bool {
    Diagnostics.report("the vault has changed, but the configuration has not: \(reason)")
    Diagnostics.tell("  add above the first [NAME] line of \(place):")
    let value = try? ConfigurationEditor.spelled(source.setting, key: KnownKey.vault)
    Diagnostics.tell("    vault = \(value ?? source.setting)")
    return false
  }
}

extension Failure {
  /// A passphrase is needed, and there is neither a terminal nor a program to ask with.
  static func nobodyToAsk(_ what: String) -> Failure {
    Failure(
      .failed, "cannot ask for \(what): there is no terminal, and no program to ask with",
      hint: "export SALLYPORT_ASKPASS=/usr/bin/ssh-askpass")
  }
}
