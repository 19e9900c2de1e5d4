import Glibc
import Platform

/// The way from a host's name to its addresses.
enum Resolver {
  private enum Answer: Sendable {
    case addresses([SocketAddress])
    case failed(reason: String)
  }

  /// The addresses of a host, in the order in which they should be tried.
  ///
  /// `localhost` never goes to the name service: what is sent there without TLS must not leave this
  /// machine, whatever a resolver says (RFC 6761 §6.3).
  static func addresses(
    of host: String, port: UInt16, deadline: BootInstant
  ) throws(HTTPFailure) -> [SocketAddress] {
    if host == "localhost" { return [.loopbackV4(port: port), .loopbackV6(port: port)] }
    if case .addresses(let literal) = lookUp(host, port, flags: AI_NUMERICHOST) { return literal }
    // getaddrinfo cannot be given a deadline, and its own may be minutes.
    let background: Background<Answer>
    do { background = try Background { lookUp(host, port, flags: AI_ADDRCONFIG) } } catch {
      throw .unresolvable(host: host, reason: error.reason)
    }
    switch background.value(by: deadline) {
    case nil: throw .unresolvable(host: host, reason: "the name service did not answer in time")
    case .failed(let reason): throw .unresolvable(host: host, reason: reason)
    case .addresses(let addresses): return addresses
    }
  }

  private static func lookUp(_ host: String, _ port: UInt16, flags: Int32) -> Answer {
    var hints = addrinfo()
    hints.ai_family = AF_UNSPEC
    hints.ai_socktype = Int32(SOCK_STREAM.rawValue)
    hints.ai_flags = flags
    var list: UnsafeMutablePointer<addrinfo>?
    let status = getaddrinfo(host, nil, &hints, &list)
    guard status == 0 else { return .failed(reason: reason(of: status)) }
    defer { freeaddrinfo(list) }
    var addresses: [SocketAddress] = []
    var next = list
    while let entry = next?.pointee {
      if let address = entry.ai_addr {
        setPort(port, of: address)
        addresses.append(SocketAddress(copying: address, length: entry.ai_addrlen))
      }
      next = entry.ai_next
    }
    return addresses.isEmpty ? .failed(reason: "it has no address") : .addresses(addresses)
  }

  private static func setPort(_ port: UInt16, of address: UnsafeMutablePointer<sockaddr>) {
    // sockaddr_in and sockaddr_in6 have their port in the same place, right after the family.
    let raw = UnsafeMutableRawPointer(address)
    raw.storeBytes(of: port.bigEndian, toByteOffset: 2, as: UInt16.self)
  }

  private static func reason(of status: Int32) -> String {
    switch status {
    case EAI_NONAME: "no host has that name"
    case EAI_AGAIN: "the name service cannot be reached"
    default: String(cString: gai_strerror(status)).lowercased()
    }
  }
}
