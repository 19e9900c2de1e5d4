import Attributes
import Platform

/// `sallyport token [NAME]`.
enum Token {
  static let verb = Verb(
    "token", .account,
    options: [
      Option("min-valid", "SECONDS", "how long the token must stay valid; default 60"),
      .format("how to print it; default plain"),
      Option(flag: "login", "sign in with the browser if that is needed"),
    ] + TokenRequest.options,
    summary: "prints an access token, refreshed if needed",
    details: """
      Never opens a browser without --login: where a sign-in is needed it ends with
      status 3.

        plain            the access token
        header           Authorization: Bearer …; with a DPoP token DPoP: … as well
        json             the token response, with account and expires_at
        env              export SALLYPORT_ACCESS_TOKEN='…' and SALLYPORT_EXPIRES_AT
        id-token         the ID token
        exec-credential  for kubectl (client.authentication.k8s.io)
        headers          a JSON object: {"Authorization":"Bearer …"}
        xoauth2          for IMAP and SMTP
        oauthbearer      the same in the form of RFC 7628

      The last two need a user name: username = … in the configuration, or the one of
      the ID token. With --scope, --resource or --audience the token is a narrower one
      of the same sign-in, for a program that is to be trusted with less.

        curl -H "$(sallyport token work --format header)" https://api.example.com
        sallyport token work --format header --method GET --url URL | curl -H @- URL
        eval "$(sallyport token work --format env)"
      """
  ) { (invocation) throws(Failure) in
    try Unlocking.whenLocked { () throws(Failure) in try run(invocation) }
  }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let format = try invocation.format()
    let account = try invocation.account()
    let wanted = try TokenRequest(invocation, format: format)
    let mayLogin = invocation.has("login")
    // The agent knows no token that lives longer than a year.
    let validity = try invocation.number("min-valid", in: 0...31_536_000)

    var connection = try Agent.connect()
    var request = Request("token")
    try request.add("account", account)
    request.add("min_valid", validity)
    if mayLogin { request.add(flag: "login") }
    // Who is to be trusted with less gets nothing that tells of the whole sign-in.
    if format.needsIDToken, !wanted.isNarrower {
      try request.add(key: "want", isList: true, value: "id_token")
    }
    try wanted.add(to: &request)
    try request.send(on: connection)

    let version = TokenFormat.execCredentialVersion(environmentVariable("KUBERNETES_EXEC_INFO"))
    var output = WipedBuffer()
    var warnings: [String] = []
    func take(_ block: AttributeBlock) throws(Failure) {
      try format.write(block, apiVersion: version, to: &output)
      warnings = block.warnings
      if let advice = format.advice(for: block) { warnings.append(advice) }
    }
    if mayLogin {
      var wait = SignInWait(.browser, account: account)
      try wait.wait(on: &connection, take)
    } else {
      try connection.next(take)
    }
    for warning in warnings { Diagnostics.tell("warning: \(warning)") }
    try Output.write(output.bytes)
    return 0
  }
}
