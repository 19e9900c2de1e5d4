import Attributes
import Configuration
import Platform

/// `sallyport login [NAME]`.
enum Login {
  /// Seconds a sign-in may be given: a day.
  private static let longestTimeout: Int64 = 86_400

  static let verb = Verb(
    "login", .account,
    options: LoginOptions.options + [
      Option(flag: "no-browser", "print the URL on standard output instead of opening a browser"),
      Option("timeout", "SECONDS", "how long to wait for the person; default 300"),
      Option(flag: "once", "print the token and keep nothing, in the agent or on disk"),
      .format("how --once prints the token: see sallyport help token"),
      Option(flag: "no-save", "leave the configuration file alone"),
    ],
    summary: "signs in with the browser",
    details: """
      Opens $BROWSER, or what xdg-open starts, at the server's sign-in page and waits
      for the answer on the redirect URI's port. The URL is shown too.

      Options name settings of the configuration file and win over it. Given for a
      NAME that is not configured yet, they are saved once the sign-in has worked.

      While it waits, the address a browser elsewhere ended on can be pasted into the
      terminal. Ctrl-C cancels.

        sallyport login work --issuer https://auth.example.com --client-id 7d9a
        sallyport login work
        token=$(sallyport login work --once)
      """
  ) { (invocation) throws(Failure) in try run(invocation) }

  private static func run(_ invocation: Invocation) throws(Failure) -> Int32 {
    let settings = try LoginOptions.settings(of: invocation)
    let once = invocation.has("once")
    let format = try invocation.format()
    guard once || !invocation.has("format") else {
      throw invocation.mistake("--format needs --once: a sign-in alone prints no token")
    }
    let timeout = try invocation.number("timeout", in: 1...longestTimeout)
    let configuration = try Configured.load()
    let name = try account(invocation, settings, configuration, once: once)

    var connection = try Agent.connect()
    var request = Request("login")
    try request.add("account", name)
    request.add("timeout", timeout)
    if once { request.add(flag: "once") }
    try request.add("browser", invocation.has("no-browser") ? "no" : "yes")
    for setting in settings {
      let isList = KnownKey.named(setting.key)?.isRepeatable == true
      try request.add(key: setting.key, isList: isList, value: setting.value)
    }
    try request.send(on: connection)

    var wait = SignInWait(
      invocation.has("no-browser") ? .standardOutput : .browser, account: name,
      redirectURIs: invocation.all("redirect-uri"))
    var output = WipedBuffer()
    let result = try wait.wait(on: &connection) { (block) throws(Failure) in
      if once { try format.write(block, to: &output) }
      return SignInResult(block, account: name)
    }
    for line in result.lines(keepsNothing: once) { Diagnostics.tell(line) }
    if once { try Output.write(output.bytes) }
    if !once {
      LoginSaving.save(
        settings, account: result.account ?? name, in: configuration,
        isWanted: !invocation.has("no-save"))
    }
    return 0
  }

  /// The account to sign in to; nil leaves the choice to the agent.
  ///
  /// Settings without a name belong to the only configured account. Where there is none, a name is
  /// needed to keep them under, unless nothing is kept.
  private static func account(
    _ invocation: Invocation, _ settings: [Setting], _ configuration: Configured, once: Bool
  ) throws(Failure) -> String? {
    if let name = try invocation.account() { return name }
    guard configuration.file.accounts.isEmpty, !once else { return nil }
    let example = "sallyport login NAME --issuer URL --client-id ID"
    throw Failure(
      .invalidRequest,
      settings.isEmpty
        ? "no account is configured" : "the account needs a name of your choice", hint: example)
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
