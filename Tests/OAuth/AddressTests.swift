import Testing

@testable import OAuth

@Suite struct EndpointTests {
  @Test func `the parts are what a request needs`() throws {
    let endpoint = try Endpoint("https://Auth.PingOne.eu/1b2c/as/token?env=a%20b&x")
    #expect(endpoint.text == "https://Auth.PingOne.eu/1b2c/as/token?env=a%20b&x")
    #expect(endpoint.scheme == .https)
    #expect(endpoint.host == "auth.pingone.eu")
    #expect(endpoint.port == 443)
    #expect(endpoint.path == "/1b2c/as/token")
    #expect(endpoint.requestTarget == "/1b2c/as/token?env=a%20b&x")
    #expect(endpoint.authority == "auth.pingone.eu")
    #expect(!endpoint.isLoopback)
  }

  @Test(arguments: [
    ("https://a.example", "a.example", 443, "/"), ("https://a.example?x", "a.example", 443, "/?x"),
    ("https://a.example:8443/t", "a.example:8443", 8443, "/t"),
    ("HTTPS://a.example:443/t", "a.example", 443, "/t"),
    ("http://localhost/t", "localhost", 80, "/t"),
    ("http://LOCALHOST:9000/", "localhost:9000", 9000, "/"),
    ("http://127.0.0.1:1/t", "127.0.0.1:1", 1, "/t"),
    ("http://[::1]:65535/t", "[::1]:65535", 65535, "/t"),
    ("https://[2001:db8::1]/t", "[2001:db8::1]", 443, "/t"),
  ])
  func `host, port and target follow the text`(
    text: String, authority: String, port: UInt16, target: String
  ) throws {
    let endpoint = try Endpoint(text)
    #expect(endpoint.authority == authority)
    #expect(endpoint.port == port)
    #expect(endpoint.requestTarget == target)
  }

  @Test(arguments: [
    ("http://as.example/token", AddressFault.plainHTTP(host: "as.example")),
    ("http://127.0.0.2/token", .plainHTTP(host: "127.0.0.2")),
    ("http://localhost.evil.example/", .plainHTTP(host: "localhost.evil.example")),
    ("http://[::2]/", .plainHTTP(host: "::2")),
    ("http://127.0.0.1.nip.io/", .plainHTTP(host: "127.0.0.1.nip.io")),
    ("https://as.example/#f", .fragment), ("https://as.example/?a#", .fragment),
    ("https://trusted@evil.example/", .userInfo), ("https://a:b@evil.example/", .userInfo),
    ("http://localhost@evil.example/", .userInfo), ("https://@as.example/", .userInfo),
    ("", .notAbsolute), ("/token", .notAbsolute), ("as.example/token", .notAbsolute),
    ("-https://as.example", .notAbsolute), ("://as.example", .notAbsolute),
    ("https:", .badHost), ("https:///t", .badHost), ("https:as.example", .badHost),
    ("https://-as.example/", .badHost), ("https://.example/", .badHost),
    ("https://a%2Eexample/", .badHost), ("https://a$b/", .badHost), ("https://[::1/", .badHost),
    ("https://[]/", .badHost), ("https://[v1.x]/", .badHost), ("https://[::1%25eth0]/", .badHost),
    ("https://as.example:/", .badPort), ("https://as.example:0/", .badPort),
    ("https://as.example:65536/", .badPort), ("https://as.example:99999999999999999999/", .badPort),
    ("https://as.example:+80/", .badPort), ("https://as.example:80:80/", .badPort),
    ("https://[::1]80/", .badPort),
    ("javascript:alert(1)", .foreignScheme("javascript")),
    ("file:///etc/passwd", .foreignScheme("file")), ("ftp://as.example/", .foreignScheme("ftp")),
    ("https://as.example/\n", .badCharacter), ("https://as.example/\u{1B}[2J", .badCharacter),
    ("https://as.example/ x", .badCharacter), (" https://as.example/", .badCharacter),
    ("https://as.example/$(id)`id`", .badCharacter), ("https://as.example/\"", .badCharacter),
    ("https://as.example/<>", .badCharacter), ("https://as.example/{tenantid}", .badCharacter),
    ("https://as.example\\@evil/", .badCharacter), ("https://аs.example/", .badCharacter),
    ("https://as.example/%", .badCharacter), ("https://as.example/%2", .badCharacter),
    ("https://as.example/%zz", .badCharacter), ("https://as.example/\u{0}", .badCharacter),
  ])
  func `an address that must not be called is refused`(text: String, fault: AddressFault) {
    #expect(throws: fault) { try Endpoint(text) }
  }

