import Glibc
import HTTP1
import OAuth
import Platform
import TLS
import Testing

@testable import PracticeServer

/// The server on its real sockets, stopped when the value ends.
final class RunningServer {
  let service: PracticeService
  let origin: String
  let port: UInt16
  private var opened: [Int32] = []

  init(
    protection: CertificateAndKey? = nil, log: RequestLog? = nil,
    clients: [RegisteredClient] = RegisteredClient.builtIn, misbehaviour: Misbehaviour? = nil,
    _ change: (inout Behaviour) -> Void = { _ in }
  ) throws {
    var behaviour = Behaviour()
    change(&behaviour)
    let listeners = try LoopbackListeners(port: 0)
    port = listeners.port
    origin = "\(protection == nil ? "http" : "https")://localhost:\(port)"
    service = try PracticeService(
      listeners,
      settings: Settings(
        origin: origin, clients: clients, behaviour: behaviour,
        signer: try #require(Fixture.signer),
        clientCertificates: protection == nil ? .unused : .accepted, misbehaviour: misbehaviour),
      log: log,
      context: try protection.map {
        try TLSServerContext(presenting: $0, clientCertificates: .requested)
      })
    try #require(service.start())
  }

  deinit {
    service.stop()
    for number in opened { close(number) }
  }

  func authorization(redirect: String) -> String {
    let changed = Fixture.authorization.map {
      FormParameter($0.0, $0.0 == "redirect_uri" ? redirect : $0.1)
    }
    return "\(origin)/authorize?\(FormParameters(changed).encoded())"
  }

  func fetch(_ path: String, trust: TrustSources = TrustSources()) throws -> Response {
    try LoopbackClient(trust: trust, deadline: BootInstant.now.adding(seconds: 30))
      .fetch(try Endpoint(origin + path), posting: nil)
  }

  /// A new connection; its descriptor is closed with the server.
  func connect(over family: Int32 = AF_INET) throws -> Wire {
    let number = socket(family, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    opened.append(number)
    let result = LoopbackAddress(family: family, port: port).with { Glibc.connect(number, $0, $1) }
    try #require(result == 0)
    // As the server has its own: a read waits by poll, until its deadline.
    _ = fcntl(number, F_SETFL, O_NONBLOCK)
    return .plain(number)
  }

  /// The same over TLS, with a certificate to show or without one.
  func converse(
    _ text: String, trust: TrustSources, presenting certificate: CertificateAndKey?
  ) throws -> String {
    let context = try TLSClientContext(trusting: trust, presenting: certificate)
    guard case .plain(let socket) = try connect() else { return "" }
    let connection = try TLSConnection(
      descriptor: socket, context: context, serverName: "localhost")
    let deadline = BootInstant.now.adding(seconds: 30)
    try connection.handshake(deadline: deadline.asInt64)
    return try Self.converse(text, over: .protected(connection))
  }

  /// Sends bytes as they are and reads to the end of the connection.
  func converse(_ text: String, over family: Int32 = AF_INET) throws -> String {
    try Self.converse(text, over: try connect(over: family))
  }

  private static func converse(_ text: String, over wire: Wire) throws -> String {
    let deadline = BootInstant.now.adding(seconds: 30)
    // The server may refuse before it has read everything.
    try? wire.write(Array(text.utf8), until: deadline)
    var answer: [UInt8] = []
    while true {
      let bytes = try wire.read(until: deadline)
      if bytes.isEmpty { return String(decoding: answer, as: UTF8.self) }
      answer += bytes
    }
  }
}

/// What a client should not send, and the status it is answered with.
enum Garbage: CaseIterable {
  case handshake, withoutHost, hugeBody, longTarget, hugeField

  var bytes: String {
    let long = String(repeating: "a", count: 70_000)
    return switch self {
    case .handshake: "\u{16}\u{3}\u{1}\r\n\r\n"
    case .withoutHost: "GET / HTTP/1.1\r\n\r\n"
    case .hugeBody: "POST /token HTTP/1.1\r\nHost: a\r\nContent-Length: 99999999\r\n\r\n"
    case .longTarget: "GET /\(long) HTTP/1.1\r\n\r\n"
    case .hugeField: "GET / HTTP/1.1\r\nHost: a\r\nX: \(long)\r\n\r\n"
    }
  }

  var status: Int {
    switch self {
    case .handshake, .withoutHost: 400
    case .hugeBody: 413
    case .longTarget: 414
    case .hugeField: 431
    }
  }
}

struct WireTests {
  @Test func `a scripted browser signs in and follows the way back`() throws {
    let server = try RunningServer()
    // Another server plays the client's listener: it has no such page, and says so.
    let listener = try RunningServer()
    let redirect = "http://127.0.0.1:\(listener.port)/callback"
    let browser = ScriptedBrowser(try BrowseOptions(["x"]))
    let ending = try browser.open(server.authorization(redirect: redirect))
    #expect(ending == .page(status: 404, title: "Nothing here", address: redirect))
    #expect(!ending.isGood)
  }

  @Test func `an address that is no web page is handed back whole`() throws {
    let server = try RunningServer()
    let browser = ScriptedBrowser(try BrowseOptions(["--deny", "x"]))
    let ending = try browser.open(
      server.authorization(redirect: "com.example.practice://callback"))
    #expect(ending.attributes.hasPrefix("redirect=com.example.practice://callback?error=access_"))
    #expect(ending.isGood)
  }

