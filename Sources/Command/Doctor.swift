import Attributes
import Configuration
import Platform

/// `sallyport doctor [NAME]`.
enum Doctor {
  static let verb = Verb(
    "doctor", .account, summary: "explains what is wrong and how to mend it",
    details: """
      Looks at the configuration, the agent and its folder, the vault, the browser, the
      ports of the redirect URIs, and every account (or NAME alone). It changes nothing and
      asks no server. Ends with status 1 when there is a problem.
      """
  ) { (invocation) throws(Failure) in
    let account = try invocation.account(environment: { _ in nil })
    var findings = Surroundings.findings()
    let (agent, report) = AgentCheck.findings(account)
    findings += agent + AgentCheck.narrowSockets()
    let (configuration, accounts) = configured(account)
    findings += configuration
    findings += AgentCheck.configuration(report, configuration)
    findings += VaultCheck.findings(agent: report?.agent?.processID)
    for settings in accounts {
      findings += AccountCheck.findings(settings, report?.accounts ?? [])
    }
    try Output.write(findings.map { printableLines($0.text) }.joined())
    return findings.contains { $0.weight == .problem } ? FailureCode.failed.exitStatus : 0
  }

  /// What the configuration holds, and the accounts to look at.
  private static func configured(_ account: String?) -> ([Finding], [AccountSettings]) {
    let configuration: Configured
    do throws(Failure) { configuration = try Configured.load() } catch {
      return ([.problem(error.description, hint: error.hint)], [])
    }
    guard let path = configuration.path else {
      return ([.problem("there is no configuration: neither XDG_CONFIG_HOME nor HOME is set")], [])
    }
    let all = configuration.file.accounts
    let hint = "sallyport login \(account ?? "NAME") --issuer URL --client-id ID"
    let advice = FailureAdvice(accounts: all, path: path)
    if let account {
      let chosen = all.filter { $0.name.text == account }
      return chosen.isEmpty
        ? ([unknown(account, path, near: advice.nearest(to: account), hint: hint)], [])
        : ([.fine("\(path) can be read")], chosen)
    }
    if all.isEmpty { return ([.warning("no account is configured in \(path)", hint: hint)], []) }
    let count = all.count == 1 ? "one account" : "\(all.count) accounts"
    return ([.fine("\(path) can be read and has \(count)")], all)
  }

  private static func unknown(
    _ account: String, _ path: String, near: String?, hint: String
  ) -> Finding {
    let sentence = "no account \(account) is configured in \(path)"
    guard let near else { return .problem(sentence, hint: hint) }
    return .problem("\(sentence); did you mean \(near)?", hint: "sallyport doctor \(near)")
  }

  private static func printableLines(_ text: String) -> String {
    text.split(separator: "\n").map { printable(String($0), limit: 2000) + "\n" }.joined()
  }
}
