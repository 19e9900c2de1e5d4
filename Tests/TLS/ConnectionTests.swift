import Glibc
import TLS
import Testing

@Suite struct ConnectionTests {
  private let trust: Trust

  init() throws { trust = try Trust() }

  /// A client's connection after the handshake.
  private func connect(_ descriptor: Int32) throws(TLSError) -> TLSConnection {
    let connection = try TLSConnection(
      descriptor: descriptor, context: trust.client, serverName: "localhost")
    try connection.handshake(deadline: soon())
    return connection
  }

  /// A conversation of a client with a server that has shaken hands already.
  private func converse<Server: Sendable, Client>(
    server: @escaping @Sendable (TLSConnection) throws(TLSError) -> Server,
    client: (TLSConnection) throws(TLSError) -> Client
  ) -> (server: Outcome<Server>, client: Outcome<Client>) {
    let context = trust.server
    return TLSTests.converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: context)
      try connection.handshake(deadline: soon())
      return try server(connection)
    } client: { (descriptor) throws(TLSError) in
      try client(try connect(descriptor))
    }
  }

  @Test func theNewestVersionIsSpoken() throws {
    let outcome = converse { (server) throws(TLSError) in
      server.version
    } client: { (client) throws(TLSError) in
      client.version
    }
    #expect(try outcome.server.get() == "TLSv1.3")
    #expect(try outcome.client.get() == "TLSv1.3")
  }

  @Test func megabytesPassUnharmedBothWays() throws {
    let sent = (0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
    let outcome = converse { (server) throws(TLSError) in
      var received: [UInt8] = []
      while received.count < sent.count { received += try server.read(deadline: soon()) }
      try server.write(received, deadline: soon())
      try server.shutdown(deadline: soon())
    } client: { (client) throws(TLSError) in
      try client.write(sent, deadline: soon())
      var received: [UInt8] = []
      while true {
        let piece = try client.read(atMost: 1000, deadline: soon())
        guard !piece.isEmpty else { return received }
        received += piece
      }
    }
    #expect(outcome.server.error == nil)
    #expect(try outcome.client.get() == sent)
  }

  @Test func anOrderlyEndIsEmptyAndStays() throws {
    let outcome = converse { (server) throws(TLSError) in
      try server.write([1], deadline: soon())
      try server.shutdown(deadline: soon())
    } client: { (client) throws(TLSError) in
      [
        try client.read(deadline: soon()), try client.read(deadline: soon()),
        try client.read(deadline: soon()),
      ]
    }
    #expect(try outcome.client.get() == [[1], [], []])
  }

  @Test func anEndWithoutCloseNotifyIsTruncated() throws {
    let outcome = converse { (server) throws(TLSError) in
      try server.write([1, 2], deadline: soon())
    } client: { (client) throws(TLSError) in
      let first = try client.read(deadline: soon())
      do throws(TLSError) {
        _ = try client.read(deadline: soon())
        return (first, TLSError?.none)
      } catch { return (first, error) }
    }
    let (first, error) = try outcome.client.get()
    #expect(first == [1, 2])
    #expect(error == .truncated)
  }

  @Test func afterATruncationNothingWorks() throws {
    let outcome = converse { (_) throws(TLSError) in
    } client: { (client) throws(TLSError) in
      do { _ = try client.read(deadline: soon()) } catch {}
      try client.shutdown(deadline: soon())
    }
    #expect(outcome.client.error == .closed)
  }

  /// Without MSG_NOSIGNAL the default action of SIGPIPE would end the test run.
  @Test func writingToAPeerThatHasGoneIsAnErrorAndNoSignal() throws {
    let pair = SocketPair()
    let outcome = converse { (_) throws(TLSError) in
    } client: { (client) throws(TLSError) in
      for _ in 0..<100 { try client.write([UInt8](repeating: 0, count: 65_536), deadline: soon()) }
    }
    #expect(outcome.client.error == .closed)
    pair.closeServer()
    let connection = try TLSConnection(
      descriptor: pair.client, context: trust.client, serverName: "localhost")
    #expect(throws: TLSError.closed) { try connection.handshake(deadline: soon()) }
  }

  @Test func aSilentPeerIsNotWaitedForBeyondTheDeadline() throws {
    let pair = SocketPair()
    for isBlocking in [true, false] {
      #expect(fcntl(pair.client, F_SETFL, isBlocking ? 0 : O_NONBLOCK) == 0)
      let connection = try TLSConnection(
        descriptor: pair.client, context: trust.client, serverName: "localhost")
      #expect(throws: TLSError.timedOut) {
        try connection.handshake(deadline: now() + 5_000_000)
      }
    }
  }

  @Test func aDeadlineOfThePastIsNoTimeAtAll() throws {
    let outcome = converse { (server) throws(TLSError) in
      try server.write([1], deadline: soon())
      _ = try server.read(deadline: soon())
    } client: { (client) throws(TLSError) in
      for deadline in [now() - 1, 0, -1, Int64.min] {
        do throws(TLSError) {
          _ = try client.read(deadline: deadline)
          return false
        } catch {
          guard error == .timedOut else { throw error }
        }
      }
      // It was the caller's deadline that passed; the connection is as good as before.
      let isWhole = try client.read(deadline: Int64.max) == [1]
      try client.shutdown(deadline: soon())
      return isWhole
    }
    #expect(try outcome.client.get())
  }

  @Test func aWriteThatNobodyReadsEndsAtItsDeadline() throws {
    let context = trust.server
    let outcome = TLSTests.converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: context)
      try connection.handshake(deadline: soon())
      // Until the client has gone.
      var request = pollfd(fd: descriptor, events: 0, revents: 0)
      _ = poll(&request, 1, 20_000)
    } client: { (descriptor) throws(TLSError) in
      let much = [UInt8](repeating: 0, count: 50_000_000)
      try connect(descriptor).write(much, deadline: now() + 20_000_000)
    }
    #expect(outcome.server.error == nil)
    #expect(outcome.client.error == .timedOut)
  }

  @Test func readingNeedsRoom() throws {
    let outcome = converse { (_) throws(TLSError) in
    } client: { (client) throws(TLSError) in
      try client.read(into: UnsafeMutableRawBufferPointer(start: nil, count: 0), deadline: soon())
    }
    #expect(outcome.client.error == .unusable(reason: "there is no room to read into"))
  }

  @Test func theDescriptorStaysTheCallers() throws {
    let pair = SocketPair()
    do {
      _ = try TLSConnection(
        descriptor: pair.client, context: trust.client, serverName: "localhost")
    }
    #expect(fcntl(pair.client, F_GETFD) >= 0)
  }
}
