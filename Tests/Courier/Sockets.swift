import Glibc
import Platform

@testable import Courier

struct TestFault: Error {
  let words: String
  init(_ words: String) { self.words = words }
}

/// Blocking sockets for the other side of a test.
enum Sockets {
  static func listen(_ address: SocketAddress) throws -> Int32 {
    let number = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    var on: Int32 = 1
    let length = socklen_t(MemoryLayout<Int32>.size)
    setsockopt(number, SOL_SOCKET, SO_REUSEADDR, &on, length)
    if address.family == AF_INET6 {
      setsockopt(number, Int32(IPPROTO_IPV6), IPV6_V6ONLY, &on, length)
    }
    guard address.withPointer({ bind(number, $0, $1) }) == 0, Glibc.listen(number, 128) == 0 else {
      close(number)
      throw SystemError.last("bind")
    }
    return number
  }

  static func port(of socket: Int32) throws -> UInt16 {
    guard let address = SocketAddress.told(by: { getsockname(socket, $0, $1) })?.ipAddress else {
      throw SystemError.last("getsockname")
    }
    return address.port
  }

  /// A port that nobody listens on at either loopback address.
  static func freePort() throws -> UInt16 {
    for _ in 0..<100 {
      let v4 = try listen(.loopbackV4(port: 0))
      defer { close(v4) }
      let port = try port(of: v4)
      // Nothing else may be given it in between: ports of tests in parallel are all different.
      guard let v6 = try? listen(.loopbackV6(port: port)) else { continue }
      close(v6)
      return port
    }
    throw TestFault("no port is free")
  }

  static func connect(_ address: SocketAddress) throws -> Int32 {
    let number = socket(address.family, Int32(SOCK_STREAM.rawValue), 0)
    guard address.withPointer({ Glibc.connect(number, $0, $1) }) == 0 else {
      close(number)
      throw SystemError.last("connect")
    }
    return number
  }

  /// Some bytes; none at the end, or when nothing has come for 20 seconds.
  static func read(_ socket: Int32) -> [UInt8] {
    guard waitUntil(socket, readyFor: POLLIN, milliseconds: 20_000) else { return [] }
    var chunk = [UInt8](repeating: 0, count: 64 * 1024)
    let count = recv(socket, &chunk, chunk.count, 0)
    return count > 0 ? Array(chunk[..<count]) : []
  }

  @discardableResult
  static func write(_ socket: Int32, _ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes.withUnsafeBytes { bytes in
        send(socket, bytes.baseAddress! + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  static func copy(from source: Int32, to target: Int32) {
    while true {
      let bytes = read(source)
      guard !bytes.isEmpty, write(target, bytes) else { break }
    }
    shutdown(target, Int32(SHUT_WR))
  }
}
