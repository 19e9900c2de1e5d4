import Attributes
import Glibc
import Platform

/// `sallyport vault export FILE` and `sallyport vault import FILE`.
enum VaultTransfer {
  /// Passphrases of a file that are tried.
  private static let mostTries = 3

  static func export(
    _ file: String, _ prompt: PassphrasePrompt, _ invocation: Invocation
  ) throws(Failure) -> Int32 {
    let path = try invocation.absolutePath(file)
    var facts = stat()
    guard lstat(path, &facts) != 0 else {
      throw Failure(
        .failed, "refusing to write over \(path): give the name of a file that is not there yet")
    }
    try Vault.open(asking: prompt)
    guard let passphrase = try prompt.ask(.newFile(path)) else {
      throw .nobodyToAsk("a passphrase for the file")
    }
    var request = Request("vault-export")
    try request.add("path", path)
    try request.add(passphrase)
    var connection = try Agent.connect()
    try request.send(on: connection)
    let (count, warnings) = try connection.next { ($0.integer("accounts"), $0.warnings) }
    for warning in warnings { Diagnostics.tell("warning: \(warning)") }
    Diagnostics.tell("\(sessions(count)) written to \(path), sealed under the passphrase")
    return 0
  }

  static func restore(
    _ file: String, _ prompt: PassphrasePrompt, _ invocation: Invocation
  ) throws(Failure) -> Int32 {
    let path = try invocation.absolutePath(file)
    guard access(path, R_OK) == 0 else {
      throw Failure(.failed, "cannot read \(path): \(SystemError.last("access").reason)")
    }
    try Vault.open(asking: prompt)
    let outcome = try take(path, prompt, replaces: invocation.has("replace"))
    for warning in outcome.warnings { Diagnostics.tell("warning: \(warning)") }
    for account in outcome.accounts { Diagnostics.tell("\(account) is signed in") }
    for account in outcome.skipped {
      Diagnostics.tell("\(account) was left alone: it is signed in here already (see --replace)")
    }
    if outcome.accounts.isEmpty, outcome.skipped.isEmpty {
      Diagnostics.tell("\(path) holds no session")
    }
    return 0
  }

  /// What came of an import.
  private struct Outcome {
    let accounts: [String]
    let skipped: [String]
    let warnings: [String]

    init(_ block: AttributeBlock) {
      accounts = block.strings("account")
      skipped = block.strings("skipped")
      warnings = block.warnings
    }
  }

  private static func take(
    _ path: String, _ prompt: PassphrasePrompt, replaces: Bool
  ) throws(Failure) -> Outcome {
    var triesLeft = prompt.canRepeat ? mostTries : 1
    while true {
      guard let passphrase = try prompt.ask(.file(path)) else {
        throw .nobodyToAsk("the passphrase of the file")
      }
      var request = Request("vault-import")
      try request.add("path", path)
      try request.add(passphrase)
      if replaces { request.add(flag: "replace") }
      do throws(Failure) {
        var connection = try Agent.connect()
        try request.send(on: connection)
        return try connection.next { Outcome($0) }
      } catch {
        triesLeft -= 1
        guard error.code == .locked else {
          // A file from elsewhere may be anything: nobody is told to move it away.
          let isMove = error.hint?.hasPrefix("mv ") == true
          throw isMove ? Failure(error.code, error.description) : error
        }
        // The vault is open: it is the file's passphrase that was wrong.
        guard triesLeft > 0 else { throw Failure(.accessDenied, error.description) }
        Diagnostics.tell(error.description)
      }
    }
  }

  private static func sessions(_ count: Int64?) -> String {
    switch count {
    case nil: "all sessions are"
    case 1: "one session is"
    case .some(let count): "\(count) sessions are"
    }
  }
}
