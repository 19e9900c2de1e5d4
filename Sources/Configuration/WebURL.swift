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
    guard Self.isURIText(text), let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")) else {
      return nil
    }
    let scheme = text[..<colon].lowercased()
    let rest = text[text.utf8.index(after: colon)...]
    guard scheme == "http" || scheme == "https", rest.hasPrefix("//") else { return nil }
    let hierarchical = rest.dropFirst(2).prefix { $0 != "?" && $0 != "#" }
    let authority = hierarchical.prefix { $0 != "/" }
    let host = authority.lastIndex(of: "@").map { authority[authority.index(after: $0)...] }
    guard let (name, port) = Self.hostAndPort(String(host ?? authority), scheme: scheme) else {
      return nil
    }
    self.scheme = scheme
    self.host = name
    self.port = port
    self.path = String(hierarchical[authority.endIndex...])
    self.hasUserInformation = host != nil
    self.user =
      host == nil
      ? nil : authority.firstIndex { $0 == ":" || $0 == "@" }.map { String(authority[..<$0]) }
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
    let defaultPort: UInt16 = scheme == "http" ? 80 : 443
    let (host, port) = split(text)
    guard isHost(host) else { return nil }
    guard let port else { return (host.lowercased(), defaultPort) }
    guard port.utf8.allSatisfy(\.isDigit), port.utf8.first != UInt8(ascii: "0"),
      let number = UInt16(port)
    else { return nil }
    return (host.lowercased(), number)
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

  private static func split(_ text: String) -> (host: String, port: String?) {
    let afterHost = text.hasPrefix("[") ? text.firstIndex(of: "]") : text.startIndex
    guard let afterHost, let colon = text[afterHost...].firstIndex(of: ":") else {
      return (text, nil)
    }
    return (String(text[..<colon]), String(text[text.index(after: colon)...]))
  }

  /// A name or IPv4 address, or an IPv6 address in brackets.
  private static func isHost(_ host: String) -> Bool {
    if host.hasPrefix("[") {
      return host.hasSuffix("]") && host.utf8.count > 4
        && host.utf8.dropFirst().dropLast().allSatisfy {
          $0.isHexadecimal || $0 == UInt8(ascii: ":") || $0 == UInt8(ascii: ".")
        }
    }
    return !host.isEmpty && host.utf8.count <= 253
      && host.utf8.allSatisfy { $0.isLetterOrDigit || "-._".utf8.contains($0) }
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
