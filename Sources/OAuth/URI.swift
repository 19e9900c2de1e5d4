/// The parts of an absolute URI (RFC 3986 §3), each exactly as it was written.
struct URI {
  /// The longest address taken, in bytes: browsers and servers agree on no more than this.
  static let maximumLength = 4096

  /// In lower case, as schemes are compared (RFC 3986 §3.1).
  let scheme: String
  /// What stands between `//` and the path; `nil` where there is no `//`.
  let authority: String?
  let path: String
  let query: String?
  let fragment: String?

  init(_ text: String) throws(AddressFault) {
    let bytes = Array(text.utf8)
    guard bytes.count <= Self.maximumLength else { throw .tooLong }
    try Self.checkCharacters(bytes)
    guard let colon = bytes.firstIndex(of: UInt8(ascii: ":")), Self.isScheme(bytes[..<colon])
    else { throw .notAbsolute }
    scheme = Self.text(bytes[..<colon]).lowercased()

    var rest = bytes[(colon + 1)...]
    fragment = Self.split(&rest, at: UInt8(ascii: "#"))
    query = Self.split(&rest, at: UInt8(ascii: "?"))
    guard rest.starts(with: "//".utf8) else {
      authority = nil
      path = Self.text(rest)
      return
    }
    rest = rest.dropFirst(2)
    let slash = rest.firstIndex(of: UInt8(ascii: "/")) ?? rest.endIndex
    authority = Self.text(rest[..<slash])
    path = Self.text(rest[slash...])
  }

  /// The host and the port of an authority that may have nothing else.
  ///
  /// An IPv6 address comes without its brackets; `port` is `nil` when none is given.
  func hostAndPort() throws(AddressFault) -> (host: String, port: UInt16?) {
    guard let authority else { throw .badHost }
    guard !authority.utf8.contains(UInt8(ascii: "@")) else { throw .userInfo }
    let bytes = Array(authority.utf8)
    guard bytes.first == UInt8(ascii: "[") else {
      let colon = bytes.firstIndex(of: UInt8(ascii: ":")) ?? bytes.endIndex
      let host = Self.text(bytes[..<colon]).lowercased()
      guard Self.isHostName(host) else { throw .badHost }
      return (host, try Self.port(bytes[colon...]))
    }
    guard let end = bytes.firstIndex(of: UInt8(ascii: "]")) else { throw .badHost }
    let host = Self.text(bytes[1..<end]).lowercased()
    guard Self.isIPv6(host) else { throw .badHost }
    return (host, try Self.port(bytes[(end + 1)...]))
  }

  /// Cuts off what follows the first `separator`; `nil` where there is none.
  private static func split(_ rest: inout ArraySlice<UInt8>, at separator: UInt8) -> String? {
    guard let index = rest.firstIndex(of: separator) else { return nil }
    let tail = text(rest[(index + 1)...])
    rest = rest[..<index]
    return tail
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// Every character of RFC 3986 §2, with whole percent-encodings only.
  private static func checkCharacters(_ bytes: [UInt8]) throws(AddressFault) {
    let delimiters = Array(":/?#[]@!$&'()*+,;=".utf8)
    var rest = bytes[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "%") {
        guard rest.prefix(2).compactMap(FormParameters.hexadecimal).count == 2 else {
          throw .badCharacter
        }
      } else if !Grammar.isUnreserved(byte) && !delimiters.contains(byte) {
        throw .badCharacter
      }
    }
  }

  private static func isScheme(_ bytes: ArraySlice<UInt8>) -> Bool {
    guard let first = bytes.first, Grammar.isLetter(first) else { return false }
    return bytes.allSatisfy { Grammar.isAlphanumeric($0) || "+-.".utf8.contains($0) }
  }

  /// A name as DNS has them, or an IPv4 address.
  private static func isHostName(_ host: String) -> Bool {
    guard (1...253).contains(host.utf8.count), let first = host.utf8.first,
      Grammar.isAlphanumeric(first) || first == UInt8(ascii: "_")
    else { return false }
    return host.utf8.allSatisfy { Grammar.isAlphanumeric($0) || "-._".utf8.contains($0) }

  }

  private static func isIPv6(_ host: String) -> Bool {
    (2...45).contains(host.utf8.count) && host.utf8.contains(UInt8(ascii: ":"))
      && host.utf8.allSatisfy {
        FormParameters.hexadecimal($0) != nil || ":.".utf8.contains($0)
      }
  }

  private static func port(_ bytes: ArraySlice<UInt8>) throws(AddressFault) -> UInt16? {
    guard let colon = bytes.first else { return nil }
    let digits = bytes.dropFirst()
    guard colon == UInt8(ascii: ":"), digits.allSatisfy(Grammar.isDigit), digits.count <= 5,
      let port = UInt16(text(digits)), port > 0
    else { throw .badPort }
    return port
  }
}

/// The hosts that are this machine itself, the only ones reached without TLS (RFC 8252 §8.3).
enum Loopback {
  static let name = "localhost"
  static let v4 = "127.0.0.1"
  static let v6 = "::1"

  static func contains(_ host: String) -> Bool { [name, v4, v6].contains(host) }
}
