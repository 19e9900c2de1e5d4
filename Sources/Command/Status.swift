import Attributes
import Platform

extension StatusReport {
  static let ownVersion = sallyportVersion
}

/// `sallyport status [NAME]`.
enum Status {
  static let verb = Verb(
    "status", .account, options: [Option(flag: "json", "one line of JSON")],
    summary: "shows who is signed in, and until when",
    details: """
      Without NAME it shows every account. Where no agent is running it does not start
      one: then nobody is signed in.

      With --json it prints {"agent":…,"accounts":[…]} with the names of
      sallyport-protocol(7); agent is null when none is running.
      """
  ) { (invocation) throws(Failure) in
    // Every account is the answer here, also where SALLYPORT_ACCOUNT names one for other verbs.
    let account = try invocation.account(environment: { _ in nil })
    let report = try StatusReport.load(account: account)
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
}
