import Attributes
import Platform

/// `sallyport logout [NAME]`.
enum Logout {
  static let verb = Verb(
    "logout", .account,
    options: [
      Option(flag: "all", "every account"),
      Option(flag: "local", "forget the tokens without telling the server"),
    ],
    summary: "revokes the tokens at the server and forgets them",
    details: """
      The tokens are forgotten even where the server cannot be reached or does not
      revoke; then a warning says so. The configuration stays as it is.
      """
  ) { (invocation) throws(Failure) in
    let isForAll = invocation.has("all")
    guard !isForAll || invocation.operand == nil else {
      throw invocation.mistake("logout takes NAME or --all, not both")
    }
    let account = isForAll ? nil : try invocation.account()
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      Diagnostics.tell("no agent is running, so nobody is signed in")
      return 0
    }
    var request = Request("logout")
    try request.add("account", account)
    if isForAll { request.add(flag: "all") }
    if invocation.has("local") { request.add(flag: "local") }
    try request.send(on: connection)
    let outcome = try connection.next { (block) in lines(block) }
    for line in outcome { Diagnostics.tell(line) }
    return 0
  }

  private static func lines(_ block: AttributeBlock) -> [String] {
    let accounts = block.strings("account") + (block.string("account").map { [$0] } ?? [])
    let revoked = block.strings("revoked")
    let lines = accounts.map { account in
      revoked.contains(account)
        ? "signed out of \(account); the server has revoked its tokens"
        : "signed out of \(account)"
    }
    let warnings = block.strings("warning").map { "warning: \($0)" }
    return (lines.isEmpty ? ["nobody was signed in"] : lines) + warnings
  }
}