  @Test func `length is bounded`() throws {
    let start = "https://as.example/"
    let path = String(repeating: "a", count: 4096 - start.utf8.count)
    _ = try Endpoint(start + path)
    #expect(throws: AddressFault.tooLong) { try Endpoint(start + path + "a") }
  }
}

@Suite struct IssuerTests {
  @Test func `the text is kept and compared byte for byte`() throws {
    let issuer = try Issuer("https://As.example/as")
    #expect(issuer.isIdentical(to: "https://As.example/as"))
    #expect(!issuer.isIdentical(to: "https://as.example/as"))
    #expect(!issuer.isIdentical(to: "https://As.example/as/"))
    #expect(!issuer.isIdentical(to: "https://As.example:443/as"))
  }

  @Test func `query, fragment and http elsewhere are refused`() {
    #expect(throws: AddressFault.query) { try Issuer("https://as.example/?a=b") }
    #expect(throws: AddressFault.query) { try Issuer("https://as.example/?") }
    #expect(throws: AddressFault.fragment) { try Issuer("https://as.example/#a") }
    #expect(throws: AddressFault.plainHTTP(host: "as.example")) { try Issuer("http://as.example") }
  }

  @Test(arguments: ["https://as.example/1b2c/as", "https://as.example/1b2c/as/"])
  func `an issuer with a path has three well-known addresses`(text: String) throws {
    #expect(
      try Issuer(text).wellKnownAddresses.map(\.text) == [
        "https://as.example/1b2c/as/.well-known/openid-configuration",
        "https://as.example/.well-known/oauth-authorization-server/1b2c/as",
        "https://as.example/.well-known/openid-configuration/1b2c/as",
      ])
  }

  @Test func `a server that a resource names is looked for as one of oauth first`() throws {
    #expect(
      try Issuer("https://as.example/1b2c").wellKnownAddressesForResources.map(\.text) == [
        "https://as.example/.well-known/oauth-authorization-server/1b2c",
        "https://as.example/.well-known/openid-configuration/1b2c",
        "https://as.example/1b2c/.well-known/openid-configuration",
      ])
  }

  @Test(arguments: ["http://[::1]:9000", "http://[::1]:9000/"])
  func `an issuer without a path has two`(text: String) throws {
    #expect(
      try Issuer(text).wellKnownAddresses.map(\.text) == [
        "http://[::1]:9000/.well-known/openid-configuration",
        "http://[::1]:9000/.well-known/oauth-authorization-server",
      ])
  }
}

@Suite struct RedirectURITests {
  @Test(arguments: [
    (
      "http://localhost:3000/callback",
      RedirectURI.Kind.loopbackHostname(port: 3000, path: "/callback")
    ),
    ("http://LOCALHOST:80", .loopbackHostname(port: 80, path: "/")),
    ("http://127.0.0.1/cb", .loopbackAddress(.v4, port: nil, path: "/cb")),
    ("http://127.0.0.1:5000/cb", .loopbackAddress(.v4, port: 5000, path: "/cb")),
    ("http://[::1]/cb", .loopbackAddress(.v6, port: nil, path: "/cb")),
    ("http://[::1]:5000", .loopbackAddress(.v6, port: 5000, path: "/")),
    ("https://app.example/callback.jsp", .elsewhere),
    ("com.pingidentity.developer.oauthplayground://oidc_callback", .elsewhere),
    ("com.example.app:/oauth2redirect", .elsewhere), ("urn:ietf:wg:oauth:2.0:oob", .elsewhere),
  ])
  func `each kind is told apart and kept byte for byte`(text: String, kind: RedirectURI.Kind)
    throws
  {
    let uri = try RedirectURI(text)
    #expect(uri.kind == kind)
    #expect(uri.text == text)
  }

