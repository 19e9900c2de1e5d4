/// The four forms of a request target (RFC 9112 §3.2), taken apart.
struct RequestTarget: Sendable {
  var path: String
  var query: String?
  /// The authority of the absolute-form and the authority-form.
  var authority: String?

  /// Nil where `target` has none of the forms that go with `method`, or carries a fragment.
  init?(_ target: String, method: String) {
    guard !target.utf8.contains(UInt8(ascii: "#")) else { return nil }
    if method == "CONNECT" {
      guard Authority.isValid(target) else { return nil }
      self.init(path: "", query: nil, authority: target)
    } else if target == "*" {
      guard method == "OPTIONS" else { return nil }
      self.init(path: "*", query: nil, authority: nil)
    } else if target.utf8.first == UInt8(ascii: "/") {
      let (path, query) = Self.split(target[...])
      self.init(path: path, query: query, authority: nil)
    } else {
      self.init(absolute: target)
    }
  }

  private init(path: String, query: String?, authority: String?) {
    self.path = path
    self.query = query
    self.authority = authority
  }

  /// The absolute-form, which a server MUST accept (RFC 9112 §3.2.2).
  private init?(absolute target: String) {
    let schemes = ["http://", "https://"]
    let lower = target.utf8.prefix(8).map(Syntax.lowercased)
    guard let scheme = schemes.first(where: { lower.starts(with: $0.utf8) }) else { return nil }
    let rest = target[target.utf8.index(target.startIndex, offsetBy: scheme.utf8.count)...]
    let end = rest.firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    guard Authority.isValid(rest[..<end]) else { return nil }
    let (path, query) = Self.split(rest[end...])
    // RFC 3986 §6.2.3: an empty path and "/" are the same.
    self.init(path: path.isEmpty ? "/" : path, query: query, authority: String(rest[..<end]))
  }

  private static func split(_ text: Substring) -> (path: String, query: String?) {
    guard let mark = text.firstIndex(of: "?") else { return (String(text), nil) }
    return (String(text[..<mark]), String(text[text.index(after: mark)...]))
  }
}