  @Test func `a redirect to another machine is handed back, not followed`() throws {
    let client = try RegisteredClient(parsing: "practice,redirect=https://app.example/callback")
    let server = try RunningServer(clients: [client])
    let browser = ScriptedBrowser(try BrowseOptions(["x"]))
    let ending = try browser.open(server.authorization(redirect: "https://app.example/callback"))
    #expect(ending.attributes.hasPrefix("redirect=https://app.example/callback?code="))
  }

  @Test(arguments: ["http://example.com/", "https://example.com/", "http://127.0.0.2/", "file:///"])
  func `the scripted browser leaves this machine for nothing`(address: String) throws {
    let browser = ScriptedBrowser(try BrowseOptions(["x"]))
    #expect(throws: BrowseFault.self) { try browser.open(address) }
  }

  @Test func `both loopback addresses answer`() throws {
    let server = try RunningServer()
    let request =
      "GET /jwks HTTP/1.1\r\nHost: localhost:\(server.port)\r\nConnection: close\r\n\r\n"
    #expect(try server.converse(request, over: AF_INET).hasPrefix("HTTP/1.1 200 "))
    guard LoopbackAddress(family: AF_INET6, port: server.port).isReachable else { return }
    #expect(try server.converse(request, over: AF_INET6).hasPrefix("HTTP/1.1 200 "))
  }

  @Test(arguments: ["evil.example", "localhost", "localhost:1", "127.0.0.2:80"])
  func `another name is refused`(host: String) throws {
    let server = try RunningServer()
    let answer = try server.converse(
      "GET /jwks HTTP/1.1\r\nHost: \(host)\r\nConnection: close\r\n\r\n")
    #expect(answer.hasPrefix("HTTP/1.1 421 "))
  }

  @Test(arguments: Garbage.allCases)
  func `what is no request is answered and the server goes on`(garbage: Garbage) throws {
    let server = try RunningServer()
    #expect(try server.converse(garbage.bytes).hasPrefix("HTTP/1.1 \(garbage.status) "))
    #expect(try server.fetch("/jwks").status == 200)
  }

  @Test func `one connection carries many requests`() throws {
    let server = try RunningServer()
    let head = "GET /jwks HTTP/1.1\r\nHost: localhost:\(server.port)\r\n"
    let answer = try server.converse("\(head)\r\n\(head)Connection: close\r\n\r\n")
    #expect(answer.components(separatedBy: "HTTP/1.1 200 ") == 2)
  }

  @Test func `a client that waits for permission to send gets it`() throws {
    let server = try RunningServer()
    let wire = try server.connect()
    let deadline = BootInstant.now.adding(seconds: 30)
    let head =
      "POST /token HTTP/1.1\r\nHost: localhost:\(server.port)\r\nExpect: 100-continue\r\n"
      + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\n"
    try wire.write(Array(head.utf8), until: deadline)
    #expect(try wire.read(until: deadline) == Response.continue)
    try wire.write(Array("a=b".utf8), until: deadline)
    #expect(try wire.read(until: deadline).starts(with: "HTTP/1.1 401 ".utf8))
  }

  @Test func `silent connections keep nobody waiting`() throws {
    let server = try RunningServer()
    for _ in 0..<100 { _ = try server.connect() }
    #expect(try server.fetch("/jwks").status == 200)
  }

  @Test func `a port in use is said to be`() throws {
    let server = try RunningServer()
    #expect(throws: ListenFault.inUse(port: server.port)) {
      let second = try LoopbackListeners(port: server.port)
      _ = second.port
    }
  }

  @Test func `https is trusted by who has the certificate, and by nobody else`() throws {
    let now = wallClockSeconds()
    let pair = try SelfSignedCertificate.make(validFrom: now - 60, validUntil: now + 3600)
    let server = try RunningServer(protection: pair)
    let file = try ScratchFile()
    try file.write(pair.certificatePEM)
    let trust = TrustSources(additionalFile: file.path)
    #expect(try server.fetch("/jwks", trust: trust).status == 200)
    #expect(throws: BrowseFault.self) { try server.fetch("/jwks") }
  }

  @Test func `the log has the line before the client has the answer`() throws {
    let file = try ScratchFile()
    let server = try RunningServer(log: try RequestLog(path: file.path, detail: .names))
    _ = try server.fetch("/jwks")
    let members = try JSONValue.object(parsing: Array(try file.contents().dropLast()))
    #expect(members["path"] == "/jwks")
    #expect(members["status"] == 200)
  }
}

extension LoopbackAddress {
  var isReachable: Bool {
    let number = socket(family, Int32(SOCK_STREAM.rawValue), 0)
    defer { close(number) }
    return with { connect(number, $0, $1) } == 0
  }
}

extension String {
  /// How often a text stands in this one.
  fileprivate func components(separatedBy text: String) -> Int { ranges(of: text).count }
}

/// A file that is gone when the value ends.
final class ScratchFile {
  let path: String

  init() throws {
    var name = Array("/tmp/practice-test-XXXXXX".utf8CString)
    let number = mkstemp(&name)
    try #require(number >= 0)
    close(number)
    path = name.withUnsafeBufferPointer { buffer in
      buffer.baseAddress.map { String(cString: $0) } ?? ""
    }
  }

  deinit { unlink(path) }

  func write(_ bytes: [UInt8]) throws {
    let file = try Descriptor.open(path, O_WRONLY | O_TRUNC)
    try writeAll(file.number, String(decoding: bytes, as: UTF8.self))
  }

  func contents() throws -> [UInt8] {
    let file = try Descriptor.open(path, O_RDONLY)
    return try readAll(file.number, limit: 1 << 20)
  }
}
