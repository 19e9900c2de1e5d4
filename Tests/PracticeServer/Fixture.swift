import HTTP1
import OAuth
import TLS
import Testing

@testable import PracticeServer

/// An authorization server without a socket, its clock, and a client to ask it with.
struct Fixture {
  static let issuer = "http://localhost:4000"
  static let redirect = "http://localhost:3000/callback"
  static let verifier = "abcdefghijklmnopqrstuvwxyz0123456789-._~abcdefg"
  static let signer = try? TokenSigner(.es256)

  var server: AuthorizationServer
  /// Seconds since 1970.
  var now: Int64 = 1_800_000_000
  private var count: UInt64 = 0

  /// The certificate the client shows with each request, DER.
  var certificate: [UInt8]?

  init(
    _ change: (inout Behaviour) -> Void = { _ in }, issuerPath: String = "",
    clients: [RegisteredClient] = RegisteredClient.builtIn, signer: TokenSigner? = signer,
    misbehaviour: Misbehaviour? = nil
  ) throws {
    var behaviour = Behaviour()
    change(&behaviour)
    server = AuthorizationServer(
      Settings(
        origin: Self.issuer, issuerPath: issuerPath, clients: clients, behaviour: behaviour,
        signer: try #require(signer), misbehaviour: misbehaviour))
  }

  // MARK: requests

  mutating func get(_ target: String, _ fields: HeaderFields = [:]) -> Reply {
    send("GET", target, fields)
  }

  mutating func post(
    _ path: String, _ form: [(String, String)], _ fields: HeaderFields = [:]
  ) -> Reply {
    var fields = fields
    fields.append("Content-Type", "application/x-www-form-urlencoded")
    let body = FormParameters(form.map { FormParameter($0.0, $0.1) }).encoded()
    return send("POST", path, fields, body: Array(body.utf8))
  }

  mutating func send(
    _ method: String, _ target: String, _ fields: HeaderFields = [:], body: [UInt8] = []
  ) -> Reply {
    let parts = target.split(separator: "?", maxSplits: 1).map(String.init)
    let request = Request(
      method: method, target: target, path: parts[0], query: parts.count > 1 ? parts[1] : nil,
      host: "localhost:4000", fields: fields, body: body, keepsAlive: true)
    count += 1
    let seed = withUnsafeBytes(of: count) { Array($0) } + [UInt8](repeating: 0, count: 24)
    return server.respond(
      to: request, in: Surroundings(now: now, seed: seed, clientCertificate: certificate))
  }

  // MARK: a sign-in

  static var challenge: String {
    (try? Digest.sha256(Array(verifier.utf8))).map(Base64URL.encode) ?? ""
  }

  static let authorization: [(String, String)] = [
    ("response_type", "code"), ("client_id", "practice"), ("redirect_uri", redirect),
    ("scope", "openid profile"), ("state", "s t&1"), ("nonce", "n-1"),
    ("code_challenge", challenge), ("code_challenge_method", "S256"),
  ]

  /// The authorization endpoint with these parameters; `nil` takes one away.
  mutating func authorize(_ changes: [String: String?] = [:]) -> Reply {
    var form = FormParameters()
    for (name, value) in Self.authorization {
      let changed = changes[name] ?? value
      if let changed { form.append(name, changed) }
    }
    for (name, value) in changes where !Self.authorization.contains(where: { $0.0 == name }) {
      if let value { form.append(name, value) }
    }
    return get("/authorize?\(form.encoded())")
  }

  /// Fills in the page and gives the parameters of the redirect.
  mutating func signIn(
    _ changes: [String: String?] = [:], as user: String = "alice",
    _ decision: BrowseOptions.Decision = .allow
  ) throws -> FormParameters {
    let page = authorize(changes)
    let form = try #require(SignInForm(page: page.text))
    let reply = post(
      "/sign-in", form.filledIn(as: user, decision).parameters.map { ($0.name, $0.value) })
    return try reply.redirected()
  }

  mutating func code(_ changes: [String: String?] = [:]) throws -> String {
    try #require(try signIn(changes).value(of: "code"))
  }

  /// The token endpoint with a code; `nil` takes a parameter away.
  mutating func exchange(_ code: String, _ changes: [String: String?] = [:]) -> Reply {
    let usual = [
      ("grant_type", "authorization_code"), ("code", code), ("redirect_uri", Self.redirect),
      ("client_id", "practice"), ("code_verifier", Self.verifier),
    ]
    var form = usual.compactMap { name, value in
      (changes[name] ?? value).map { (name, $0) }
    }
    for (name, value) in changes where !usual.contains(where: { $0.0 == name }) {
      if let value { form.append((name, value)) }
    }
    return post("/token", form)
  }

  /// A whole sign-in: the members of the token response.
  mutating func tokens(_ changes: [String: String?] = [:]) throws -> [String: JSONValue] {
    let code = try code(changes)
    return try exchange(code).members()
  }

  mutating func refresh(_ token: String, _ more: [(String, String)] = []) -> Reply {
    post(
      "/token",
      [("grant_type", "refresh_token"), ("refresh_token", token), ("client_id", "practice")] + more)
  }

  mutating func userInfo(_ token: String) -> Reply {
    get("/userinfo", ["Authorization": "Bearer \(token)"])
  }
}

extension Reply {
  var status: Int { response.status }
  var text: String { String(decoding: response.body, as: UTF8.self) }

  func members() throws -> [String: JSONValue] {
    try JSONValue.object(parsing: response.body)
  }

  /// `error` of a JSON answer; nil for a success.
  var oauthError: String? { (try? members())?["error"]?.stringValue }

  /// The parameters added to a redirect URI.
  func redirected() throws -> FormParameters {
    let location = try #require(response.fields["Location"])
    let query = try #require(location.split(separator: "?", maxSplits: 1).last)
    return try FormParameters(decoding: String(query))
  }
}

extension [String: JSONValue] {
  func text(_ name: String) throws -> String { try #require(self[name]?.stringValue) }
}

/// The header and the claims of a token this fixture's server has signed.
func claims(_ token: String) throws -> [String: JSONValue] {
  let signer = try #require(Fixture.signer)
  return try #require(signer.claims(of: token))
}
