import OAuth

/// What the command line says about browsing.
struct BrowseOptions: Sendable, Equatable {
  enum Decision: String, Sendable, Equatable {
    case allow
    case deny
  }

  var user = "alice"
  var decision = Decision.allow
  /// A file of certificates to trust for https.
  var certificateFile: String?
  /// The code that a device shows, for the page that asks for it.
  var userCode: String?
  var address = ""

  init(_ words: some Collection<String>) throws(UsageFault) {
    var reader = ArgumentReader(words)
    while let word = try reader.next() {
      switch word {
      case "--user": user = try reader.user(of: word)
      case "--user-code":
        let code = try reader.value(of: word)
        guard code.utf8.count <= 32, Grammar.isUnreserved(code) else { throw .badUserCode }
        userCode = code
      case "--ca-file": certificateFile = try reader.path(of: word)
      case "--deny":
        try reader.flag(word)
        decision = .deny
      default:
        guard !word.hasPrefix("-") else { throw .unknownOption(word) }
        guard address.isEmpty else { throw .unexpectedArgument(word) }
        address = word
      }
    }
    guard !address.isEmpty else { throw .addressMissing }
  }
}
