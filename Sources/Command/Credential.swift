import Attributes

/// git's credential helper: `sallyport get`, `store`, `erase`, or `git-credential-sallyport`.
enum Credential {
  private static let about = """
    git runs it as a credential helper and talks to it on standard input and output
    (git-credential(1)). An account answers for the URLs its credential_url names.

      git config --global credential.helper sallyport
    """

  static let getVerb = Verb(
    "get", summary: "answers git's question for a user name and password",
    details: about + """


      Where no account answers for the URL it prints nothing and ends with status 0.
      It opens a browser only for accounts with login = on-demand, when a person can
      be there and GIT_TERMINAL_PROMPT is not 0.
      """
  ) { (_) throws(Failure) in try CredentialGet.run() }

  static let storeVerb = Verb(
    "store", summary: "takes a credential git has used, and keeps nothing", details: about
  ) { (_) throws(Failure) in try store() }

  static let eraseVerb = Verb(
    "erase", summary: "drops a token git was refused with",
    details: about + "\n\nThe next get refreshes the token."
  ) { (_) throws(Failure) in try erase() }

  /// The operations of a git credential helper; others are to be ignored (gitcredentials(7)).
  static func helper(_ operation: String?) throws(Failure) -> Int32 {
    switch operation {
    case "get": return try CredentialGet.run()
    case "store": return try store()
    case "erase": return try erase()
    case nil: throw .usage("git-credential-sallyport needs an operation: get, store or erase")
    default: return 0
    }
  }

  /// The agent made the token that git brings: there is nothing to keep, and no need to ask.
  private static func store() throws(Failure) -> Int32 {
    var input = WipedBuffer()
    try CredentialInput.read(into: &input)
    return 0
  }

  /// Without an agent there is no token to drop.
  private static func erase() throws(Failure) -> Int32 {
    var request = WipedBuffer()
    request.append(constant: "action=erase\n")
    try CredentialInput.read(into: &request)
    guard var connection = try Agent.connect(whenAbsent: .tolerate) else { return 0 }
    try connection.send(request)
    do throws(Failure) { try connection.next { _ in } } catch {
      // At a narrow socket a token cannot be dropped, and git can do nothing about it.
      guard error.code == .accessDenied else { throw error }
    }
    return 0
  }
}
