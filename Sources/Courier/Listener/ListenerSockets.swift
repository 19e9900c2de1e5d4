import Glibc
import OAuth
import Platform

/// The listening sockets of one redirect URI, on loopback addresses and nowhere else
/// (RFC 8252 §8.3).
final class ListenerSockets {
  /// Connections the kernel keeps until they are accepted: as many as it allows, so that others
  /// cannot fill the queue (`somaxconn`, listen(2)).
  private static let backlog: Int32 = 4096

  /// One listening socket.
  private final class Socket {
    let descriptor: Descriptor
    init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
  }

  private var sockets: [Socket]
  /// The redirect URI with the port that is listened on.
  let redirectURI: RedirectURI

  private init(_ sockets: [Socket], _ redirectURI: RedirectURI) {
    self.sockets = sockets
    self.redirectURI = redirectURI
  }

  var descriptors: [Int32] { sockets.map { $0.descriptor.number } }

  /// Stops listening.
  func close() { sockets = [] }

  /// The next waiting connection of the listening socket `number`; nil when there is none.
  func accept(from number: Int32) throws(SystemError) -> Descriptor? {
    guard let socket = sockets.first(where: { $0.descriptor.number == number }) else { return nil }
    return try UnixSocket.accept(socket.descriptor)
  }

  /// Listens for the answers to a redirect URI; nil for one whose answers come another way.
  ///
  /// `localhost` means both addresses: browsers ask one of them or the other, and a program that
  /// holds the second one would be given the code.
  static func open(
    _ redirectURI: RedirectURI, table: ProcSockets = ProcSockets()
  ) throws(ListenerFault) -> ListenerSockets? {
    switch redirectURI.kind {
    case .elsewhere: return nil
    case .loopbackHostname(let port, _):
      let v4 = try listen(.loopbackV4(port: port), table)
      var sockets = [v4]
      if let v6 = try listenIfPresent(.loopbackV6(port: port), table) { sockets.append(v6) }
      return ListenerSockets(sockets, redirectURI)
    case .loopbackAddress(.v4, let port, _):
      let socket = try listen(.loopbackV4(port: port ?? 0), table)
      return try ListenerSockets([socket], redirectURI.withPort(boundPort(of: socket)))
    case .loopbackAddress(.v6, let port, _):
      let socket = try listen(.loopbackV6(port: port ?? 0), table)
      return try ListenerSockets([socket], redirectURI.withPort(boundPort(of: socket)))
    }
  }

  /// Nil where the machine has no IPv6: the one excuse for leaving an address to others.
  private static func listenIfPresent(
    _ address: SocketAddress, _ table: ProcSockets
  ) throws(ListenerFault) -> Socket? {
    do { return try listen(address, table) } catch .system(_, let error)
      where error.number == EAFNOSUPPORT || error.number == EADDRNOTAVAIL
    { return nil }
  }

  private static func listen(
    _ address: SocketAddress, _ table: ProcSockets
  ) throws(ListenerFault) -> Socket {
    let port = address.ipAddress?.port ?? 0
    do { return Socket(try bound(to: address)) } catch {
      guard error.number == EADDRINUSE else { throw .system(port: port, error) }
      let taken = address.ipAddress.flatMap { TCPAddress($0.bytes, port: port) }
      throw .portInUse(port, table.holder(ofPort: port, at: taken.map { [$0] } ?? []))
    }
  }

  private static func bound(to address: SocketAddress) throws(SystemError) -> Descriptor {
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let number = socket(address.family, type, 0)
    guard number >= 0 else { throw .last("socket") }
    let descriptor = Descriptor(owning: number)
    // Former connections in TIME_WAIT are no reason to refuse. On Linux this lets nobody share a
    // port that is listened on; SO_REUSEPORT would, and is not set (socket(7)).
    try set(descriptor, SOL_SOCKET, SO_REUSEADDR)
    if address.family == AF_INET6 { try set(descriptor, Int32(IPPROTO_IPV6), IPV6_V6ONLY) }
    guard address.withPointer({ bind(number, $0, $1) }) == 0 else { throw .last("bind") }
    guard Glibc.listen(number, backlog) == 0 else { throw .last("listen") }
    return descriptor
  }

  private static func set(
    _ descriptor: borrowing Descriptor, _ level: Int32, _ option: Int32
  ) throws(SystemError) {
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    guard setsockopt(descriptor.number, level, option, &on, length) == 0 else {
      throw .last("setsockopt")
    }
  }

  private static func boundPort(of socket: Socket) throws(ListenerFault) -> UInt16 {
    let address = SocketAddress.told { getsockname(socket.descriptor.number, $0, $1) }
    guard let port = address?.ipAddress?.port else {
      throw .system(port: 0, .last("getsockname"))
    }
    return port
  }
}
