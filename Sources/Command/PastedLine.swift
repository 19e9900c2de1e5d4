/// What a line means that was typed while a sign-in waits.
enum PastedLine: Equatable {
  /// The address the browser ended on.
  case redirect(String)
  case empty
  /// Longer than a terminal hands on, and so cut off.
  case cut
  case other

  /// Bytes the terminal keeps of one line (N_TTY_BUF_SIZE less one).
  static let longest = 4095

  init(_ line: String, redirectURI: String) {
    let text = line.filter { !$0.isWhitespace }
    if text.isEmpty {
      self = .empty
    } else if line.utf8.count >= Self.longest {
      self = .cut
    } else if Self.isRedirect(text, to: redirectURI) {
      self = .redirect(text)
    } else {
      self = .other
    }
  }

  /// The redirect URI and then a query or a fragment. Browsers write scheme and host in lower case
  /// and may add the slash of an empty path.
  private static func isRedirect(_ text: String, to redirectURI: String) -> Bool {
    guard !redirectURI.isEmpty else { return false }
    return [redirectURI, redirectURI.lowercased()].contains { start in
      ["?", "#", "/?", "/#", "&"].contains { text.hasPrefix(start + $0) }
    }
  }
}
