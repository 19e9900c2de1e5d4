import Attributes
import Configuration
import Glibc
import Platform

/// `sallyport expose [NAME]`.
enum Expose {
  static let verb = Verb(
    "expose", .account,
    options: [
      Option(
        "socket", "PATH", completion: .file, "where to listen; its folder is to be yours alone"),
      Option("ttl", "TIME", "how long, such as 30m, 8h or 2d; default 8h, at most 30d"),
    ] + TokenRequest.narrowing + [
      Option(
        "allow-uid", "UID", isRepeatable: true,
        "let this user in as well, such as a container's root; repeatable"),
      Option(flag: "stop", "end the socket of that path, or all of NAME"),
      Option(flag: "all", "with --stop: end every one"),
    ],
    summary: "makes a socket that gives one access token and nothing else",
    details: """
      For a container or another machine that is to be trusted with less than the
      agent's socket. Whoever comes to PATH gets the access token of NAME, refreshed
      as needed; with --scope, --resource or --audience a narrower one. It cannot ask
      for another account, sign in or out, or see the status.

      There sallyport token and git's credential helper work as they do here, with
      SALLYPORT_SOCK=PATH. Only your own user may connect. The socket is removed
      when its time is over, by --stop, by a logout of the account, and with the
      agent; status lists it.

        sallyport expose work --scope read --ttl 2h --socket ~/box/token.sock
        podman run -v ~/box/token.sock:/token.sock -e SALLYPORT_SOCK=/token.sock …
        ssh -R /home/me/token.sock:$HOME/box/token.sock server
        sallyport expose --stop ~/box/token.sock
      """
  ) { (invocation) throws(Failure) in
    if invocation.has("stop") { return try stop(invocation) }
    return try Unlocking.whenLocked { () throws(Failure) in try start(invocation) }
  }

  private static func start(_ invocation: Invocation) throws(Failure) -> Int32 {
    guard !invocation.has("all") else { throw invocation.mistake("--all goes with --stop") }
    guard let socket = invocation["socket"] else {
      throw invocation.mistake("--socket PATH is missing")
    }
    guard !socket.isEmpty else { throw invocation.mistake("--socket needs a path") }
    let path = try invocation.absolutePath(socket)
    let lifetime = try lifetime(invocation)
    let account = try invocation.account()
    let wanted = try TokenRequest(invocation, format: .plain)
    let users = try users(invocation)

    var connection = try Agent.connect()
    var request = Request("expose")
    try request.add("account", account)
    try request.add("socket", path)
    request.add("ttl", lifetime)
    try wanted.add(to: &request)
    for user in users { try request.add(key: "allow_uid", isList: true, value: String(user)) }
    try request.send(on: connection)
    try connection.next { (block) in
      let name = block.string("account") ?? account ?? "the account"
      let time = block.integer("expires_in").map { " for \(Timestamp.length($0))" } ?? ""
      let place = block.string("socket") ?? path
      Diagnostics.tell("a token of \(name) is to be had at \(printable(place))\(time)")
      Diagnostics.tell("use it with SALLYPORT_SOCK=\(printable(shellQuoted(place)))")
      for warning in block.strings("warning") { Diagnostics.tell("warning: \(warning)") }
    }
    return 0
  }

  private static func stop(_ invocation: Invocation) throws(Failure) -> Int32 {
    for option in invocation.options where !["stop", "all"].contains(option.option.name) {
      throw invocation.mistake("--stop and --\(option.option.name) do not go together")
    }
    let isForAll = invocation.has("all")
    guard isForAll != (invocation.operand != nil) else {
      throw invocation.mistake("--stop needs a path, an account's name, or --all, and one of them")
    }
    var request = Request("unexpose")
    if let operand = invocation.operand, operand.contains("/"), !operand.contains("://") {
      try request.add("socket", invocation.absolutePath(operand))
    } else if !isForAll {
      try request.add("account", invocation.account())
    } else {
      request.add(flag: "all")
    }
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      Diagnostics.tell("no agent is running, so nothing is exposed")
      return 0
    }
    try request.send(on: connection)
    let ended = try connection.next { $0.strings("socket") }
    for path in ended { Diagnostics.tell("\(printable(path)) is gone") }
    if ended.isEmpty { Diagnostics.tell("nothing was exposed") }
    return 0
  }

  // MARK: The options

  private static func lifetime(_ invocation: Invocation) throws(Failure) -> Int64? {
    guard let text = invocation["ttl"] else { return nil }
    // What the agent bounds as well: here it is said in the option's own words.
    guard let seconds = LengthOfTime.seconds(text), (1...30 * 86_400).contains(seconds) else {
      throw invocation.mistake("--ttl is not a time from 1s to 30d, such as 45s, 30m, 8h or 2d")
    }
    return seconds
  }

  private static func users(_ invocation: Invocation) throws(Failure) -> [uid_t] {
    var users: [uid_t] = []
    for text in invocation.all("allow-uid") {
      guard let user = uid_t(text), user != uid_t.max else {
        throw invocation.mistake("--allow-uid is not a user's number; id -u NAME tells it")
      }
      users.append(user)
    }
    return users
  }
}
