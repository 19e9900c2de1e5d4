import Configuration

/// One way to show a URL to the person: an argument vector, never a shell.
struct BrowserCommand: Equatable {
  /// Bytes a URL may have that is shown and handed to a program; browsers take some 30,000.
  static let longestURL = 15_000

  /// Browsers that draw in the terminal and so need it for themselves.
  private static let terminalBrowsers: Set<String> = [
    "w3m", "lynx", "links", "links2", "elinks", "browsh", "chawan", "cha", "www-browser",
  ]

  let program: String
  let arguments: [String]

  /// Whether the program takes over the terminal.
  var needsTerminal: Bool {
    let name = program.split(separator: "/").last.map(String.init) ?? program
    return Self.terminalBrowsers.contains(name)
  }

  /// The ways to try, in order: the entries of BROWSER, then what the desktop offers.
  ///
  /// Without a display and without BROWSER there is none, and the person opens the URL elsewhere.
  static func candidates(
    for url: String, browser: String?, hasDisplay: Bool, isWSL: Bool
  ) -> [BrowserCommand] {
    guard isFit(url) else { return [] }
    var commands = (browser ?? "").split(separator: ":").compactMap { BrowserCommand($0, url: url) }
    if isWSL { commands.append(BrowserCommand(program: "wslview", arguments: [url])) }
    if hasDisplay { commands.append(BrowserCommand(program: "xdg-open", arguments: [url])) }
    return commands
  }

  private init(program: String, arguments: [String]) {
    self.program = program
    self.arguments = arguments
  }

  /// One entry of BROWSER: `%s` is the URL, `%%` a percent sign, `%c` a colon; an entry without
  /// `%s` gets the URL as its last argument. Nil for an entry that is empty or has an open quote.
  init?(_ entry: Substring, url: String) {
    guard let words = splitWords(entry), let program = words.first, !program.isEmpty else {
      return nil
    }
    var hasURL = false
    let arguments = words.dropFirst().map { Self.expand($0, url: url, &hasURL) }
    self.init(program: program, arguments: hasURL ? arguments : arguments + [url])
  }

  private static func expand(_ word: String, url: String, _ hasURL: inout Bool) -> String {
    var result = ""
    var rest = word[...]
    while let character = rest.popFirst() {
      guard character == "%", let sign = rest.first, "s%c".contains(sign) else {
        result.append(character)
        continue
      }
      rest.removeFirst()
      switch sign {
      case "s":
        hasURL = true
        result += url
      case "c": result += ":"
      default: result += "%"
      }
    }
    return result
  }

  /// Whether a URL may be shown and handed to a browser: `https`, or `http` on a loopback host,
  /// made of RFC 3986 characters alone, without a user name that could pass for the host.
  ///
  /// It comes from the server's metadata by way of the courier, which has checked it; a second look
  /// costs nothing where a mistake runs a program (CVE-2025-6514, CVE-2026-4519).
  static func isFit(_ url: String) -> Bool {
    guard url.utf8.count <= longestURL, let parsed = WebURL(url) else { return false }
    return parsed.isSecureOrLoopback && !parsed.hasUserInformation
  }
}
