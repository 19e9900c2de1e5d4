import Attributes
import Platform

/// `sallyport logout [NAME]`.
enum Logout {
  static let verb = Verb(
    "logout", .account,
    options: [
      Option(flag: "all", "the registration of the client too; without NAME every account"),
      Option(flag: "browser", "end the session in the browser as well"),
      Option(flag: "local", "forget the tokens without telling the server"),
    ],
    summary: "revokes the tokens at the server and forgets them",
    details: """
      The tokens are forgotten even where the server cannot be reached or does not
      revoke; then a warning says so. The configuration stays as it is.

      After it the server may still know the browser and sign in without a question:
      --browser ends that too. With --all a client that a sign-in has registered is
      deleted at the server. What they could not do is said, and the status is 1.

        sallyport logout work --all --browser
        sallyport logout --all
      """
  ) { (invocation) throws(Failure) in
    guard !invocation.has("local") || !invocation.has("browser") else {
      throw invocation.mistake("--local tells the server nothing, and --browser does: choose one")
    }
    return try Unlocking.whenLocked { () throws(Failure) in try run(invocation) }
  }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let isForAll = invocation.has("all")
    let account = isForAll && invocation.operand == nil ? nil : try invocation.account()
    guard var connection = try Agent.connect(whenAbsent: Agent.absenceOfSessions) else {
      Diagnostics.tell("no agent is running, so nobody is signed in")
      return 0
    }
    var request = Request("logout")
    try request.add("account", account)
    if isForAll { request.add(flag: "all") }
    if invocation.has("browser") { request.add(flag: "browser") }
    if invocation.has("local") { request.add(flag: "local") }
    try request.send(on: connection)
    var wait = SignInWait(.browser, account: account, purpose: .logout)
    let outcome = try wait.wait(on: &connection) { (block) in LogoutOutcome(block, asked: account) }
    for line in outcome.lines { Diagnostics.tell(line) }
    let isWhole = outcome.warnings.isEmpty || !(isForAll || invocation.has("browser"))
    return isWhole ? 0 : FailureCode.failed.exitStatus
  }
}

/// What came of a logout, as the agent tells it.
struct LogoutOutcome {
  let accounts: [String]
  /// Those whose tokens the server has revoked.
  let revoked: [String]
  /// Those whose registration the server has deleted.
  let deleted: [String]
  /// What could not be done, and why.
  let warnings: [String]

  /// The account that was named; nil where all were meant, or the only one.
  let asked: String?

  init(_ block: AttributeBlock, asked: String? = nil) {
    self.asked = asked
    accounts = block.strings("account") + (block.string("account").map { [$0] } ?? [])
    revoked = block.strings("revoked")
    deleted = block.strings("deleted")
    warnings = block.warnings
  }

  var lines: [String] {
    var lines = accounts.map { account in
      revoked.contains(account)
        ? "signed out of \(account); the server has revoked its tokens"
        : "signed out of \(account)"
    }
    lines += deleted.map { "the server has deleted the client that was registered for \($0)" }
    let nobody = "nobody was signed in" + (asked.map { " to \($0)" } ?? "")
    return (lines.isEmpty ? [nobody] : lines) + warnings.map { "warning: \($0)" }
  }
}
