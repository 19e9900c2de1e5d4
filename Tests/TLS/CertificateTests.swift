import TLS
import Testing

@Suite struct CertificateTests {
  @Test(arguments: ["localhost", "LocalHost", "localhost.", "127.0.0.1", "::1", "0:0::1"])
  func aTrustedCertificateForTheNameIsAccepted(name: String) throws {
    #expect(try Trust().handshake(as: name) == .success(Array("hello".utf8)))
  }

  @Test(arguments: ["other.example", "127.0.0.2", "::2", "localhost.example", "ocalhost"])
  func aCertificateForAnotherNameIsRefused(name: String) throws {
    let error = try Trust().handshake(as: name).error
    #expect(error == .untrusted(reason: "the certificate is for another name"))
  }

  @Test func aWildcardStandsForOneWholeLabel() throws {
    let trust = try Trust(names: ["*.a.example"])
    #expect(trust.handshake(as: "b.a.example").error == nil)
    for name in ["a.example", "c.b.a.example", "b.example"] {
      #expect(trust.handshake(as: name).error != nil, "\(name)")
    }
    let partial = try Trust(names: ["w*.a.example"])
    #expect(partial.handshake(as: "www.a.example").error != nil)
  }

  /// RFC 9525 §6.3: the subject's common name is text for people.
  @Test func theCommonNameIsNoName() throws {
    let trust = try Trust(names: [], addresses: ["127.0.0.1"])
    #expect(trust.handshake(as: "127.0.0.1").error == nil)
    let both = try Trust(names: ["a.example"], addresses: [])
    #expect(both.handshake(as: "a.example").error == nil)
    #expect(try nameOnlyInSubject("b.example").handshake(as: "b.example").error != nil)
  }

  /// A certificate whose subject is `name` and whose alternative names are others.
  private func nameOnlyInSubject(_ name: String) throws -> Trust {
    try Trust(names: [], addresses: ["::1"], commonName: name)
  }

  @Test func anUnknownIssuerIsRefused() throws {
    var trust = try Trust()
    trust.client = try TLSClientContext(trusting: TrustSources())
    let error = trust.handshake().error
    #expect(error == .untrusted(reason: "the certificate is self-signed and not trusted"))
  }

  @Test func anotherTrustedCertificateDoesNotVouch() throws {
    var trust = try Trust()
    let stranger = try Trust()
    trust.client = stranger.client
    guard case .untrusted = trust.handshake().error else {
      Issue.record("accepted")
      return
    }
  }

  @Test func anExpiredCertificateIsRefused() throws {
    let error = try Trust(validFrom: -7200, validFor: 3600).handshake().error
    #expect(error == .untrusted(reason: "the certificate has expired"))
  }

  @Test func aCertificateOfTheFutureIsRefused() throws {
    let error = try Trust(validFrom: 7200).handshake().error
    #expect(error == .untrusted(reason: "the certificate is not valid yet"))
  }

  @Test func aClientsCertificateIsNoServers() throws {
    let error = try Trust(purpose: .client).handshake().error
    #expect(error == .untrusted(reason: "the certificate is not one for servers"))
  }

  @Test func aServerHearsOfTheRefusalAndGetsNothing() throws {
    let trust = try Trust()
    let server = trust.server
    let outcome = converse { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(descriptor: descriptor, context: server)
      try connection.handshake(deadline: soon())
      return try connection.read(deadline: soon())
    } client: { (descriptor) throws(TLSError) in
      let connection = try TLSConnection(
        descriptor: descriptor, context: trust.client, serverName: "other.example")
      do { try connection.handshake(deadline: soon()) } catch {}
      try connection.write(Array("secret".utf8), deadline: soon())
    }
    #expect(outcome.client.error == .closed)
    #expect(
      outcome.server.error
        == .protocolFailure(reason: "the peer refused the connection: bad certificate"))
  }

  @Test(arguments: ["", ".", "a b", "a\0b", "*", "[::1]", "a/b", "\u{E9}.example", "a@b"])
  func whatCanBeInNoCertificateIsNoName(name: String) throws {
    let trust = try Trust()
    let error = trust.handshake(as: name).error
    #expect(error == .unusable(reason: "the server's name can be in no certificate"))
  }

  @Test func aNameCannotAddAnotherToACertificate() {
    for name in ["a,DNS:b", "", "a\nb", "a b"] {
      #expect(throws: CryptographyError.self) {
        try SelfSignedCertificate.make(names: [name], validFrom: 0, validUntil: 1)
      }
    }
    #expect(throws: CryptographyError.self) {
      try SelfSignedCertificate.make(addresses: ["not an address"], validFrom: 0, validUntil: 1)
    }
  }

  @Test func keyAndCertificateBelongTogether() throws {
    let one = try SelfSignedCertificate.make(validFrom: 0, validUntil: 1)
    let other = try SelfSignedCertificate.make(validFrom: 0, validUntil: 1)
    #expect(throws: TLSError.self) {
      try TLSServerContext(
        presenting: CertificateAndKey(
          certificatePEM: one.certificatePEM, keyPEM: other.keyPEM))
    }
    #expect(throws: TLSError.unusable(reason: "there is no certificate in PEM")) {
      try TLSServerContext(presenting: CertificateAndKey(certificatePEM: [], keyPEM: one.keyPEM))
    }
    #expect(throws: TLSError.unusable(reason: "there is no unencrypted private key in PEM")) {
      try TLSServerContext(
        presenting: CertificateAndKey(certificatePEM: one.certificatePEM, keyPEM: []))
    }
  }
}
