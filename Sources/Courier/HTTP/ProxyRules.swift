import Glibc
import OAuth
import Platform

/// Why a proxy cannot be used.
enum ProxyFault: Error, Equatable {
  case malformed(source: String)
  case unsupportedScheme(String, source: String)

  var sentence: String {
    switch self {
    case .malformed(let source): "\(source) is not the address of a proxy, http://host:port"
    case .unsupportedScheme(let scheme, let source):
      "\(source) names a proxy spoken to by \(shown(scheme)), and only http is supported"
    }
  }
}

/// An HTTP proxy that opens tunnels by CONNECT (RFC 9110 §9.3.6).
struct Proxy: Equatable, Sendable {
  let host: String
  let port: UInt16
  /// The value of `Proxy-Authorization`, made of the user name and password in the address.
  let authorization: String?

  /// Reads `[http://][user:password@]host[:port][/]`; `source` is where it was given, for messages.
  init(_ text: String, source: String) throws(ProxyFault) {
    var rest = text[...]
    if let colon = text.firstIndex(of: ":"), text[colon...].hasPrefix("://") {
      let scheme = text[..<colon].lowercased()
      guard scheme == "http" else { throw .unsupportedScheme(scheme, source: source) }
      rest = text[colon...].dropFirst("://".count)
    }
    if rest.hasSuffix("/") { rest = rest.dropLast() }
    authorization = try Self.takeCredentials(from: &rest, source: source)
    // The grammar of a host and a port is that of every other address.
    guard let address = try? Endpoint("https://\(rest)"), address.path == "/",
      address.query == nil
    else { throw .malformed(source: source) }
    host = address.host
    port = address.port == 443 && !rest.hasSuffix(":443") ? 80 : address.port
  }

  private static func takeCredentials(
    from rest: inout Substring, source: String
  ) throws(ProxyFault) -> String? {
    guard let at = rest.lastIndex(of: "@") else { return nil }
    let halves = rest[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    rest = rest[rest.index(after: at)...]
    guard let user = percentDecoded(halves.first ?? ""),
      let password = percentDecoded(halves.count > 1 ? halves[1] : "")
    else { throw .malformed(source: source) }
    return "Basic \(Base64.encode(Array("\(user):\(password)".utf8)))"
  }

  /// In the user information of a URL a `+` is a plus, not a space.
  private static func percentDecoded(_ text: Substring) -> String? {
    let text = text.split(separator: "+", omittingEmptySubsequences: false).joined(separator: "%2B")
    return FormParameters.decode(text)
  }
}

/// Which requests go through a proxy.
struct ProxyRules: Sendable {
  private enum Choice {
    case configured(String)
    case environment(variable: String, String)
    case none
  }

  private let choice: Choice
  private let exceptions: [String]

  /// - Parameter setting: the account's `proxy`, which wins over the environment; `none` means that
  ///   there is no proxy whatever the environment says.
  init(setting: String?, environment: Environment) {
    // The lower-case names win, as curl has it.
    let variable = ["https_proxy", "HTTPS_PROXY"].first { environment[$0] != nil }
    if let setting {
      choice = setting == "none" ? .none : .configured(setting)
    } else if let variable, let value = environment[variable] {
      choice = .environment(variable: variable, value)
    } else {
      choice = .none
    }
    let list = environment["no_proxy"] ?? environment["NO_PROXY"] ?? ""
    exceptions = list.split { $0 == "," || $0 == " " }.map { $0.lowercased() }
  }

  /// The proxy for an endpoint; nil when it is called directly, as this machine itself always is.
  func proxy(for endpoint: Endpoint) throws(ProxyFault) -> Proxy? {
    guard endpoint.scheme == .https, !endpoint.isLoopback else { return nil }
    switch choice {
    case .none: return nil
    case .configured(let text): return try Proxy(text, source: "the proxy setting")
    case .environment(let variable, let text):
      return isExcepted(endpoint) ? nil : try Proxy(text, source: variable)
    }
  }

  private func isExcepted(_ endpoint: Endpoint) -> Bool {
    exceptions.contains { pattern in
      pattern == "*" || Self.matches(pattern, host: endpoint.host, port: endpoint.port)
    }
  }

  /// `example.com` and `.example.com` stand for the name and all below it; `:port` narrows; an
  /// address may be a block such as `10.0.0.0/8`.
  private static func matches(_ pattern: String, host: String, port: UInt16) -> Bool {
    var name = pattern[...]
    if let block = AddressBlock(pattern) { return block.contains(host) }
    if let colon = name.lastIndex(of: ":"), let wanted = UInt16(name[name.index(after: colon)...]) {
      guard wanted == port else { return false }
      name = name[..<colon]
    }
    if name.hasPrefix("*.") { name = name.dropFirst() }
    if name.hasPrefix(".") { name = name.dropFirst() }
    guard !name.isEmpty else { return false }
    return host == name || host.hasSuffix(".\(name)")
  }
}

/// An IP address, or those that share its first bits.
private struct AddressBlock {
  private let bytes: [UInt8]
  private let length: Int

  /// Nil for a text that is no address, brackets allowed, with or without `/bits`.
  init?(_ text: String) {
    let halves = text.split(separator: "/", maxSplits: 1, omittingEmptySubsequences: false)
    guard let first = halves.first, let bytes = Self.address(String(first)) else { return nil }
    self.bytes = bytes
    guard halves.count > 1 else {
      length = bytes.count * 8
      return
    }
    guard let length = Int(halves[1]), (0...bytes.count * 8).contains(length) else { return nil }
    self.length = length
  }

  func contains(_ host: String) -> Bool {
    guard let other = Self.address(host), other.count == bytes.count else { return false }
    return zip(bytes, other).enumerated().allSatisfy { index, pair in
      let bits = min(max(length - index * 8, 0), 8)
      return (pair.0 ^ pair.1) >> (8 - UInt8(bits)) == 0
    }
  }

  private static func address(_ text: String) -> [UInt8]? {
    let bare =
      text.hasPrefix("[") && text.hasSuffix("]") ? String(text.dropFirst().dropLast()) : text
    var v4 = in_addr()
    if inet_pton(AF_INET, bare, &v4) == 1 { return withUnsafeBytes(of: v4) { Array($0) } }
    var v6 = in6_addr()
    if inet_pton(AF_INET6, bare, &v6) == 1 { return withUnsafeBytes(of: v6) { Array($0) } }
    return nil
  }
}
