import Platform

/// What a person is told while a sign-in goes on: lines for standard error.
struct SignInMessages {
  /// What the agent has said about the sign-in.
  struct Prompt: Equatable {
    let url: String
    let redirectURI: String
    /// Another program has started this sign-in.
    let isJoined: Bool
    /// No port is open: the URL the browser ends on has to be brought here.
    let needsPaste: Bool
    /// Seconds until the sign-in is given up.
    let expiresIn: Int64?
    /// The redirect URIs as they were configured, as far as they are known.
    var configuredURIs: [String] = []
  }

  /// How the person gets to see the URL.
  enum Way {
    /// A browser has been started.
    case browser
    /// No browser could be started, or there is none.
    case byHand
    /// The URL is on standard output, for a program.
    case standardOutput
  }

  let account: String?
  let prompt: Prompt
  /// SSH_CONNECTION is set: the browser is on another machine.
  let isRemote: Bool
  let hostName: String
  /// A terminal is there in which something can be pasted.
  let canPaste: Bool

  /// All lines that are shown with the URL.
  func lines(_ way: Way) -> [String] {
    var lines = opening(way)
    if let forwarding { lines.append(forwarding) }
    lines.append("if the server's page complains about the redirect URI, \(registration)")
    if let pasting = pasting(way) { lines.append(pasting) }
    lines.append(waiting)
    return lines
  }

  private func opening(_ way: Way) -> [String] {
    let name = account.map { " to \($0)" } ?? ""
    switch way {
    case .standardOutput: return []
    case .byHand where prompt.isJoined, .browser where prompt.isJoined:
      return [
        "a sign-in\(name) is going on already: finish it in the browser, or open",
        "  \(prompt.url)",
      ]
    case .browser:
      return ["the browser opens to sign in\(name); if it does not, open", "  \(prompt.url)"]
    case .byHand: return ["to sign in\(name), open in a browser", "  \(prompt.url)"]
    }
  }

  /// The browser is where the person sits, and so the port has to be there too.
  private var forwarding: String? {
    guard isRemote, !prompt.needsPaste, let port = Self.loopbackPort(prompt.redirectURI) else {
      return nil
    }
    return Self.forwarding(of: port, to: hostName)
  }

  static func forwarding(of port: String, to hostName: String) -> String {
    "the browser is on another machine? run there first: "
      + "ssh -L \(port):localhost:\(port) \(hostName)"
  }

  /// What the server has to know. A port that was chosen for this sign-in is another one next time:
  /// such an address is registered without it (RFC 8252 §7.3).
  private var registration: String {
    guard let uri = Self.withoutChosenPort(prompt.redirectURI, prompt.configuredURIs) else {
      return "register exactly: \(prompt.redirectURI)"
    }
    return "register \(uri); the server has to allow any port there (RFC 8252, 7.3)"
  }

  /// The redirect URI without its port where a free one was chosen; nil where it was configured.
  static func withoutChosenPort(_ uri: String, _ configured: [String]) -> String? {
    guard !configured.contains(uri), let port = loopbackPort(uri) else { return nil }
    for host in ["http://127.0.0.1", "http://[::1]", "https://127.0.0.1", "https://[::1]"] {
      let start = "\(host):\(port)"
      guard uri.hasPrefix(start) else { continue }
      let portless = host + uri.dropFirst(start.count)
      return configured.contains(portless) ? portless : nil
    }
    return nil
  }

  private func pasting(_ way: Way) -> String? {
    if prompt.needsPaste {
      return canPaste
        ? "afterwards paste here the address the browser ends on; it starts with "
          + prompt.redirectURI
        : "afterwards run: sallyport callback 'the address the browser ends on'"
    }
    if case .browser = way, !isRemote { return nil }
    return canPaste
      ? "a browser elsewhere ends on a page it cannot load: paste that page's address here" : nil
  }

  private var waiting: String {
    let time = prompt.expiresIn.map { " for \(Timestamp.length($0))" } ?? ""
    return "waiting\(time); Ctrl-C cancels"
  }

  /// The help for a line that is not the redirect URL.
  func answer(to line: PastedLine) -> String? {
    switch line {
    case .empty, .redirect: nil
    case .cut:
      "the terminal keeps only \(PastedLine.longest) bytes of a line: put the address into a file"
        + " and run: sallyport callback - < FILE"
    case .other:
      "that is not the address the browser ends on; it starts with \(prompt.redirectURI)?"
    }
  }

  /// The port of a loopback redirect URI; nil for any other.
  static func loopbackPort(_ redirectURI: String) -> String? {
    for host in ["localhost", "127.0.0.1", "[::1]"] {
      for scheme in ["http", "https"] {
        let start = "\(scheme)://\(host):"
        guard redirectURI.hasPrefix(start) else { continue }
        let port = redirectURI.dropFirst(start.count).prefix { $0 >= "0" && $0 <= "9" }
        return port.isEmpty ? nil : String(port)
      }
    }
    return nil
  }
}
