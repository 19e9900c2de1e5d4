import HTTP1
import OAuth
import Platform

@testable import Courier

/// A protected resource, `/api`, and its authorization server, both on one fake server that does
/// everything right but what a test replaces.
struct ResourceFixture {
  /// What replaces the answer at a path; `$1` is the server's own address.
  typealias Replacements = [String: @Sendable (Request, String) -> FakeReply]

  static let redirectURI = "app:/cb"

  let server: FakeServer

  init(_ replacements: Replacements = [:]) throws {
    server = try FakeServer { request in
      let base = "http://\(request.host)"
      if let replacement = replacements[request.path] { return replacement(request, base) }
      return Self.honest(request, base)
    }
  }

  var base: String { server.base }

  private static func honest(_ request: Request, _ base: String) -> FakeReply {
    switch request.path {
    case "/api": challenge(#"Bearer resource_metadata="\#(base)/document", scope="read""#)
    case "/document": .json(document(base))
    case "/.well-known/openid-configuration": .json(metadata(base))
    case "/register": .json(#"{"client_id":"registered",\#(management(base))}"#, status: 201)
    case "/register/registered", "/register/former": .status(204)
    case "/token": .json(SignInFixture.tokens)
    default: .status(404)
    }
  }

  static func challenge(_ field: String, status: Int = 401) -> FakeReply {
    .response(Response(status: status, fields: ["WWW-Authenticate": field]))
  }

  /// The resource's metadata.
  static func document(
    _ base: String, resource: String = "/api", servers: [String] = [""],
    _ more: String = #""scopes_supported":["read","write"]"#
  ) -> String {
    let servers = servers.map { "\"\($0.hasPrefix("http") ? $0 : base + $0)\"" }
    return #"{"resource":"\#(base)\#(resource)","authorization_servers":["#
      + servers.joined(separator: ",") + "],\(more)}"
  }

  /// The server's metadata.
  static func metadata(
    _ base: String, issuer: String = "",
    _ more: String = #""registration_endpoint":"BASE/register""#
  ) -> String {
    #"{"issuer":"\#(base)\#(issuer)","authorization_endpoint":"\#(base)/authorize","#
      + #""token_endpoint":"\#(base)/token","#
      + more.split(separator: "BASE", omittingEmptySubsequences: false).joined(separator: base)
      + "}"
  }

  static func management(_ base: String) -> String {
    #""registration_client_uri":"\#(base)/register/registered","#
      + #""registration_access_token":"RAT""#
  }

  /// Starts a sign-in by the resource's address.
  func login(
    _ more: [String] = [], at path: String = "/api", redirectURI: String = redirectURI
  ) throws -> CourierRun {
    let address = "\(base)\(path)"
    return try run(
      ["resource_url=\(address)", "resource=\(address)"] + more, redirectURI: redirectURI)
  }

  /// Starts a sign-in by what the lines say.
  func run(
    _ lines: [String], redirectURI: String = redirectURI
  ) throws -> CourierRun {
    try CourierRun(
      ["job=login", "account=api", "timeout=30", "redirect_uri=\(redirectURI)"] + lines)
  }

  /// The address the person is sent to.
  func url(_ more: [String] = [], at path: String = "/api") throws -> String {
    try login(more, at: path).next("authorize")["url"] ?? ""
  }

  /// A sign-in to its end: the server's answer comes.
  func complete(_ run: CourierRun) throws -> (block: CourierRun.Block, status: Int32) {
    let state = try run.next("authorize")["state"] ?? ""
    run.send("callback=\(Self.redirectURI)?code=C-1&state=\(state)")
    return try run.end()
  }

  /// The bodies that came to a path.
  func bodies(_ path: String) -> [String] {
    server.requests(path).map { String(decoding: $0.body, as: UTF8.self) }
  }

  /// The members of the last registration that was asked for.
  func registration() throws -> [String: JSONValue] {
    guard let request = server.requests("/register").last else {
      throw TestFault("nobody registered")
    }
    return try JSONValue.object(parsing: request.body)
  }

  /// The lines the agent keeps of a registration at this server.
  func kept(_ changes: [String: String] = [:]) -> [String] {
    var lines = [
      "issuer": base, "client_id": "former", "token_endpoint_auth_method": "none",
      "redirect_uris": Self.redirectURI, "scope": "read", "client_uri": "\(base)/register/former",
      "access_token": "RAT-1",
    ]
    lines.merge(changes) { $1 }
    return lines.map { "registration.\($0.key)=\($0.value)" }
  }
}
