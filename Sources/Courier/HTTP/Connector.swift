import Glibc
import Platform

/// The making of a TCP connection to a host with several addresses.
///
/// The next address is tried when the former has failed or has not answered for a moment, and the
/// first connection that comes about is taken (RFC 8305 §5): a network whose IPv6 leads nowhere
/// costs a quarter of a second, not the whole deadline.
struct Connector {
  /// Milliseconds; RFC 8305 §5 recommends 250.
  private static let attemptDelay: Int64 = 250
  /// Addresses; a name with more is a mistake or an attack.
  private static let maximumAttempts = 16

  private struct Attempt {
    let descriptor: Int32
  }

  private var waiting: ArraySlice<SocketAddress>
  private var attempts: [Attempt] = []
  private var lastFault = SystemError(ETIMEDOUT, in: "connect")

  private init(_ addresses: [SocketAddress]) { waiting = addresses.prefix(Self.maximumAttempts) }

  /// Connects to the first address that answers; the descriptor is non-blocking.
  ///
  /// Throws the last address's error, ETIMEDOUT at the deadline.
  static func connect(
    to addresses: [SocketAddress], deadline: BootInstant
  ) throws(SystemError) -> Descriptor {
    var connector = Connector(addresses)
    defer { for attempt in connector.attempts { close(attempt.descriptor) } }
    return try connector.run(until: deadline)
  }

  private mutating func run(until deadline: BootInstant) throws(SystemError) -> Descriptor {
    while true {
      guard BootInstant.now < deadline else { throw SystemError(ETIMEDOUT, in: "connect") }
      if let address = waiting.popFirst() { start(address) }
      guard !attempts.isEmpty else {
        if waiting.isEmpty { throw lastFault }
        continue
      }
      let next = BootInstant.now.adding(milliseconds: Self.attemptDelay)
      let limit = waiting.isEmpty ? deadline : min(next, deadline)
      if let connected = poll(until: limit) { return connected }
    }
  }

  private mutating func start(_ address: SocketAddress) {
    let type =
      Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue) | Int32(SOCK_NONBLOCK.rawValue)
    let descriptor = socket(address.family, type, 0)
    guard descriptor >= 0 else {
      lastFault = .last("socket")
      return
    }
    // A request in two small writes must not wait for the first one's acknowledgement.
    var on: Int32 = 1
    setsockopt(
      descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
    let status = address.withPointer { Glibc.connect(descriptor, $0, $1) }
    guard status == 0 || errno == EINPROGRESS || errno == EINTR else {
      lastFault = .last("connect")
      close(descriptor)
      return
    }
    attempts.append(Attempt(descriptor: descriptor))
  }

  /// The first connection that comes about; nil when one has failed or `limit` has passed.
  private mutating func poll(until limit: BootInstant) -> Descriptor? {
    while true {
      var entries = attempts.map { pollfd(fd: $0.descriptor, events: Int16(POLLOUT), revents: 0) }
      let rest = limit.milliseconds(after: .now)
      let ready = retryingInterrupts {
        Int(Glibc.poll(&entries, nfds_t(entries.count), rest))
      }
      if ready == 0, rest == 0 { return nil }
      for (index, entry) in entries.enumerated().reversed() where entry.revents != 0 {
        attempts.remove(at: index)
        let fault = Self.pendingFault(of: entry.fd)
        if fault == 0 { return Descriptor(owning: entry.fd) }
        lastFault = SystemError(fault, in: "connect")
        close(entry.fd)
      }
      if ready != 0 { return nil }
    }
  }

  private static func pendingFault(of descriptor: Int32) -> Int32 {
    var fault: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &fault, &length) == 0 else { return errno }
    return fault
  }
}