  @Test(arguments: [
    ("http://localhost/callback", AddressFault.portMissing),
    ("http://localhost:0/callback", .badPort), ("http://127.0.0.1:/cb", .badPort),
    ("http://app.example/cb", .plainHTTP(host: "app.example")),
    ("http://0.0.0.0:3000/cb", .plainHTTP(host: "0.0.0.0")),
    ("http://192.168.0.1:3000/cb", .plainHTTP(host: "192.168.0.1")),
    ("http://user@localhost:3000/cb", .userInfo), ("https://user@app.example/", .userInfo),
    ("http://localhost:3000/cb#x", .fragment), ("com.example.app:/cb#x", .fragment),
    ("javascript:alert(1)", .foreignScheme("javascript")),
    ("JavaScript:alert(1)", .foreignScheme("javascript")),
    ("file:///tmp/x", .foreignScheme("file")), ("data:text/html,x", .foreignScheme("data")),
    ("/callback", .notAbsolute), ("http://localhost:3000/c b", .badCharacter),
  ])
  func `what nobody could safely come back to is refused`(text: String, fault: AddressFault) {
    #expect(throws: fault) { try RedirectURI(text) }
  }

  @Test(arguments: [
    ("http://127.0.0.1/cb?x=1", "http://127.0.0.1:45123/cb?x=1"),
    ("http://127.0.0.1", "http://127.0.0.1:45123"),
    ("http://127.0.0.1?x=/", "http://127.0.0.1:45123?x=/"),
    ("http://[::1]/cb", "http://[::1]:45123/cb"),
    ("http://127.0.0.1:5000/cb", "http://127.0.0.1:5000/cb"),
    ("http://localhost:3000/cb", "http://localhost:3000/cb"),
    ("com.example.app:/cb", "com.example.app:/cb"),
  ])
  func `a free port is put where one is missing, and nowhere else`(text: String, result: String)
    throws
  {
    let uri = try RedirectURI(text).withPort(45123)
    #expect(uri.text == result)
    #expect(try RedirectURI(uri.text) == uri)
  }

  @Test(arguments: [
    ("http://localhost:3000/callback", "localhost:3000"), ("http://localhost:80/", "localhost"),
    ("http://[::1]:5000/", "[::1]:5000"), ("http://127.0.0.1:5000/", "127.0.0.1:5000"),
    ("http://127.0.0.1/", nil), ("com.example.app:/cb", nil), ("https://app.example/", nil),
  ])
  func `the authority is that of the Host field`(text: String, authority: String?) throws {
    #expect(try RedirectURI(text).authority == authority)
  }

  @Test(arguments: [
    (
      "https://localhost:3000/cb", RedirectURI.Kind.loopbackHostname(port: 3000, path: "/cb"),
      "localhost:3000"
    ),
    ("https://localhost:443/cb", .loopbackHostname(port: 443, path: "/cb"), "localhost"),
    ("https://localhost:80/cb", .loopbackHostname(port: 80, path: "/cb"), "localhost:80"),
    (
      "https://127.0.0.1:5000/cb", .loopbackAddress(.v4, port: 5000, path: "/cb"),
      "127.0.0.1:5000"
    ),
  ])
  func `with a certificate https on this machine is listened to`(
    text: String, kind: RedirectURI.Kind, authority: String
  ) throws {
    let uri = try RedirectURI(text, hasCertificate: true)
    #expect(uri.kind == kind)
    #expect(uri.usesTLS)
    #expect(uri.authority == authority)
    let without = try RedirectURI(text)
    #expect(without.kind == .elsewhere)
    #expect(!without.usesTLS)
  }

  @Test func `a certificate changes nothing for other addresses`() throws {
    #expect(try RedirectURI("https://app.example/cb", hasCertificate: true).kind == .elsewhere)
    #expect(try !RedirectURI("http://localhost:3000/", hasCertificate: true).usesTLS)
    #expect(throws: AddressFault.portMissing) {
      try RedirectURI("https://localhost/cb", hasCertificate: true)
    }
    let spliced = try RedirectURI("https://[::1]/cb", hasCertificate: true).withPort(45123)
    #expect(spliced.text == "https://[::1]:45123/cb")
    #expect(spliced.usesTLS)
  }
}
