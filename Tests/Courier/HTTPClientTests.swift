import Glibc
import HTTP1
import OAuth
import Platform
import Synchronization
import TLS
import Testing

@testable import Courier

/// The client's own rules: TLS, proxies, no redirects, no repeats.
@Suite struct HTTPClientTests {
  private static let certificates = Result {
    let now = wallClockSeconds()
    return (
      named: try SelfSignedCertificate.make(
        names: ["localhost", "server.test"], validFrom: now - 60, validUntil: now + 3600),
      foreign: try SelfSignedCertificate.make(
        names: ["other.test"], addresses: [], validFrom: now - 60, validUntil: now + 3600),
      expired: try SelfSignedCertificate.make(
        validFrom: now - 7200, validUntil: now - 3600)
    )
  }

  private static let tokens = #"{"access_token":"A","token_type":"Bearer"}"#

  private func refresh(
    _ address: String, _ settings: [String] = [], environment: [String: String] = [:]
  ) throws -> (block: CourierRun.Block, status: Int32) {
    try CourierRun(
      [
        "job=refresh", "client_id=c", "refresh_token=R", "session.token_endpoint=\(address)",
        "timeout=20",
      ] + settings, environment: environment
    ).end()
  }

  private func secureServer(_ certificate: CertificateAndKey) throws -> FakeServer {
    try FakeServer(context: try TLSServerContext(presenting: certificate)) { _ in
      .json(Self.tokens)
    }
  }

  private func text(_ certificate: CertificateAndKey) -> String {
    String(decoding: certificate.certificatePEM, as: UTF8.self)
  }

  @Test("a private authority is trusted when it is named", arguments: ["ca_file", "SSL_CERT_FILE"])
  func trusted(by way: String) throws {
    let certificate = try Self.certificates.get().named
    let server = try secureServer(certificate)
    let folder = try ScratchFolder()
    let file = try folder.file("ca.pem", text(certificate))
    let result = try refresh(
      "https://localhost:\(server.port)/t", way == "ca_file" ? ["ca_file=\(file)"] : [],
      environment: way == "ca_file" ? [:] : ["SSL_CERT_FILE": file])
    #expect(result.status == 0, "\(result.block.text)")
    #expect(result.block["access_token"] == "A")
  }

  @Test(
    "a certificate that is not trusted gets no request", arguments: ["unknown", "name", "date"])
  func untrusted(why: String) throws {
    let all = try Self.certificates.get()
    let certificate = why == "unknown" ? all.named : why == "name" ? all.foreign : all.expired
    let server = try secureServer(certificate)
    let folder = try ScratchFolder()
    let file = try folder.file("ca.pem", text(certificate))
    let result = try refresh(
      "https://localhost:\(server.port)/t", why == "unknown" ? [] : ["ca_file=\(file)"])
    #expect(result.status == 1)
    #expect(result.block["error_description"]?.contains("ca_file") == true)
    #expect(result.block["error_description"]?.contains("localhost") == true)
    #expect(server.requests.isEmpty)
  }

  @Test func nothingInTheEnvironmentSwitchesTheChecksOff() throws {
    let server = try secureServer(try Self.certificates.get().named)
    let result = try refresh(
      "https://localhost:\(server.port)/t",
      environment: [
        "GIT_SSL_NO_VERIFY": "1", "NODE_TLS_REJECT_UNAUTHORIZED": "0", "PYTHONHTTPSVERIFY": "0",
      ])
    #expect(result.status == 1)
    #expect(server.requests.isEmpty)
  }

