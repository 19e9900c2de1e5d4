import Attributes
import Platform

/// `sallyport refresh [NAME]`.
enum Refresh {
  static let verb = Verb(
    "refresh", .account, summary: "fetches a new access token now",
    details: """
      Tokens are refreshed by themselves; this is for a token that a server has refused,
      and for trying out whether refreshing works.
      """
  ) { (invocation) throws(Failure) in
    try Unlocking.whenLocked { () throws(Failure) in try run(invocation) }
  }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let account = try invocation.account()
    var connection = try Agent.connect()
    var request = Request("refresh")
    try request.add("account", account)
    try request.send(on: connection)
    let lines = try connection.next { (block) in
      let name = block.string("account") ?? account ?? "the account"
      let time = block.integer("expires_in").map {
        "; the token is valid for \(Timestamp.length($0))"
      }
      return ["refreshed \(name)" + (time ?? "")] + block.warnings.map { "warning: \($0)" }
    }
    for line in lines { Diagnostics.tell(line) }
    return 0
  }
}
