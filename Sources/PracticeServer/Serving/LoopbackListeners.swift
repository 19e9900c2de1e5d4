import Glibc
import Platform

/// Why the server cannot listen.
enum ListenFault: Error, Equatable {
  case inUse(port: UInt16)
  case noFreePort
  case system(SystemError)

  var sentence: String {
    switch self {
    case .inUse(let port): "port \(port) is in use by another program"
    case .noFreePort: "there is no port that is free on both loopback addresses"
    case .system(let error): "cannot listen: \(error.call): \(error.reason)"
    }
  }
}

/// One port on 127.0.0.1 and on ::1, which `localhost` can mean either of.
struct LoopbackListeners: ~Copyable, Sendable {
  /// Connections the kernel holds until they are accepted.
  private static let backlog: Int32 = 256
  /// How often a free port is looked for that both addresses have.
  private static let attempts = 16

  let port: UInt16
  /// The listening sockets: two, or one where the machine has no IPv6.
  let sockets: [Int32]
  private let v4: Descriptor
  private let v6: Descriptor?

  /// - Parameter port: 0 takes a free one.
  init(port: UInt16) throws(ListenFault) {
    for _ in 0..<(port == 0 ? Self.attempts : 1) {
      let v4 = try Self.listen(AF_INET, port)
      let actual = try Self.port(of: v4)
      var sockets = [v4.number]
      let v6: Descriptor?
      do throws(ListenFault) {
        let listener = try Self.listen(AF_INET6, actual)
        sockets.append(listener.number)
        v6 = .some(consume listener)
      } catch {
        switch error {
        case .inUse where port == 0: continue
        case .system(let fault) where Self.meansNoIPv6(fault): v6 = nil
        default: throw error
        }
      }
      self.port = actual
      self.sockets = sockets
      self.v4 = v4
      self.v6 = v6
      return
    }
    throw .noFreePort
  }

  private static func meansNoIPv6(_ fault: SystemError) -> Bool {
    [EAFNOSUPPORT, EADDRNOTAVAIL, EPROTONOSUPPORT].contains(fault.number)
  }

  private static func listen(_ family: Int32, _ port: UInt16) throws(ListenFault) -> Descriptor {
    let type = Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
    let number = socket(family, type | Int32(SOCK_NONBLOCK.rawValue), 0)
    guard number >= 0 else { throw .system(.last("socket")) }
    let listener = Descriptor(owning: number)
    var yes: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    // On Linux this lets a restarted server have its port back at once; it shares it with nobody.
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &yes, length)
    if family == AF_INET6 { setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &yes, length) }
    guard LoopbackAddress(family: family, port: port).with({ bind(number, $0, $1) }) == 0 else {
      throw errno == EADDRINUSE ? .inUse(port: port) : .system(.last("bind"))
    }
    guard Glibc.listen(number, backlog) == 0 else {
      throw errno == EADDRINUSE ? .inUse(port: port) : .system(.last("listen"))
    }
    return listener
  }

  private static func port(of listener: borrowing Descriptor) throws(ListenFault) -> UInt16 {
    var address = sockaddr_in()
    var length = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        getsockname(listener.number, $0, &length)
      }
    }
    guard result == 0 else { throw .system(.last("getsockname")) }
    return UInt16(bigEndian: address.sin_port)
  }
}

/// 127.0.0.1 or ::1 with a port, as the socket calls want it.
struct LoopbackAddress {
  let family: Int32
  let port: UInt16

  func with(_ call: (UnsafePointer<sockaddr>, socklen_t) -> Int32) -> Int32 {
    if family == AF_INET6 {
      var address = sockaddr_in6()
      address.sin6_family = sa_family_t(AF_INET6)
      address.sin6_port = port.bigEndian
      address.sin6_addr = in6addr_loopback
      return Self.pass(&address, to: call)
    }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return Self.pass(&address, to: call)
  }

  private static func pass<Address>(
    _ address: inout Address, to call: (UnsafePointer<sockaddr>, socklen_t) -> Int32
  ) -> Int32 {
    let length = socklen_t(MemoryLayout<Address>.size)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { call($0, length) }
    }
  }
}
