import Glibc

/// An address a TCP socket can be bound or connected to, as the kernel takes it.
struct SocketAddress: Hashable, Sendable {
  let family: Int32
  private let bytes: [UInt8]

  init(copying address: UnsafePointer<sockaddr>, length: socklen_t) {
    family = Int32(address.pointee.sa_family)
    bytes = Array(UnsafeRawBufferPointer(start: address, count: Int(length)))
  }

  /// `127.0.0.1`.
  static func loopbackV4(port: UInt16) -> SocketAddress {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
    return copy(of: address)
  }

  /// `::1`.
  static func loopbackV6(port: UInt16) -> SocketAddress {
    var address = sockaddr_in6()
    address.sin6_family = sa_family_t(AF_INET6)
    address.sin6_port = port.bigEndian
    address.sin6_addr = in6addr_loopback
    return copy(of: address)
  }

  private static func copy<Address>(of address: Address) -> SocketAddress {
    withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        SocketAddress(copying: $0, length: socklen_t(MemoryLayout<Address>.size))
      }
    }
  }

  /// The address a system call such as getsockname tells; nil when it fails.
  static func told(
    by call: (UnsafeMutablePointer<sockaddr>, UnsafeMutablePointer<socklen_t>) -> Int32
  ) -> SocketAddress? {
    var storage = sockaddr_storage()
    var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
    return withUnsafeMutablePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        guard call(address, &length) == 0 else { return nil }
        return SocketAddress(copying: address, length: length)
      }
    }
  }

  func withPointer<R>(_ body: (UnsafePointer<sockaddr>, socklen_t) -> R) -> R {
    var storage = sockaddr_storage()
    withUnsafeMutableBytes(of: &storage) { $0.copyBytes(from: bytes.prefix($0.count)) }
    return withUnsafePointer(to: &storage) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        body($0, socklen_t(bytes.count))
      }
    }
  }

  /// The IP address and port; nil for another family.
  ///
  /// Both `sockaddr_in` and `sockaddr_in6` have the port at byte 2; the address is at 4 and at 8.
  var ipAddress: (bytes: ArraySlice<UInt8>, port: UInt16)? {
    let range: Range<Int>
    switch family {
    case AF_INET: range = 4..<8
    case AF_INET6: range = 8..<24
    default: return nil
    }
    guard bytes.count >= range.upperBound else { return nil }
    return (bytes[range], UInt16(bytes[2]) << 8 | UInt16(bytes[3]))
  }
}
