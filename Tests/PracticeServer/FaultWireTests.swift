import Glibc
import HTTP1
import OAuth
import Platform
import TLS
import Testing

@testable import PracticeServer

/// What faults and the newer ways of signing in look like on real sockets.
struct FaultWireTests {
  private func server(
    _ fault: String, _ change: (inout Behaviour) -> Void = { _ in }
  ) throws -> RunningServer {
    let fault = try #require(Fault.named(fault))
    return try RunningServer(misbehaviour: try Misbehaviour(fault, beside: .es256), change)
  }

  private func get(_ server: RunningServer, _ path: String) -> String {
    "GET \(path) HTTP/1.1\r\nHost: localhost:\(server.port)\r\nConnection: close\r\n\r\n"
  }

  private static let metadata = "/.well-known/openid-configuration"

  @Test func `a reply is cut where the fault says`() throws {
    let server = try server("metadata-cut")
    let answer = try server.converse(get(server, Self.metadata))
    #expect(answer.utf8.count == 300)
    #expect(answer.hasPrefix("HTTP/1.1 200 OK\r\n"))
    // The server is as well as before.
    #expect(try server.fetch("/jwks").status == 200)
  }

  @Test(arguments: ["metadata-endless", "metadata-endless-headers"])
  func `an endless reply goes on until the client has enough`(fault: String) throws {
    let server = try server(fault)
    let wire = try server.connect()
    let deadline = BootInstant.now.adding(seconds: 30)
    try wire.write(Array(get(server, Self.metadata).utf8), until: deadline)
    var count = 0
    while count < 4 << 20 {
      let bytes = try wire.read(until: deadline)
      try #require(!bytes.isEmpty)
      count += bytes.count
    }
    #expect(try server.fetch("/jwks").status == 200)
  }

  @Test func `a stalled reply is silence on an open connection`() throws {
    let server = try server("metadata-stall")
    let wire = try server.connect()
    try wire.write(
      Array(get(server, Self.metadata).utf8), until: BootInstant.now.adding(seconds: 30))
    // Another request is answered meanwhile, and after it there is still nothing.
    #expect(try server.fetch("/jwks").status == 200)
    #expect(throws: WireFault.self) { try wire.read(until: BootInstant.now) }
  }

