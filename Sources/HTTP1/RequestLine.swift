/// The request line (RFC 9112 §3).
struct RequestLine: Sendable {
  /// Characters; the longest registered method has 17.
  static let maximumMethodLength = 32

  var method: String
  var target: String
  var isHTTP10: Bool

  enum Failure: Error, Sendable {
    case malformed
    /// RFC 9112 §3: a method longer than any that is known is answered with 501.
    case methodTooLong
    /// RFC 9110 §15.6.6: well formed, but neither HTTP/1.0 nor HTTP/1.1.
    case versionNotSupported
  }

  /// RFC 9112 §3: exactly one space between the three parts; more lenient readings invite smuggling.
  init(_ line: ArraySlice<UInt8>) throws(Failure) {
    try Self.check(beginning: line)
    let parts = line.split(
      separator: Syntax.space, maxSplits: 3, omittingEmptySubsequences: false)
    guard parts.count == 3 else { throw .malformed }
    guard Syntax.isToken(parts[0]) else { throw .malformed }
    guard !parts[1].isEmpty, parts[1].allSatisfy(Syntax.isTargetCharacter) else {
      throw .malformed
    }
    isHTTP10 = try Self.isHTTP10(Array(parts[2]))
    method = String(decoding: parts[0], as: UTF8.self)
    target = String(decoding: parts[1], as: UTF8.self)
  }

  private static func isHTTP10(_ version: [UInt8]) throws(Failure) -> Bool {
    if version == Array("HTTP/1.1".utf8) { return false }
    if version == Array("HTTP/1.0".utf8) { return true }
    guard version.starts(with: "HTTP/".utf8), version.count == 8, version[6] == UInt8(ascii: "."),
      Syntax.isDigit(version[5]), Syntax.isDigit(version[7])
    else { throw .malformed }
    throw .versionNotSupported
  }

  /// Whether the first bytes of an unfinished line can still become a request line.
  ///
  /// It lets a TLS ClientHello or another protocol's greeting be answered at once rather than
  /// when its peer loses patience.
  static func check(beginning: ArraySlice<UInt8>) throws(Failure) {
    let method = beginning.prefix(maximumMethodLength + 1).prefix(while: Syntax.isTokenCharacter)
    guard method.count <= maximumMethodLength else { throw .methodTooLong }
    let next = beginning.dropFirst(method.count).first
    // An empty line may come before the request line (RFC 9112 §2.2): it begins with CR.
    let mayFollow = method.isEmpty ? Syntax.carriageReturn : Syntax.space
    guard next == nil || next == mayFollow else { throw .malformed }
  }
}
