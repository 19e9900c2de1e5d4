import Attributes
import Configuration
import Glibc
import Platform

/// `sallyport log [NAME]`.
enum Log {
  private static let defaultLines = 50
  private static let mostLines: Int64 = 1_000_000

  static let verb = Verb(
    "log", .account,
    options: [
      Option(flag: "json", "a line of JSON for each entry"),
      Option("lines", "NUMBER", short: "n", "the last NUMBER entries; default \(defaultLines)"),
    ],
    summary: "shows which programs have got tokens, and which have not",
    details: """
      Without NAME it shows every account. It reads what the agent has written, and
      needs none to be running. Tokens are never written there.

      Each entry tells the time, the account, what was asked for, whether it was given,
      to which program, and the scope of the token. What the same program asks again
      within a minute is counted.
      """
  ) { (invocation) throws(Failure) in
    let account = try name(invocation)
    let count = try lines(invocation)
    guard let folder = Folders().stateFolder else {
      throw Failure(.failed, "no place for the log: neither XDG_STATE_HOME nor HOME is set")
    }
    var entries = try LogEntry.load("\(folder)/log.1") + LogEntry.load("\(folder)/log")
    if let account { entries.removeAll { $0["account"] != account } }
    try show(entries.suffix(count), asJSON: invocation.has("json"))
    if entries.isEmpty {
      let subject = account.map { " of \($0)" } ?? ""
      Diagnostics.tell("nothing is written down in \(folder)/log\(subject)")
    }
    return 0
  }

  private static func name(_ invocation: Invocation) throws(Failure) -> String? {
    guard let text = invocation.operand else { return nil }
    guard let name = AccountName(text) else {
      throw invocation.mistake("an account's name has letters, digits and . _ @ - only")
    }
    return name.text
  }

  private static func lines(_ invocation: Invocation) throws(Failure) -> Int {
    guard let text = invocation["lines"] else { return defaultLines }
    guard let number = Int64(text), (1...mostLines).contains(number) else {
      throw invocation.mistake("--lines is not a number from 1 to \(mostLines)")
    }
    return Int(number)
  }

  private static func show(_ entries: ArraySlice<LogEntry>, asJSON: Bool) throws(Failure) {
    guard asJSON else {
      return try Output.write(entries.map { $0.text + "\n" }.joined())
    }
    for entry in entries {
      var json = JSONText()
      entry.write(to: &json)
      json.endLine()
      try Output.write(json.buffer.bytes)
    }
  }
}

extension LogEntry {
  /// Bytes of one file; the agent begins another after 1 MiB.
  private static let longestFile = 16 * 1024 * 1024

  /// The entries of a file; none where there is no such file.
  fileprivate static func load(_ path: String) throws(Failure) -> [LogEntry] {
    do throws(SystemError) {
      let file = try Descriptor.open(path, O_RDONLY | O_NONBLOCK)
      let bytes = try readAll(file.number, limit: longestFile)
      return String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap {
        LogEntry($0)
      }
    } catch {
      if error.number == ENOENT { return [] }
      throw Failure(.failed, "cannot read \(path): \(error.reason)")
    }
  }
}
