import Glibc
import TLS
import Testing

struct ClientCertificateTests {
  @Test func `a key is read from either half of its PEM`() throws {
    for kind in SigningKey.Kind.allCases {
      let key = try SigningKey(generating: kind)
      #expect(try PublicKey(pem: key.pem()) == key.publicKey)
      #expect(try PublicKey(pem: key.publicPEM()) == key.publicKey)
    }
  }

  @Test(arguments: ["", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "x"])
  func `what is no key is refused`(text: String) {
    #expect(throws: CryptographyError.self) { try PublicKey(pem: Array(text.utf8)) }
    #expect(ClientCertificate.der(fromPEM: Array(text.utf8)) == nil)
  }

  @Test func `a certificate is the first of its file`() throws {
    let pairs = try ["a", "b"].map {
      try SelfSignedCertificate.make(
        names: [$0], addresses: [], validFrom: 0, validUntil: 1, purpose: .client)
    }
    let first = try #require(ClientCertificate.der(fromPEM: pairs[0].certificatePEM))
    #expect(first.first == 0x30)
    let both = pairs[0].certificatePEM + pairs[1].certificatePEM
    #expect(ClientCertificate.der(fromPEM: both) == first)
    #expect(ClientCertificate.der(fromPEM: pairs[1].certificatePEM) != first)
    #expect(ClientCertificate.der(fromPEM: pairs[0].keyPEM) == nil)
  }

  /// What a server that asks sees of a client that shows `shown`.
  private func seen(
    _ shown: CertificateAndKey?, asking: TLSServerContext.ClientCertificates
  ) throws -> [UInt8]? {
    let start = Int64(time(nil)) - 3600
    let own = try SelfSignedCertificate.make(validFrom: start, validUntil: start + 86_400)
    let folder = try ScratchFolder()
    let sources = TrustSources(
      additionalFile: folder.write(own.certificatePEM, as: "ca.pem"))
    let server = try TLSServerContext(presenting: own, clientCertificates: asking)
    let client = try TLSClientContext(trusting: sources, presenting: shown)
    let outcome = converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: server)
      try connection.handshake(deadline: soon())
      try connection.shutdown(deadline: soon())
      return connection.peerCertificate
    } client: { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(
        descriptor: descriptor, context: client, serverName: "localhost")
      try connection.handshake(deadline: soon())
      return try connection.read(deadline: soon())
    }
    _ = try outcome.client.get()
    return try outcome.server.get()
  }

  @Test func `a server that asks sees whose key the client holds`() throws {
    // Whoever signed it, and whenever: what it means is the caller's to decide.
    let pair = try SelfSignedCertificate.make(
      names: ["client"], addresses: [], validFrom: 0, validUntil: 1, purpose: .client)
    let der = ClientCertificate.der(fromPEM: pair.certificatePEM)
    #expect(try seen(pair, asking: .requested) == der)
    #expect(try seen(nil, asking: .requested) == nil)
    #expect(try seen(pair, asking: .ignored) == nil)
  }
}
