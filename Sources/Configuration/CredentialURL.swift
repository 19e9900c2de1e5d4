package import Attributes

/// What a credential helper is asked for: git's `protocol`, `host`, `path` and `username`.
package struct CredentialRequest: Equatable, Sendable {
  let scheme: String
  package let host: String
  let port: UInt16
  /// The segments of the path; nil when the asker gave none.
  let path: [String]?
  /// The user name the asker already has; it narrows a choice and never widens one.
  package let username: String?

  /// Takes git's attributes as they came; nil when they are too few or not a web address.
  ///
  /// A request without `protocol` or `host` gets no answer (CVE-2020-11008). `host` may have a port
  /// and nothing else: a user name in it would be a look-alike.
  package init?(
    protocol scheme: String?, host: String?, path: String? = nil, username: String? = nil
  ) {
    guard let scheme = scheme?.lowercased(), scheme == "https" || scheme == "http", let host,
      let (name, port) = WebURL.hostAndPort(host, scheme: scheme)
    else { return nil }
    self.scheme = scheme
    self.host = name
    self.port = port
    self.path = path.map { CredentialURL.segments($0) }
    self.username = username.flatMap { $0.isEmpty ? nil : $0 }
  }

  /// Takes git's attributes from a request; nil when they are too few or not a web address.
  package init?(_ request: AttributeBlock) {
    if request["protocol"] == nil, request["host"] == nil, let url = request.string("url") {
      self.init(url: url)
    } else {
      self.init(
        protocol: request.string("protocol"), host: request.string("host"),
        path: request.string("path"), username: request.string("username"))
    }
  }

  /// Takes git's `url` attribute.
  package init?(url text: String) {
    guard let url = WebURL(text) else { return nil }
    scheme = url.scheme
    host = url.host
    port = url.port
    path = CredentialURL.decodedSegments(url.path)
    username = url.user.flatMap { $0.isEmpty ? nil : CredentialURL.percentDecoded($0) }
  }
}

/// An account and the URLs it answers for, taken apart once for many requests.
package struct AnsweringAccount: Sendable {
  package let settings: AccountSettings
  package let urls: [CredentialURL]

  package init(_ settings: AccountSettings) {
    self.settings = settings
    urls = settings.all("credential_url").compactMap(CredentialURL.init)
  }
}

/// A `credential_url`: where an account's token may go, and nowhere else (RFC 6750 §5.3).
package struct CredentialURL: Equatable, Sendable {
  private let scheme: String
  package let host: String
  private let port: UInt16
  private let path: [String]

  /// Takes a configured URL; nil when ``judge(_:)`` finds fault with it.
  package init?(_ text: String) {
    guard Self.judge(text) == nil, let url = WebURL(text) else { return nil }
    scheme = url.scheme
    host = url.host
    port = url.port
    path = Self.decodedSegments(url.path)
  }

  /// How well this URL answers a request: the number of path segments that agree; nil when it does
  /// not answer at all.
  ///
  /// Scheme, host and port are equal, and the path is a prefix that ends where a segment ends. A URL
  /// with a path does not answer an asker that names none: it could be any path.
  package func agreement(with request: CredentialRequest) -> Int? {
    guard scheme == request.scheme, host == request.host, port == request.port else { return nil }
    if path.isEmpty { return 0 }
    guard let asked = request.path, !asked.contains(where: { $0 == "." || $0 == ".." }),
      asked.starts(with: path)
    else { return nil }
    return path.count
  }

  /// The accounts that answer a request, in the order of the file; none when it is no match.
  ///
  /// Those whose URL agrees in the most segments win over the others. A user name in the request
  /// then prefers accounts configured with that `username`; where there are none it is ignored.
  package static func accounts(
    answering request: CredentialRequest, among accounts: [AccountSettings]
  ) -> [AccountSettings] {
    Self.accounts(answering: request, among: accounts.map(AnsweringAccount.init))
  }

  /// The same for accounts whose URLs have been taken apart before.
  package static func accounts(
    answering request: CredentialRequest, among accounts: [AnsweringAccount]
  ) -> [AccountSettings] {
    let ranked = accounts.compactMap { account in
      account.urls.compactMap { $0.agreement(with: request) }.max().map { (account.settings, $0) }
    }
    guard let best = ranked.map(\.1).max() else { return [] }
    let answering = ranked.filter { $0.1 == best }.map(\.0)
    let named = answering.filter { request.username != nil && $0["username"] == request.username }
    return named.isEmpty ? answering : named
  }

  /// Why a configured URL is not fit, to be put behind the key; nil when it is.
  static func judge(_ text: String) -> String? {
    guard let url = WebURL(text) else { return "is not an absolute http or https URL" }
    if url.hasUserInformation { return "has a user name in it: write username = …" }
    if text.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
      return "has a query or a fragment"
    }
    if decodedSegments(url.path).contains(where: { $0 == "." || $0 == ".." }) {
      return "has a . or .. in its path"
    }
    return url.isSecureOrLoopback
      ? nil : "is http, which is for localhost, 127.0.0.1 and [::1] alone"
  }

  /// The segments of a path that is decoded already; empty ones do not count.
  static func segments(_ path: String) -> [String] {
    path.utf8.split(separator: UInt8(ascii: "/")).map { String(Substring($0)) }
  }

  /// The segments of a URL's path, each percent-decoded after the split.
  static func decodedSegments(_ path: String) -> [String] {
    segments(path).map(percentDecoded)
  }

  /// RFC 3986 §2.1; what is no UTF-8 afterwards stays encoded and so matches only itself.
  static func percentDecoded(_ text: String) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2)
      if byte == UInt8(ascii: "%"), digits.count == 2, digits.allSatisfy(\.isHexadecimal) {
        bytes.append(digits.reduce(0) { $0 << 4 | $1.hexadecimalValue })
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(validating: bytes, as: UTF8.self) ?? text
  }
}
