import Attributes
import Platform

/// What the server says of the person (OpenID Connect Core 1.0 §5.3).
struct UserInfo: Equatable {
  /// Characters of one claim that are shown.
  private static let longestValue = 500

  let account: String?
  /// Names and values, in the server's order, the subject first.
  let claims: [(name: String, value: String)]
  /// The whole as the courier has checked and written it: one line of JSON.
  let json: String?

  /// Asks the server by way of the agent.
  static func fetch(_ account: String?) throws(Failure) -> UserInfo {
    guard var connection = try Agent.connect(whenAbsent: Agent.absenceOfSessions) else {
      throw Failure(
        .loginRequired, "no agent is running, so nobody is signed in",
        hint: "sallyport login \(account ?? "NAME")")
    }
    var request = Request("userinfo")
    try request.add("account", account)
    try request.send(on: connection)
    return try connection.next { UserInfo($0, account: account) }
  }

  init(_ block: AttributeBlock, account: String?) {
    self.account = block.string("account") ?? account
    var claims: [(name: String, value: String)] = []
    if let subject = block.string("sub") { claims.append(("sub", subject)) }
    block.visit { key, _, value in
      guard let key = AttributeBlock.text(key), key.hasPrefix("claim."),
        let value = AttributeBlock.text(value), key != "claim.sub"
      else { return }
      claims.append((String(key.dropFirst("claim.".count)), value))
    }
    self.claims = claims
    let json = block.string("userinfo")
    self.json = json?.hasPrefix("{") == true && json?.hasSuffix("}") == true ? json : nil
  }

  /// A line for each claim, in two columns.
  var lines: [String] {
    let width = claims.map { min($0.name.count, 30) }.max() ?? 0
    return claims.map { claim in
      let name = printable(claim.name, limit: 60)
      let padding = String(repeating: " ", count: max(0, width - name.count))
      return "    \(name)\(padding)  \(printable(claim.value, limit: Self.longestValue))"
    }
  }

  static func == (one: UserInfo, other: UserInfo) -> Bool {
    one.account == other.account && one.json == other.json
      && one.claims.elementsEqual(other.claims) { $0 == $1 }
  }
}
