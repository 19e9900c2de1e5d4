import Glibc
import OAuth
import Platform
import TLS
import Testing

@testable import Courier

/// The certificate of a redirect URI with https, and several redirect URIs.
@Suite struct SecureRedirectTests {
  private func certificate(_ name: String = "localhost") throws -> CertificateAndKey {
    try SelfSignedCertificate.make(
      names: [name], addresses: ["127.0.0.1"], validFrom: 0, validUntil: 4_000_000_000)
  }

  private func sentence(_ body: () throws(CourierFailure) -> Void) -> String? {
    do {
      try body()
      return nil
    } catch { return error.failure.description }
  }

  @Test func certificateForTheHostIsUsed() throws {
    let own = try certificate()
    let localhost = try RedirectURI("https://localhost:3000/cb", hasCertificate: true)
    #expect(try RedirectCertificate.context(for: localhost, own) != nil)
    let address = try RedirectURI("https://127.0.0.1/cb", hasCertificate: true)
    #expect(try RedirectCertificate.context(for: address, own) != nil)
  }

  @Test func addressWithoutTLSNeedsNone() throws {
    let plain = try RedirectURI("http://localhost:3000/cb", hasCertificate: true)
    #expect(try RedirectCertificate.context(for: plain, nil) == nil)
    let hosted = try RedirectURI("https://app.example/cb", hasCertificate: true)
    #expect(try RedirectCertificate.context(for: hosted, certificate()) == nil)
  }

  @Test func anotherHostIsRefusedByName() throws {
    let own = try certificate("other")
    let redirectURI = try RedirectURI("https://localhost:3000/cb", hasCertificate: true)
    let words = sentence { () throws(CourierFailure) in
      _ = try RedirectCertificate.context(for: redirectURI, own)
    }
    #expect(words?.contains("not for localhost") == true)
  }

  @Test func anotherKeyIsRefused() throws {
    var own = try certificate()
    own.keyPEM = try certificate().keyPEM
    let redirectURI = try RedirectURI("https://localhost:3000/cb", hasCertificate: true)
    let words = sentence { () throws(CourierFailure) in
      _ = try RedirectCertificate.context(for: redirectURI, own)
    }
    #expect(words?.contains("redirect_certificate and redirect_key") == true)
  }

  @Test func filesThatCannotBeUsedAreNamedWithTheirPaths() throws {
    let folder = try ScratchFolder()
    let own = try certificate()
    let chain = try folder.file("c.pem", String(decoding: own.certificatePEM, as: UTF8.self))
    let other = try folder.file(
      "other.pem", String(decoding: try certificate().keyPEM, as: UTF8.self))
    let encrypted = try folder.file("e.pem", "-----BEGIN ENCRYPTED PRIVATE KEY-----\nMAA=\n")
    func failure(key: String) throws -> CourierFailure? {
      let job = try ClientFixture.job(["redirect_certificate=\(chain)", "redirect_key=\(key)"])
      return #expect(throws: CourierFailure.self) {
        _ = try RedirectCertificate.read(from: job, environment: Environment([:]))
      }
    }
    #expect(
      try failure(key: other)?.failure.description
        == "redirect_certificate \(chain) and redirect_key \(other) cannot be used: "
        + "the key is not that of the certificate")
    let refusal = try failure(key: encrypted)?.failure
    #expect(refusal?.description.hasPrefix("redirect_key \(encrypted) cannot be used: ") == true)
    #expect(refusal?.hint == "openssl pkey -in \(encrypted) -out \(encrypted).plain")
  }

  @Test func missingCertificateNeverMeansPlainHTTP() throws {
    let redirectURI = try RedirectURI("https://localhost:3000/cb", hasCertificate: true)
    let words = sentence { () throws(CourierFailure) in
      _ = try RedirectCertificate.context(for: redirectURI, nil)
    }
    #expect(words?.contains("redirect_certificate") == true)
  }

  @Test func failureNamesEveryAddressThatWasTried() throws {
    let ports = try (0..<2).map { _ in try Sockets.listen(.loopbackV4(port: 0)) }
    defer { for port in ports { close(port) } }
    let addresses = try ports.map { "http://127.0.0.1:\(try Sockets.port(of: $0))/cb" }
    let run = try CourierRun(
      [
        "job=login", "account=work", "client_id=client", "timeout=20",
        "authorization_endpoint=http://127.0.0.1:1/a", "token_endpoint=http://127.0.0.1:1/t",
      ] + addresses.map { "redirect_uri[]=\($0)" })
    let (block, status) = try run.end()
    #expect(status == 1)
    for address in addresses {
      #expect(block["error_description"]?.contains("for \(address) port ") == true)
    }
  }

  /// What a client gets that says hello, and whether the listener has something to tell.
  private func answer(to peers: PeerRule) throws -> (bytes: [UInt8], isNoticed: Bool) {
    let port = try Sockets.freePort()
    let redirectURI = try RedirectURI("https://localhost:\(port)/cb", hasCertificate: true)
    let rules = CallbackRules(
      redirectURI: redirectURI,
      answer: AnswerRule(state: State(try Entropy.fresh()), proof: .plain(.unknown)),
      resultPath: "/finished/1")
    let server = CallbackServer(
      sockets: try ListenerSockets.open(redirectURI), rules: rules,
      context: try TLSServerContext(presenting: try certificate()), peers: peers)
    let asked = try Background<[UInt8]> {
      guard let socket = try? Sockets.connect(.loopbackV4(port: port)) else { return [] }
      defer { close(socket) }
      // Not TLS: whoever is spoken to at all gets an alert.
      Sockets.write(socket, [0x16, 3, 3, 0, 4, 1, 0, 0, 0])
      return Sockets.read(socket)
    }
    let watch = ListenerWatch(descriptor: asked.descriptor, events: POLLIN)
    let deadline = BootInstant.now.adding(seconds: 20)
    let event = server.next(watching: [watch], until: deadline)
    if case .notice = event {
      _ = server.next(watching: [watch], until: deadline)
      return (asked.value(by: deadline) ?? [], true)
    }
    return (asked.value(by: deadline) ?? [], false)
  }

  @Test func anotherUserIsTurnedAwayBeforeTLS() throws {
    let other = try answer(to: PeerRule(userID: geteuid() + 1))
    #expect(other.bytes.isEmpty)
    #expect(other.isNoticed)
    let own = try answer(to: PeerRule())
    #expect(own.bytes.first == 0x15)
    #expect(!own.isNoticed)
  }
}
