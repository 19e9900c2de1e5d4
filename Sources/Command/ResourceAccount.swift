import Configuration

/// Which account an address of a protected resource belongs to, as `sallyport login URL` needs it.
struct ResourceAccount {
  /// Names that are tried before giving up, when many accounts have resources on one host.
  private static let mostAttempts = 99

  let address: String
  private let url: WebURL

  /// Nil when the text is no address that can be asked.
  init?(_ address: String) {
    guard KnownKey.named("resource")?.fault(in: address) == nil, let url = WebURL(address) else {
      return nil
    }
    self.address = address
    self.url = url
  }

  /// The account whose `resource` is the address, or covers it at a path boundary; of several the
  /// one whose path agrees furthest.
  func configured(among accounts: [AccountSettings]) -> AccountSettings? {
    var best: (account: AccountSettings, length: Int)?
    for account in accounts {
      for resource in account.all("resource") {
        if resource == address { return account }
        guard let length = coverage(by: resource), length > best?.length ?? -1 else { continue }
        best = (account, length)
      }
    }
    return best?.account
  }

  /// How many bytes of the path a resource of the same origin covers; nil when it does not.
  private func coverage(by resource: String) -> Int? {
    guard let other = WebURL(resource), other.scheme == url.scheme, other.host == url.host,
      other.port == url.port, !resource.utf8.contains(UInt8(ascii: "?"))
    else { return nil }
    // A path with dots in it means another one than it says.
    let segments = url.path.lowercased().split(separator: "/")
    guard !segments.contains(where: { [".", "..", "%2e", "%2e%2e", ".%2e", "%2e."].contains($0) })
    else { return nil }
    let path = other.path.hasSuffix("/") ? other.path : other.path + "/"
    return (url.path + "/").hasPrefix(path) ? path.utf8.count : nil
  }

  /// A name for a new account: the host, and what else tells it from those that are configured.
  func newName(among accounts: [AccountSettings]) -> AccountName? {
    let taken = Set(accounts.map(\.name))
    let host = url.host.hasPrefix("[") && url.isLoopback ? "localhost" : url.host
    let port = url.port == (url.scheme == "http" ? 80 : 443) ? "" : "-\(url.port)"
    let path = url.path.split(separator: "/").map { "-\($0)" }.joined()
    var texts = [host, host + port, host + port + path]
    texts += (2...Self.mostAttempts).map { "\(Self.fit(host + port + path, room: 3))-\($0)" }
    return texts.lazy.compactMap { AccountName(Self.fit($0)) }.first { !taken.contains($0) }
  }

  /// The text with the characters a name may have, cut so that `room` more bytes fit.
  private static func fit(_ text: String, room: Int = 0) -> String {
    var bytes: [UInt8] = []
    for byte in text.utf8 {
      let isFit =
        UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
        || UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte | 0x20 || "._".utf8.contains(byte)
      if isFit {
        bytes.append(byte)
      } else if let last = bytes.last, last != UInt8(ascii: "-") {
        bytes.append(UInt8(ascii: "-"))
      }
    }
    let start = bytes.firstIndex { $0 != UInt8(ascii: ".") && $0 != UInt8(ascii: "_") }
    guard let start else { return "" }
    let name = bytes[start...].prefix(AccountName.longest - room)
    let end = name.lastIndex { $0 != UInt8(ascii: "-") } ?? name.startIndex
    return String(decoding: name[...end], as: UTF8.self)
  }
}
