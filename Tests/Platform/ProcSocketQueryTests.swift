import Glibc
import Testing

@testable import Platform

/// The owner of a connection's other end, as the kernel and its tables tell it.
@Suite struct ProcSocketQueryTests {
  /// A listener at 127.0.0.1 and a client that has connected to it.
  private final class Connection {
    let listener: Int32
    let client: Int32
    let server: Int32
    let local: TCPAddress
    let remote: TCPAddress

    init(clientFamily: Int32) throws {
      let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
      var own = sockaddr_in()
      own.sin_family = sa_family_t(AF_INET)
      own.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
      try Self.with(&own) { try Self.check(bind(listener, $0, $1)) }
      try Self.check(listen(listener, 1))
      let port = try Self.port(of: listener)
      let client = socket(clientFamily, Int32(SOCK_STREAM.rawValue), 0)
      if clientFamily == AF_INET {
        own.sin_port = port.bigEndian
        try Self.with(&own) { try Self.check(connect(client, $0, $1)) }
      } else {
        var mapped = sockaddr_in6()
        mapped.sin6_family = sa_family_t(AF_INET6)
        mapped.sin6_port = port.bigEndian
        _ = inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr)
        try Self.with(&mapped) { try Self.check(connect(client, $0, $1)) }
      }
      local = TCPAddress(127, 0, 0, 1, port: try Self.port(of: client))
      remote = TCPAddress(127, 0, 0, 1, port: port)
      server = accept(listener, nil, nil)
      self.listener = listener
      self.client = client
    }

    deinit { for socket in [listener, client, server] { close(socket) } }

    /// Ends the client's side; its number stays taken until the end, so that no other test gets it.
    func closeClient() {
      let null = open("/dev/null", O_RDWR)
      dup2(null, client)
      close(null)
    }

    private static func check(_ status: Int32) throws {
      if status != 0 { throw SystemError.last("socket") }
    }

    private static func with<Address>(
      _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) throws -> Void
    ) throws {
      let length = socklen_t(MemoryLayout<Address>.size)
      try withUnsafePointer(to: address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try body($0, length) }
      }
    }

    static func port(of socket: Int32) throws -> UInt16 {
      var storage = sockaddr_storage()
      var length = socklen_t(MemoryLayout<sockaddr_storage>.size)
      let status = withUnsafeMutablePointer(to: &storage) { pointer in
        pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
          getsockname(socket, $0, &length)
        }
      }
      try check(status)
      // The port has the same place in both families' addresses.
      return withUnsafeBytes(of: storage) { UInt16($0[2]) << 8 | UInt16($0[3]) }
    }
  }

  @Test("the owner is found", arguments: [AF_INET, AF_INET6])
  func owner(clientFamily: Int32) throws {
    let connection = try Connection(clientFamily: clientFamily)
    let asked = ProcSocketQuery.owner(of: connection.local, connectedTo: connection.remote)
    // Where the kernel cannot be asked, the tables are.
    #expect(asked == nil || asked == .user(geteuid()))
    let listed = ProcSockets().owner(of: connection.local, connectedTo: connection.remote)
    #expect(listed == .user(geteuid()))
  }

  /// One that comes and goes must not cost a reading of the tables.
  @Test func aClosedSocketIsToldAsClosed() throws {
    let connection = try Connection(clientFamily: AF_INET)
    let isAnswered =
      ProcSocketQuery.owner(of: connection.local, connectedTo: connection.remote) != nil
    connection.closeClient()
    let asked = ProcSocketQuery.owner(of: connection.local, connectedTo: connection.remote)
    #expect(asked == .closed || !isAnswered)
  }

  @Test func listenerIsNotTakenForAConnection() throws {
    let connection = try Connection(clientFamily: AF_INET)
    let nobody = TCPAddress(127, 0, 0, 1, port: 1)
    #expect(ProcSocketQuery.owner(of: connection.remote, connectedTo: nobody) == nil)
    #expect(ProcSockets().owner(of: connection.remote, connectedTo: nobody) == .unlisted)
  }

  @Test func holderOfAPortIsThisProcess() throws {
    let connection = try Connection(clientFamily: AF_INET)
    let holder = ProcSockets().holder(ofPort: connection.remote.port, at: [connection.remote])
    guard case .process(_, getpid()) = holder else {
      Issue.record("\(holder)")
      return
    }
  }

  @Test func portNobodyHoldsHasNoHolder() {
    let address = TCPAddress(127, 0, 0, 1, port: 1)
    #expect(ProcSockets(folder: "/nonexistent").holder(ofPort: 1, at: [address]) == .unknown)
  }
}
