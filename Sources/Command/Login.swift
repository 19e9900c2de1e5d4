import Attributes
import Configuration
import Platform

/// `sallyport login [NAME]`.
enum Login {
  /// Seconds a sign-in may be given: a day.
  private static let longestTimeout: Int64 = 86_400

  static let verb = Verb(
    "login", .optional("NAME|URL", .account),
    options: LoginOptions.options + [
      Option(flag: "device", "sign in on another device, by a code that is shown"),
      Option(flag: "no-browser", "print the URL on standard output instead of opening a browser"),
      Option(
        "timeout", "SECONDS", "how long to wait for the person; default 300, with --device 1800"),
      Option(flag: "once", "print the token and keep nothing, in the agent or on disk"),
      .format("how --once prints the token: see sallyport help token"),
      Option(flag: "no-save", "leave the configuration file alone"),
    ],
    summary: "signs in with the browser",
    details: """
      Opens $BROWSER, or what xdg-open starts, at the server's sign-in page and waits
      for the answer on the redirect URI's port. The URL is shown too. With --device
      no browser is needed here: a code is shown, to be entered on a phone.

      URL is the address of an API, such as an MCP server, that says itself where to
      sign in. The account is named after its host; to choose the name, write
      login NAME --resource URL.

      Options name settings of the configuration file and win over it. Given for a
      NAME that is not configured yet, they are saved once the sign-in has worked.

      While it waits, the address a browser elsewhere ended on can be pasted into the
      terminal. Ctrl-C cancels.

        sallyport login work --issuer https://auth.example.com --client-id 7d9a
        sallyport login work
        sallyport login work --device
        sallyport login https://mcp.example.com/mcp
        token=$(sallyport login work --once)
      """
  ) { (invocation) throws(Failure) in
    try Unlocking.whenLocked { () throws(Failure) in try run(invocation) }
  }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let given = try LoginOptions.settings(of: invocation)
    let once = invocation.has("once")
    let format = try invocation.format()
    guard once || !invocation.has("format") else {
      throw invocation.mistake("--format needs --once: a sign-in alone prints no token")
    }
    let timeout = try invocation.number("timeout", in: 1...longestTimeout)
    let configuration = try Configured.load()
    let target = try LoginTarget.of(invocation, given, configuration, once: once)
    if once { try refuseBoundToken(target, configuration, invocation) }

    var connection = try Agent.connect()
    var request = Request("login")
    try request.add("account", target.name)
    request.add("timeout", timeout)
    if once { request.add(flag: "once") }
    if invocation.has("device") { request.add(flag: "device") }
    let opensBrowser = !invocation.has("no-browser") && !invocation.has("device")
    try request.add("browser", opensBrowser ? "yes" : "no")
    try request.add("resource_url", target.resourceURL)
    for setting in target.settings {
      let isList = KnownKey.named(setting.key)?.isRepeatable == true
      try request.add(key: setting.key, isList: isList, value: setting.value)
    }
    try request.send(on: connection)

    var wait = SignInWait(
      invocation.has("no-browser") ? .standardOutput : .browser, account: target.name,
      redirectURIs: invocation.all("redirect-uri"))
    var output = WipedBuffer()
    let result: SignInResult
    do throws(Failure) {
      result = try wait.wait(on: &connection) { (block) throws(Failure) in
        if once { try format.write(block, to: &output) }
        return SignInResult(block, account: target.name)
      }
    } catch {
      throw LoginAdvice.applied(
        to: error, of: invocation, derivedName: target.isNameDerived ? target.name : nil)
    }
    for line in result.lines(keepsNothing: once) { Diagnostics.tell(line) }
    if once { try Output.write(output.bytes) }
    if !once {
      LoginSaving.save(
        target.settings, account: result.account ?? target.name, in: configuration,
        isWanted: !invocation.has("no-save"), isNameDerived: target.isNameDerived)
    }
    return 0
  }

  /// RFC 9449 §7.1: a bound token is good only with proofs by its key, and nothing is kept that
  /// could make one.
  private static func refuseBoundToken(
    _ target: LoginTarget, _ configuration: Configured, _ invocation: Invocation
  ) throws(Failure) {
    let given = target.settings.last { $0.key == "dpop_bound_access_tokens" }?.value
    let value = given ?? configuration.account(target.name)?["dpop_bound_access_tokens"]
    guard value == "yes" || value == "true" else { return }
    throw invocation.mistake(
      "--once keeps no key, and a token that is bound to one (dpop_bound_access_tokens) is good"
        + " for nothing without it")
  }
}

extension Invocation {
  /// The value of `--format`.
  func format() throws(Failure) -> TokenFormat {
    guard let text = self["format"] else { return .plain }
    if let format = TokenFormat(rawValue: text) { return format }
    let known = TokenFormat.allCases.map(\.rawValue)
    throw mistake(
      "there is no format \(shellQuoted(text)); there are \(known.joined(separator: ", "))")
  }
}
