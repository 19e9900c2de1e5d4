/// An absolute `http` or `https` URL, taken apart as RFC 3986 §3 does.
///
/// It accepts only what needs no repair: what two programs read differently is nil here.
package struct WebURL: Equatable, Sendable {
  /// `http` or `https`, in lower case.
  package let scheme: String
  /// The host in lower case; an IPv6 address keeps its brackets.
  package let host: String
  /// The port, or the scheme's own.
  package let port: UInt16
  /// Whether a user name stands before the host, where it can pass for one (RFC 3986 §7.6).
  package let hasUserInformation: Bool
  /// The user name before the host, as written; nil when there is none.
  package let user: String?
  /// From the first slash up to `?` or `#`, as written; it may be empty.
  package let path: String

  package init?(_ text: String) {
    guard Self.isURIText(text) else { return nil }
    let bytes = Substring(text).utf8
    guard let scheme = Self.scheme(of: bytes) else { return nil }
    // Behind "http" or "https" and "://".
    let hierarchical = bytes.dropFirst(scheme.utf8.count + 3).prefix {
      $0 != UInt8(ascii: "?") && $0 != UInt8(ascii: "#")
    }
    let authority = hierarchical.prefix { $0 != UInt8(ascii: "/") }
    let at = authority.lastIndex(of: UInt8(ascii: "@"))
    let host = at.map { authority[authority.index(after: $0)...] } ?? authority
    guard let (name, port) = Self.hostAndPort(host, scheme: scheme) else { return nil }
    self.scheme = scheme
    self.host = name
    self.port = port
    path = String(Substring(hierarchical[authority.endIndex...]))
    hasUserInformation = at != nil
    user = at.map { at in
      String(
        Substring(
          authority[..<at].prefix { $0 != UInt8(ascii: ":") && $0 != UInt8(ascii: "@") }))
    }
  }

  private static func scheme(of bytes: Substring.UTF8View) -> String? {
    for scheme in ["https", "http"] {
      let head = bytes.prefix(scheme.utf8.count + 3)
      let isOurs = zip(head, scheme.utf8).allSatisfy { $0 | 0x20 == $1 }
      if isOurs, head.dropFirst(scheme.utf8.count).elementsEqual("://".utf8) { return scheme }
    }
    return nil
  }

  /// Whether the host is one that never leaves this machine.
  package var isLoopback: Bool { Self.isLoopback(host) }

  /// `https`, or `http` to a loopback host.
  package var isSecureOrLoopback: Bool { scheme == "https" || isLoopback }

  /// `localhost`, `127.0.0.1` or `[::1]`: the names RFC 8252 §7.3 and §8.3 know, and no others.
  package static func isLoopback(_ host: String) -> Bool {
    host == "localhost" || host == "127.0.0.1" || host == "[::1]"
  }

  /// `host` or `host:port` as git writes them; nil when it is anything else.
  package static func hostAndPort(
    _ text: String, scheme: String
  ) -> (host: String, port: UInt16)? {
    hostAndPort(Substring(text).utf8, scheme: scheme)
  }

  private static func hostAndPort(
    _ text: Substring.UTF8View, scheme: String
  ) -> (host: String, port: UInt16)? {
    let (host, port) = split(text)
    guard isHost(host) else { return nil }
    // A host in lower case already, as nearly all are, is taken as it is.
    let isUpper = { (byte: UInt8) in (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(byte) }
    let name = String(Substring(host))
    let lowered = host.contains(where: isUpper) ? name.lowercased() : name
    guard let port else { return (lowered, scheme == "http" ? 80 : 443) }
    guard port.allSatisfy(\.isDigit), port.first != UInt8(ascii: "0"),
      let number = UInt16(Substring(port))
    else { return nil }
    return (lowered, number)
  }

  /// Whether a text has only characters of RFC 3986 §2, percent-encoded octets among them.
  package static func isURIText(_ text: String) -> Bool {
    var digits = 0
    for byte in text.utf8 {
      if digits > 0 {
        guard byte.isHexadecimal else { return false }
        digits -= 1
      } else if byte == UInt8(ascii: "%") {
        digits = 2
      } else if !byte.isLetterOrDigit, !"-._~:/?#[]@!$&'()*+,;=".utf8.contains(byte) {
        return false
      }
    }
    return digits == 0
  }

  /// RFC 3986 §3.1.
  static func isScheme(_ text: Substring.UTF8View) -> Bool {
    guard let first = text.first, first.isLetter else { return false }
    return text.allSatisfy { $0.isLetterOrDigit || "+-.".utf8.contains($0) }
  }

  private static func split(
    _ text: Substring.UTF8View
  ) -> (host: Substring.UTF8View, port: Substring.UTF8View?) {
    let isBracketed = text.first == UInt8(ascii: "[")
    let afterHost = isBracketed ? text.firstIndex(of: UInt8(ascii: "]")) : text.startIndex
    guard let afterHost, let colon = text[afterHost...].firstIndex(of: UInt8(ascii: ":")) else {
      return (text, nil)
    }
    return (text[..<colon], text[text.index(after: colon)...])
  }

  /// A name or IPv4 address, or an IPv6 address in brackets.
  private static func isHost(_ host: Substring.UTF8View) -> Bool {
    if host.first == UInt8(ascii: "[") {
      return host.last == UInt8(ascii: "]") && host.count > 4
        && host.dropFirst().dropLast().allSatisfy {
          $0.isHexadecimal || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
    }
    return !host.isEmpty && host.count <= 253
      && host.allSatisfy { byte in
        byte.isLetterOrDigit || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".")
          || byte == UInt8(ascii: "_")
      }
  }
}

extension UInt8 {
  /// HEXDIG of RFC 3986 §2.1, in either case.
  var isHexadecimal: Bool {
    isDigit || ((self | 0x20) >= UInt8(ascii: "a") && (self | 0x20) <= UInt8(ascii: "f"))
  }

  /// The value of a hexadecimal digit.
  var hexadecimalValue: UInt8 {
    isDigit ? self - UInt8(ascii: "0") : (self | 0x20) - UInt8(ascii: "a") + 10
  }
}