  @Test func `bytes that are no HTTP are sent as they are`() throws {
    let server = try server("token-not-http")
    let answer = try server.converse(
      "POST /token HTTP/1.1\r\nHost: localhost:\(server.port)\r\n"
        + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 3\r\n\r\na=b")
    #expect(answer == "SSH-2.0-OpenSSH_10.0\r\n")
  }

  @Test func `the wrong answer reaches the listener before the right one`() throws {
    let server = try server("state-wrong-first")
    let file = try ScratchFile()
    // Another server plays the client's listener, and notes what comes.
    let listener = try RunningServer(log: try RequestLog(path: file.path, detail: .values))
    let redirect = "http://127.0.0.1:\(listener.port)/callback"
    let ending = try ScriptedBrowser(try BrowseOptions(["x"])).open(
      server.authorization(redirect: redirect))
    #expect(ending == .page(status: 404, title: "Nothing here", address: redirect))
    let lines = try file.contents().split(separator: UInt8(ascii: "\n"))
    let states = try lines.map { line in
      try JSONValue.object(parsing: Array(line))["query"]?.arrayValue?
        .first { $0.arrayValue?.first == "state" }?.arrayValue?.last?.stringValue
    }
    #expect(states == ["of another sign-in", "s t&1"])
  }

  @Test func `the scripted browser posts an answer on`() throws {
    let server = try RunningServer()
    let file = try ScratchFile()
    let listener = try RunningServer(log: try RequestLog(path: file.path, detail: .names))
    let redirect = "http://127.0.0.1:\(listener.port)/callback"
    _ = try ScriptedBrowser(try BrowseOptions(["x"])).open(
      server.authorization(redirect: redirect) + "&response_mode=form_post")
    let line = try JSONValue.object(parsing: Array(try file.contents().dropLast()))
    #expect(line["method"] == "POST")
    #expect(line["form_names"] == ["code", "state", "iss"])
  }

  @Test func `the scripted browser enters the code of a device`() throws {
    let server = try RunningServer()
    let client = LoopbackClient(
      trust: TrustSources(), deadline: BootInstant.now.adding(seconds: 30))
    let device = try JSONValue.object(
      parsing: client.fetch(
        try Endpoint(server.origin + "/device_authorization"),
        posting: [FormParameter("client_id", "practice"), FormParameter("scope", "openid")]
      ).body)
    let page = try device.text("verification_uri")
    let wrong = try ScriptedBrowser(try BrowseOptions(["--user-code", "BBBB-BBBB", "x"])).open(page)
    #expect(!wrong.isGood)
    let code = try device.text("user_code")
    let ending = try ScriptedBrowser(
      try BrowseOptions(["--user", "bob", "--user-code", code, "x"])
    ).open(page)
    #expect(ending.attributes.hasPrefix("status=200\ntitle=Signed in\n"))
    // Without a code there is nothing to type, and the page stays.
    let bare = try ScriptedBrowser(try BrowseOptions(["x"])).open(page)
    #expect(bare.attributes.hasPrefix("status=200\ntitle=Sign in on a device\n"))
  }

  @Test func `a client that is a document is fetched from where it is`() throws {
    let server = try RunningServer()
    let address = FormParameters.encode(server.origin + "/client.json")
    let reply = try server.fetch(
      "/authorize?client_id=\(address)&response_type=code"
        + "&redirect_uri=http%3A%2F%2F127.0.0.1%2Fcallback"
        + "&code_challenge=\(Fixture.challenge)&code_challenge_method=S256")
    #expect(reply.status == 200)
    #expect(PageTags.title(of: String(decoding: reply.body, as: UTF8.self)) == "Sign in")
  }

  @Test func `a client is known by the certificate of its handshake`() throws {
    let now = wallClockSeconds()
    let own = try SelfSignedCertificate.make(validFrom: now - 60, validUntil: now + 3600)
    let pair = try SelfSignedCertificate.make(
      names: ["client"], addresses: [], validFrom: now - 60, validUntil: now + 3600,
      purpose: .client)
    let der = try #require(ClientCertificate.der(fromPEM: pair.certificatePEM))
    let client = RegisteredClient(id: "tls", credential: .certificate(der), redirectURIs: [])
    let server = try RunningServer(
      protection: own, clients: RegisteredClient.builtIn + [client])
    let file = try ScratchFile()
    try file.write(own.certificatePEM)
    func ask(_ certificate: CertificateAndKey?) throws -> String? {
      let answer = try server.converse(
        "POST /introspect HTTP/1.1\r\nHost: localhost:\(server.port)\r\nConnection: close\r\n"
          + "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 21\r\n\r\n"
          + "client_id=tls&token=x",
        trust: TrustSources(additionalFile: file.path), presenting: certificate)
      let body = answer.split(separator: "\r\n\r\n").last ?? ""
      let members = try JSONValue.object(parsing: Array(body.utf8))
      return members["error"]?.stringValue ?? (members["active"] == false ? "inactive" : nil)
    }
    #expect(try ask(pair) == "inactive")
    #expect(try ask(nil) == "invalid_client")
    #expect(try ask(own) == "invalid_client")
    let metadata = try server.fetch(
      Self.metadata, trust: TrustSources(additionalFile: file.path))
    let aliases = try JSONValue.object(parsing: metadata.body)["mtls_endpoint_aliases"]
    let expected = "https://127.0.0.1:\(server.port)/token"
    #expect(aliases?.objectValue?["token_endpoint"] == .string(expected))
  }
}
