import Glibc
import TLS
import Testing

/// Calls that do not wait, and what a certificate is for.
@Suite struct ImmediateTests {
  private static func certificate(
    names: [String] = ["localhost"], addresses: [String] = ["127.0.0.1"]
  ) throws -> CertificateAndKey {
    try SelfSignedCertificate.make(
      names: names, addresses: addresses, validFrom: 0, validUntil: 4_000_000_000)
  }

  private static func read(
    _ connection: TLSConnection, into room: inout [UInt8]
  ) throws(TLSError) -> TLSConnection.Attempt {
    let result: Result<TLSConnection.Attempt, TLSError> = room.withUnsafeMutableBytes { room in
      do throws(TLSError) { return .success(try connection.readNow(into: room)) } catch {
        return .failure(error)
      }
    }
    return try result.get()
  }

  /// A server's connection, and the socket of whoever speaks to it.
  private struct Scene {
    let pair = SocketPair()
    let connection: TLSConnection

    init() throws {
      connection = try TLSConnection(
        descriptor: pair.server,
        context: try TLSServerContext(presenting: try ImmediateTests.certificate()))
    }

    func read() throws -> TLSConnection.Attempt {
      var room = [UInt8](repeating: 0, count: 100)
      return try ImmediateTests.read(connection, into: &room)
    }

    func answer() -> [UInt8] {
      var room = [UInt8](repeating: 0, count: 100)
      let count = recv(pair.client, &room, room.count, Int32(MSG_DONTWAIT))
      return Array(room.prefix(max(count, 0)))
    }
  }

  @Test func silentPeerIsNotWaitedFor() throws {
    let scene = try Scene()
    #expect(try scene.read() == .wouldBlock(events: POLLIN))
    let hello: [UInt8] = [0x16, 3, 1, 2, 0, 1, 0]
    #expect(send(scene.pair.client, hello, hello.count, 0) == hello.count)
    #expect(try scene.read() == .wouldBlock(events: POLLIN))
  }

  @Test func plainRequestIsAnErrorAndGetsNothing() throws {
    let scene = try Scene()
    let request = Array("GET /callback?code=C HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8)
    #expect(send(scene.pair.client, request, request.count, 0) == request.count)
    #expect(throws: TLSError.self) { try scene.read() }
    #expect(scene.answer().isEmpty)
    #expect(throws: TLSError.closed) { try scene.read() }
  }

  @Test func peerThatGoesIsAnError() throws {
    let scene = try Scene()
    scene.pair.closeClient()
    #expect(throws: TLSError.closed) { try scene.read() }
  }

  @Test func conversationIsTheSameWithoutWaiting() throws {
    let trust = try Trust()
    let (server, client) = (trust.server, trust.client)
    let result = converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: server)
      var received: [UInt8] = []
      while true {
        var room = [UInt8](repeating: 0, count: 16)
        switch try Self.read(connection, into: &room) {
        case .wouldBlock(let events):
          var request = pollfd(fd: descriptor, events: Int16(events), revents: 0)
          poll(&request, 1, 20_000)
        case .done(0):
          return received
        case .done(let count):
          received += room.prefix(count)
          try connection.write(Array(room.prefix(count)), deadline: soon())
          if received.count == 5 { connection.endNow() }
        }
      }
    } client: { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(
        descriptor: descriptor, context: client, serverName: "localhost")
      try connection.handshake(deadline: soon())
      try connection.write(Array("hello".utf8), deadline: soon())
      var answer: [UInt8] = []
      while true {
        let bytes = try connection.read(deadline: soon())
        if bytes.isEmpty { break }
        answer += bytes
      }
      try connection.shutdown(deadline: soon())
      return answer
    }
    #expect(try result.server.get() == Array("hello".utf8))
    #expect(try result.client.get() == Array("hello".utf8))
  }

  @Test(
    "the names it is for",
    arguments: [
      ("localhost", true), ("LOCALHOST", true), ("127.0.0.1", true), ("::1", false),
      ("127.0.0.2", false), ("localhost.example", false), ("local", false), ("", false),
    ])
  func covers(_ host: String, _ expected: Bool) throws {
    #expect(try Self.certificate().covers(host) == expected)
  }

  @Test func nameOfTheSubjectIsNoName() throws {
    let own = try SelfSignedCertificate.make(
      names: ["other"], addresses: [], validFrom: 0, validUntil: 4_000_000_000,
      commonName: "localhost")
    #expect(try own.covers("localhost") == false)
  }

  @Test func keyOfAnotherCertificateIsRefused() throws {
    var own = try Self.certificate()
    own.keyPEM = try Self.certificate().keyPEM
    #expect(throws: TLSError.self) { try own.covers("localhost") }
  }
}
