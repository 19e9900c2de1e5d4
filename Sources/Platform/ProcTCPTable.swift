/// An IP address and a port; an IPv4 address and its IPv4-mapped IPv6 form are the same value.
package struct TCPAddress: Hashable, Sendable {
  private let high: UInt64
  private let low: UInt64
  package let port: UInt16

  /// - Parameter bytes: 4 or 16, in network order; nil for any other number.
  package init?(_ bytes: some Sequence<UInt8>, port: UInt16) {
    var bytes = Array(bytes)
    if bytes.count == 4 { bytes = [UInt8](repeating: 0, count: 10) + [0xFF, 0xFF] + bytes }
    guard bytes.count == 16 else { return nil }
    high = bytes[..<8].reduce(0) { $0 << 8 | UInt64($1) }
    low = bytes[8...].reduce(0) { $0 << 8 | UInt64($1) }
    self.port = port
  }

  /// An IPv4 address such as `TCPAddress(127, 0, 0, 1, port: 3000)`.
  package init(_ a: UInt8, _ b: UInt8, _ c: UInt8, _ d: UInt8, port: UInt16) {
    high = 0
    low = 0xFFFF << 32 | UInt64(a) << 24 | UInt64(b) << 16 | UInt64(c) << 8 | UInt64(d)
    self.port = port
  }

  /// `::1`.
  package static func loopbackV6(port: UInt16) -> TCPAddress {
    TCPAddress(high: 0, low: 1, port: port)
  }

  /// Whether it is an IPv4 address, mapped or not.
  var isV4: Bool { high == 0 && low >> 32 == 0xFFFF }

  /// The 16 bytes of the IPv6 form, in network order.
  var bytes: [UInt8] {
    var bytes: [UInt8] = []
    for half in [high.bigEndian, low.bigEndian] {
      withUnsafeBytes(of: half) { bytes.append(contentsOf: $0) }
    }
    return bytes
  }

  /// Whether it stands for every address: `0.0.0.0` or `::`.
  package var isWildcard: Bool { high == 0 && (low == 0 || low == 0xFFFF << 32) }

  /// Whether it reaches only this machine: `127.0.0.0/8` or `::1`.
  package var isLoopback: Bool { high == 0 && (low == 1 || low >> 24 == 0xFFFF_7F) }

  private init(high: UInt64, low: UInt64, port: UInt16) {
    self.high = high
    self.low = low
    self.port = port
  }
}

/// One socket of `/proc/net/tcp` or `/proc/net/tcp6` (proc_pid_net(5)).
package struct ProcTCPSocket: Hashable, Sendable {
  /// The state `TCP_LISTEN` of the kernel's tcp_states.h.
  package static let listening: UInt8 = 0x0A

  package let local: TCPAddress
  package let remote: TCPAddress
  package let state: UInt8
  /// The effective user of the socket, as this user namespace numbers it; 0 once it has no owner.
  package let userID: UInt32
  package let inode: UInt64

  /// Reads the lines of a table; the heading and lines of another form are left out.
  package static func parse(_ table: [UInt8]) -> [ProcTCPSocket] {
    table.split(separator: UInt8(ascii: "\n")).compactMap { ProcTCPSocket(line: $0) }
  }

  /// `sl local rem st tx:rx tr:when retrnsmt uid timeout inode …`
  private init?(line: ArraySlice<UInt8>) {
    let words = line.split(separator: UInt8(ascii: " "), maxSplits: 10)
    guard words.count > 9,
      let local = Self.address(words[1]), let remote = Self.address(words[2]),
      let state = UInt8(Self.text(words[3]), radix: 16),
      let userID = UInt32(Self.text(words[7])), let inode = UInt64(Self.text(words[9]))
    else { return nil }
    self.local = local
    self.remote = remote
    self.state = state
    self.userID = userID
    self.inode = inode
  }

  private static func text(_ bytes: ArraySlice<UInt8>) -> String {
    String(decoding: bytes, as: UTF8.self)
  }

  /// `0100007F:0BB8`: each word of the address is printed as this machine's own integer.
  private static func address(_ bytes: ArraySlice<UInt8>) -> TCPAddress? {
    let halves = bytes.split(separator: UInt8(ascii: ":"))
    guard halves.count == 2, halves[0].count == 8 || halves[0].count == 32,
      let port = UInt16(text(halves[1]), radix: 16)
    else { return nil }
    var address: [UInt8] = []
    var rest = halves[0]
    while !rest.isEmpty {
      guard let word = UInt32(text(rest.prefix(8)), radix: 16) else { return nil }
      withUnsafeBytes(of: word) { address.append(contentsOf: $0) }
      rest = rest.dropFirst(8)
    }
    return TCPAddress(address, port: port)
  }
}
