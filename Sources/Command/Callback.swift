import Attributes
import Configuration
import Platform

/// `sallyport callback URL`.
enum Callback {
  /// Bytes a redirect URL may have: one line on the wire.
  private static let longest = 60_000

  static let verb = Verb(
    "callback", .required("URL", .nothing),
    summary: "finishes a sign-in with the address the browser ended on",
    details: """
      For redirect URIs that open no port: a private-use scheme such as
      com.example.app://callback, handed over by the desktop, or a hosted page.
      The sign-in it belongs to is found by the state in the URL.

      With - the URL is read from standard input, where other users and the shell's
      history do not see it, and where it may be longer than a terminal's line.

        sallyport callback 'com.example.app://callback?code=…&state=…'
        sallyport callback - < address.txt
      """
  ) { (invocation) throws(Failure) in
    let given = invocation.operand ?? ""
    let url = given == "-" ? try Output.readInput(limit: longest) : given
    let trimmed = url.filter { !$0.isWhitespace }
    guard WebURL.isURIText(trimmed), trimmed.contains(":"), trimmed.utf8.count <= longest else {
      throw invocation.mistake("callback needs the whole address the browser ended on")
    }
    let account = try send(trimmed)
    Diagnostics.tell("handed to the sign-in" + (account.map { " of \($0)" } ?? ""))
    return 0
  }

  /// Hands a redirect URL to the sign-in that waits for it; returns its account.
  @discardableResult
  static func send(_ url: String) throws(Failure) -> String? {
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else {
      throw Failure(
        .failed, "no sign-in is waiting: no agent is running", hint: "sallyport login NAME")
    }
    var request = Request("callback")
    try request.add("url", url)
    try request.send(on: connection)
    return try connection.next { $0.string("account") }
  }
}
