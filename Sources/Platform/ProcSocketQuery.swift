package import Glibc

/// The owner of one TCP socket, asked of the kernel directly (sock_diag(7)).
///
/// The tables of `/proc/net` tell the same, but only all of it at once: reading them takes longer
/// than the whole rest of a sign-in. Where the query is not to be had, they are what remains.
package enum ProcSocketQuery {
  /// What the kernel says of a socket.
  package enum Answer: Equatable, Sendable {
    case user(uid_t)
    /// It has been closed: nobody owns it any more.
    case closed
  }

  /// The answer of the kernel; nil when it gives none: it has no such socket, or knows no such query.
  ///
  /// - Parameters:
  ///   - local: the socket's own address.
  ///   - remote: its peer's.
  package static func owner(of local: TCPAddress, connectedTo remote: TCPAddress) -> Answer? {
    let number = socket(AF_NETLINK, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 4)
    guard number >= 0 else { return nil }
    let netlink = Descriptor(owning: number)
    let request = request(local, remote)
    guard request.withUnsafeBytes({ sendOnce(netlink.number, $0) }) == .bytes(request.count) else {
      return nil
    }
    var reply = [UInt8](repeating: 0, count: 4096)
    // The kernel answers before send returns.
    let count = retryingInterrupts {
      recv(netlink.number, &reply, reply.count, Int32(MSG_DONTWAIT))
    }
    guard count > 0 else { return nil }
    return owner(in: Array(reply[..<count]), local, remote)
  }

  /// `nlmsghdr` and `inet_diag_req_v2` of linux/inet_diag.h, for exactly one connection.
  private static func request(_ local: TCPAddress, _ remote: TCPAddress) -> [UInt8] {
    let isV4 = local.isV4 && remote.isV4
    var bytes: [UInt8] = []
    bytes.append(UInt32(requestLength))
    bytes.append(UInt16(messageType))
    bytes.append(UInt16(1))  // NLM_F_REQUEST
    bytes.append(UInt32(1))  // sequence
    bytes.append(UInt32(0))  // port
    bytes += [UInt8(isV4 ? AF_INET : AF_INET6), UInt8(IPPROTO_TCP), 0, 0]
    bytes.append(UInt32.max)  // every state
    bytes.append(local.port.bigEndian)
    bytes.append(remote.port.bigEndian)
    for address in [local, remote] {
      bytes += isV4 ? address.bytes.suffix(4) + [UInt8](repeating: 0, count: 12) : address.bytes
    }
    bytes.append(UInt32(0))  // any interface
    bytes.append(UInt64.max)  // no cookie
    return bytes
  }

  private static let messageType = 20  // SOCK_DIAG_BY_FAMILY
  private static let requestLength = 16 + 56
  /// Where `inet_diag_msg` has its parts, behind the 16 bytes of `nlmsghdr`.
  private static let portsOffset = 16 + 4
  private static let userOffset = 16 + 64

  private static func owner(
    in reply: [UInt8], _ local: TCPAddress, _ remote: TCPAddress
  ) -> Answer? {
    guard reply.count >= userOffset + 8, reply.number(at: 4, as: UInt16.self) == messageType,
      // A listening socket answers for connections that are not there; it has no remote port.
      reply.number(at: portsOffset, as: UInt16.self) == local.port.bigEndian,
      reply.number(at: portsOffset + 2, as: UInt16.self) == remote.port.bigEndian
    else { return nil }
    // Without an inode it has been closed, and its owner is told as 0.
    guard reply.number(at: userOffset + 4, as: UInt32.self) != 0 else { return .closed }
    return .user(reply.number(at: userOffset, as: UInt32.self))
  }
}

extension [UInt8] {
  fileprivate mutating func append<Number: FixedWidthInteger>(_ number: Number) {
    Swift.withUnsafeBytes(of: number) { append(contentsOf: $0) }
  }

  fileprivate func number<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
    withUnsafeBytes { $0.loadUnaligned(fromByteOffset: offset, as: Number.self) }
  }
}
