import Attributes
import Platform

extension StatusReport {
  static let ownVersion = sallyportVersion
}

/// `sallyport status [NAME]`.
enum Status {
  static let verb = Verb(
    "status", .account,
    options: [
      Option(flag: "json", "one line of JSON"),
      Option(flag: "userinfo", "ask the server who is signed in (OpenID Connect)"),
    ],
    summary: "shows who is signed in, and until when",
    details: """
      Without NAME it shows every account. Where no agent is running it does not start
      one: then nobody is signed in, but sessions may be in the vault.

      With --userinfo it asks the server's userinfo endpoint with the token, and shows
      what that says of the person. It is for one account: NAME, or the only one.

      With --json it prints {"agent":…,"accounts":[…],"exposed":[…]} with the names
      of sallyport-protocol(7); agent is null when none is running.
      """
  ) { (invocation) throws(Failure) in
    let report = try load(invocation)
    if invocation.has("json") {
      let json = report.json()
      try Output.write(json.buffer.bytes)
      return 0
    }
    try Output.write(report.text(now: wallClockSeconds()))
    for remark in report.remarks { Diagnostics.tell(remark) }
    if report.accounts.isEmpty {
      Diagnostics.report(
        "no account is configured", hint: "sallyport login NAME --issuer URL --client-id ID")
    }
    return 0
  }

  private static func load(_ invocation: Invocation) throws(Failure) -> StatusReport {
    guard invocation.has("userinfo") else {
      // Every account is the answer here, also where SALLYPORT_ACCOUNT names one for other verbs.
      return try StatusReport.load(account: invocation.account(environment: { _ in nil }))
    }
    let account = try invocation.account()
    let userInfo = try Unlocking.whenLocked { () throws(Failure) in try UserInfo.fetch(account) }
    var report = try StatusReport.load(account: userInfo.account)
    report.userInfo = userInfo
    return report
  }
}