  @Test func serverThatDoesNotSpeakTLSIsNamed() throws {
    let server = try FakeServer { _ in .json(Self.tokens) }
    let result = try refresh("https://localhost:\(server.port)/t")
    #expect(result.status == 1)
    #expect(
      result.block["error_description"] == "no secure connection to localhost: "
        + "the peer does not speak TLS; check the address and its port")
  }

  @Test("a tunnel is asked of the proxy, with its credentials", arguments: [true, false])
  func proxy(fromSetting: Bool) throws {
    let certificate = try Self.certificates.get().named
    let server = try secureServer(certificate)
    let port = server.port
    let proxy = try FakeServer { _ in .tunnel(port) }
    let folder = try ScratchFolder()
    let file = try folder.file("ca.pem", text(certificate))
    let address = "http://ada:p%40ss+word@127.0.0.1:\(proxy.port)"
    let result = try refresh(
      "https://server.test/t", ["ca_file=\(file)"] + (fromSetting ? ["proxy=\(address)"] : []),
      environment: fromSetting ? [:] : ["HTTPS_PROXY": address])
    #expect(result.status == 0, "\(result.block.text)")
    let connect = try #require(proxy.requests.first)
    #expect(connect.method == "CONNECT")
    #expect(connect.target == "server.test:443")
    #expect(
      connect.fields["Proxy-Authorization"] == "Basic \(Base64.encode(Array("ada:p@ss+word".utf8)))"
    )
    #expect(server.requests.first?.fields["Proxy-Authorization"] == nil)
    #expect(server.requests.first?.host == "server.test")
  }

  @Test("a proxy that refuses is named, without its credentials", arguments: [(407, 1), (502, 5)])
  func proxyRefuses(status: Int, exit: Int32) throws {
    let proxy = try FakeServer { _ in .status(status) }
    let result = try refresh(
      "https://server.test/t", ["proxy=http://ada:secret@127.0.0.1:\(proxy.port)"])
    #expect(result.status == exit)
    #expect(result.block["error_description"]?.contains("proxy 127.0.0.1") == true)
    #expect(!result.block.text.contains("secret"))
  }

  @Test func thisMachineIsNeverReachedThroughAProxy() throws {
    let server = try FakeServer { _ in .json(Self.tokens) }
    let proxy = try FakeServer { _ in .status(500) }
    let result = try refresh("\(server.base)/t", ["proxy=http://127.0.0.1:\(proxy.port)"])
    #expect(result.status == 0)
    #expect(proxy.requests.isEmpty)
  }

  @Test func httpIsRefusedForEveryOtherHost() throws {
    let result = try refresh("http://server.test/t")
    #expect(result.status == 1)
    #expect(result.block["error_description"]?.contains("http on server.test") == true)
  }

  @Test func nameThatDoesNotExistMayExistLater() throws {
    let result = try refresh("https://no-such-host.invalid/t")
    #expect(result.status == 5)
    #expect(result.block["error_description"]?.contains("no-such-host.invalid") == true)
  }

  @Test func nextAddressIsTriedWhenOneRefuses() throws {
    let port = try Sockets.freePort()
    let listener = try Sockets.listen(.loopbackV6(port: port))
    defer { close(listener) }
    let connected = try Connector.connect(
      to: [.loopbackV4(port: port), .loopbackV6(port: port)],
      deadline: BootInstant.now.adding(seconds: 20))
    #expect(SocketAddress.told { getpeername(connected.number, $0, $1) }?.family == AF_INET6)
  }

  @Test func addressThatStaysSilentIsNotWaitedForAlone() throws {
    // A listener whose queue is full answers nothing more, like a network that leads nowhere.
    let silent = try Sockets.listen(.loopbackV4(port: 0))
    listen(silent, 0)
    let silentAddress = SocketAddress.loopbackV4(port: try Sockets.port(of: silent))
    let first = try Sockets.connect(silentAddress)
    let other = try Sockets.listen(.loopbackV4(port: 0))
    defer { for socket in [silent, first, other] { close(socket) } }
    let port = try Sockets.port(of: other)
    let connected = try Connector.connect(
      to: [silentAddress, .loopbackV4(port: port)], deadline: BootInstant.now.adding(seconds: 20))
    #expect(
      SocketAddress.told { getpeername(connected.number, $0, $1) }?.ipAddress?.port == port)
  }

  @Test func everyAddressRefusingIsOneClearFault() throws {
    let port = try Sockets.freePort()
    #expect(throws: SystemError(ECONNREFUSED, in: "connect")) {
      _ = try Connector.connect(
        to: [.loopbackV4(port: port), .loopbackV6(port: port)],
        deadline: BootInstant.now.adding(seconds: 20))
    }
  }
}
