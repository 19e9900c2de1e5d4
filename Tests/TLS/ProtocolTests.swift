import Glibc
import TLS
import Testing

/// Peers that speak something else, or an old version.
@Suite struct ProtocolTests {
  private let trust: Trust

  init() throws { trust = try Trust() }

  /// What a client comes to whose server answers the first bytes with `answer` and closes.
  private func handshake(answeredWith answer: [UInt8]) -> TLSError? {
    converse { (descriptor) throws(TLSError) in
      var buffer = [UInt8](repeating: 0, count: 4096)
      _ = recv(descriptor, &buffer, buffer.count, 0)
      _ = send(descriptor, answer, answer.count, Int32(MSG_NOSIGNAL))
    } client: { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(
        descriptor: descriptor, context: trust.client, serverName: "localhost")
      try connection.handshake(deadline: soon())
    }.client.error
  }

  /// What a server comes to whose client begins with `bytes`, and the answer it sends.
  private func serve(_ bytes: [UInt8]) -> (error: TLSError?, answer: [UInt8]) {
    let context = trust.server
    let outcome = converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: context)
      try connection.handshake(deadline: soon())
    } client: { (descriptor) throws(TLSError) in
      _ = send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
      var answer = [UInt8](repeating: 0, count: 4096)
      let count = recv(descriptor, &answer, answer.count, 0)
      return Array(answer.prefix(max(count, 0)))
    }
    return (outcome.server.error, (try? outcome.client.get()) ?? [])
  }

  private func record(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    [type, 3, 1, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
  }

  private func message(_ type: UInt8, _ content: [UInt8]) -> [UInt8] {
    [type, 0, UInt8(content.count >> 8), UInt8(content.count & 0xFF)] + content
  }

  /// A ServerHello (RFC 5246 §7.4.1.3) of the version 3.`minor`.
  private func serverHello(minor: UInt8) -> [UInt8] {
    let random = [UInt8](repeating: 7, count: 32)
    return record(22, message(2, [3, minor] + random + [0, 0xC0, 0x13, 0]))
  }

  /// A ClientHello (RFC 5246 §7.4.1.2) of the version 3.`minor`, with two cipher suites.
  private func clientHello(minor: UInt8, extensions: [UInt8] = []) -> [UInt8] {
    let random = [UInt8](repeating: 7, count: 32)
    let length = [UInt8(extensions.count >> 8), UInt8(extensions.count & 0xFF)]
    return record(
      22,
      message(
        1,
        [3, minor] + random + [0, 0, 4, 0xC0, 0x2B, 0xC0, 0x09, 1, 0] + length + extensions))
  }

  /// What an elliptic key exchange needs: the group P-256 and the signature ecdsa_secp256r1_sha256.
  private let elliptic: [UInt8] =
    [0, 10, 0, 4, 0, 2, 0, 23] + [0, 13, 0, 4, 0, 2, 4, 3] + [0, 11, 0, 2, 1, 0]

  private let tooOld = TLSError.protocolFailure(
    reason: "the peer speaks neither TLS 1.2 nor a later version")

  @Test(arguments: [0, 1, 2] as [UInt8])
  func aServerOfAnOldVersionIsRefused(minor: UInt8) {
    #expect(handshake(answeredWith: serverHello(minor: minor)) == tooOld)
  }

  @Test(arguments: [0, 1, 2] as [UInt8])
  func aClientOfAnOldVersionIsRefused(minor: UInt8) {
    let (error, answer) = serve(clientHello(minor: minor, extensions: elliptic))
    #expect(error == tooOld)
    // An alert: fatal, protocol_version (RFC 5246 §7.2.2); SSL 3.0 has only handshake_failure.
    #expect(answer.suffix(2) == (minor == 0 ? [2, 40] : [2, 70]))
  }

  @Test func theSameClientOfVersion12IsAnswered() {
    let (_, answer) = serve(clientHello(minor: 3, extensions: elliptic))
    #expect(answer.first == 22)
  }

  @Test func anAlertOfAnOldVersionIsUnderstood() {
    #expect(handshake(answeredWith: record(21, [2, 70])) == tooOld)
  }

  @Test func aRefusalByThePeerIsSaidInItsWords() {
    #expect(
      handshake(answeredWith: record(21, [2, 40]))
        == .protocolFailure(reason: "the peer refused the connection: handshake failure"))
  }

  @Test(arguments: [
    "HTTP/1.1 400 Bad Request\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "220 mail ESMTP\r\n", "{}      ",
  ])
  func aServerOfAnotherProtocolIsToldAsSuch(greeting: String) {
    #expect(handshake(answeredWith: Array(greeting.utf8)) == .notTLS)
  }

  @Test func aClientOfAnotherProtocolIsToldAsSuch() {
    let (error, _) = serve(Array("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n".utf8))
    #expect(error == .notTLS)
  }

  @Test func anEndWithinTheHandshakeIsAClosedConnection() {
    #expect(handshake(answeredWith: []) == .closed)
    #expect(handshake(answeredWith: [22, 3, 3, 0, 80, 2]) == .closed)
  }

  @Test func aServerTakesTheProtocolItSpeaksAndRefusesOthers() {
    func offering(_ protocols: [[UInt8]]) -> [UInt8] {
      let list = protocols.flatMap { [UInt8($0.count)] + $0 }
      let length = UInt8(list.count)
      return clientHello(
        minor: 3, extensions: elliptic + [0, 16, 0, length + 2, 0, length] + list)
    }
    let (h2, http) = (Array("h2".utf8), Array("http/1.1".utf8))
    #expect(serve(offering([h2, http])).answer.first == 22)
    // An alert: fatal, no_application_protocol (RFC 7301 §3.2).
    #expect(serve(offering([h2])).answer.suffix(2) == [2, 120])
  }

  @Test func noiseNeverTraps() {
    for seed in 0..<20 {
      let noise = (0..<200).map { UInt8(truncatingIfNeeded: ($0 &+ seed) &* 7919 >> 3) }
      #expect(handshake(answeredWith: noise) != nil)
      #expect(serve(noise).error != nil)
      #expect(handshake(answeredWith: Array(serverHello(minor: 3).prefix(9)) + noise) != nil)
    }
  }
}
