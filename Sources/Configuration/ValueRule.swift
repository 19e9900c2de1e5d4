import Platform

/// What the value of a key has to look like, as far as that can be told cheaply.
enum ValueRule: Sendable {
  case text
  /// Printable ASCII: RFC 6749 appendix A.1, VSCHAR.
  case visible
  /// An absolute path, or one below the person's own folder: `~/…`.
  case path
  case scope
  case flag
  case word([String])
  /// An absolute URI without a fragment: a redirect URI or a resource.
  case uri
  /// `https`, or `http` on a loopback host.
  case endpoint
  /// The address of a document that describes the client to servers.
  case documentURL
  case credentialURL
  /// Programs, separated by commas.
  case peers
  /// A number and a unit: `30m`, `8h`.
  case lengthOfTime
  case vault

  /// What is wrong with a value, to be put behind the key; nil when nothing is.
  func judge(_ value: String) -> String? {
    switch self {
    case .text: return nil
    case .visible:
      return Self.isVisible(value.utf8) ? nil : "holds something else than printable ASCII"
    case .path: return Self.judgePath(value)
    case .scope:
      return Self.isScope(value) ? nil : "is not a list of scopes with one space between them"
    case .flag: return Self.flag(value) == nil ? "is neither yes nor no" : nil
    case .word(let words): return words.contains(value) ? nil : "is none of \(Self.list(words))"
    case .uri: return Self.judgeURI(value)
    case .endpoint: return Self.judgeEndpoint(value)
    case .documentURL: return Self.judgeDocumentURL(value)
    case .credentialURL: return CredentialURL.judge(value)
    case .peers: return Self.judgePeers(value)
    case .lengthOfTime: return LengthOfTime.judge(value)
    case .vault: return Self.judgeVault(value)
    }
  }

  /// Judges a client secret where it stands, without making a String of it.
  static func judgeSecret(_ bytes: Slice<UnsafeRawBufferPointer>) -> String? {
    isVisible(bytes) ? nil : "holds something else than printable ASCII"
  }

  /// `yes`, `true`, `no`, `false`; nil for anything else.
  static func flag(_ value: String) -> Bool? {
    switch value {
    case "yes", "true": true
    case "no", "false": false
    default: nil
    }
  }

  private static func isVisible(_ bytes: some Sequence<UInt8>) -> Bool {
    bytes.allSatisfy { $0 >= 0x20 && $0 <= 0x7E }
  }

  /// RFC 6749 §3.3: scope-tokens of printable ASCII without `"` and `\`, one space between them.
  private static func isScope(_ value: String) -> Bool {
    value.utf8.split(separator: 0x20, omittingEmptySubsequences: false).allSatisfy { token in
      !token.isEmpty
        && token.allSatisfy {
          $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
        }
    }
  }

  /// RFC 6749 §3.1.2 and RFC 8707 §2: absolute, without a fragment.
  private static func judgeURI(_ value: String) -> String? {
    guard let colon = value.utf8.firstIndex(of: UInt8(ascii: ":")), WebURL.isURIText(value),
      WebURL.isScheme(value.utf8[..<colon]),
      value.utf8.index(after: colon) < value.utf8.endIndex
    else { return "is not an absolute URI" }
    if value.utf8.contains(UInt8(ascii: "#")) { return "has a fragment, which a server refuses" }
    if value[..<colon].lowercased() == "localhost" { return "has no http:// in front" }
    let isWeb = ["http:", "https:"].contains(value[...colon].lowercased())
    return isWeb ? judgeEndpoint(value) : nil
  }

  private static func judgeEndpoint(_ value: String) -> String? {
    guard let url = WebURL(value) else { return "is not an absolute http or https URL" }
    if url.hasUserInformation { return "has a user name in it" }
    if value.utf8.contains(UInt8(ascii: "#")) { return "has a fragment" }
    return url.isSecureOrLoopback
      ? nil : "is http, which is for localhost, 127.0.0.1 and [::1] alone"
  }

  private static func judgePath(_ value: String) -> String? {
    if value.hasPrefix("/") || value.hasPrefix("~/") { return nil }
    return "is not an absolute path, and does not begin with ~/ either"
  }

  /// Client ID Metadata Document §3: `https`, a path, no dot segments, nothing a server would have
  /// to repair.
  private static func judgeDocumentURL(_ value: String) -> String? {
    if let fault = judgeEndpoint(value) { return fault }
    guard let url = WebURL(value) else { return nil }
    if url.scheme != "https" { return "is not https: the server has to fetch the document" }
    if url.path.isEmpty || url.path == "/" { return "has no path behind its host" }
    let segments = url.path.lowercased().split(separator: "/")
    let dots = [".", "..", "%2e", ".%2e", "%2e.", "%2e%2e"]
    return segments.contains { dots.contains(String($0)) } ? "has . or .. in its path" : nil
  }

  private static func judgePeers(_ value: String) -> String? {
    AllowedPeer.list(value) == nil
      ? "is not a list of programs: each is a whole path, unit:NAME, flatpak:ID or snap:NAME,"
        + " with a comma between two" : nil
  }

  private static func judgeVault(_ value: String) -> String? {
    VaultSource(value) == nil
      ? "is none of memory, secret-service, passphrase, credential and command = COMMAND LINE" : nil
  }

  private static func list(_ words: [String]) -> String { words.joined(separator: ", ") }
}
