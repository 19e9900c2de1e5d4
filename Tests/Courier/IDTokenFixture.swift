import HTTP1
import OAuth
import Platform
import Synchronization
import TLS

@testable import Courier

/// A server of OpenID Connect that signs with a key of its own and can be told what to claim.
final class IDTokenFixture: Sendable {
  struct Behaviour: Sendable {
    var nonce: String?
    var claims: [String: JSONValue] = [:]
    /// The name the token gives its key.
    var keyID = "1"
    /// The names under which the keys are published, one answer after the other.
    var published = ["1"]
    var hasIDToken = true
    /// Whether a stranger's key signs.
    var isForged = false
    /// What the server's clock says where it gives out its keys.
    var date: String?
  }

  let behaviour = Mutex(Behaviour())
  private let served = Mutex<FakeServer?>(nil)
  private let key: SigningKey
  private let stranger: SigningKey

  init() throws {
    key = try SigningKey(generating: .p256)
    stranger = try SigningKey(generating: .p256)
    let server = try FakeServer { [self] request in answer(request) }
    served.withLock { $0 = server }
  }

  var server: FakeServer { served.withLock { $0! } }
  var issuer: String { server.base }

  func release() { served.withLock { $0 = nil } }

  private func answer(_ request: Request) -> FakeReply {
    let base = "http://\(request.host)"
    switch request.path {
    case "/.well-known/openid-configuration":
      return .json(
        #"{"issuer":"\#(base)","authorization_endpoint":"\#(base)/a","token_endpoint":"\#(base)/token","#
          + #""jwks_uri":"\#(base)/jwks","scopes_supported":["openid"],"revocation_endpoint":"\#(base)/revoke"}"#
      )
    case "/jwks":
      let name = behaviour.withLock { behaviour in
        behaviour.published.count > 1
          ? behaviour.published.removeFirst() : behaviour.published.first ?? ""
      }
      var fields: HeaderFields = ["Content-Type": "application/json"]
      if let date = behaviour.withLock({ $0.date }) { fields.append("Date", date) }
      return .response(
        Response(status: 200, fields: fields, body: Array(#"{"keys":[\#(jwk(name))]}"#.utf8)))
    case "/token": return .json(tokens(issuer: base))
    default: return .status(404)
    }
  }

  private func jwk(_ name: String) -> String {
    guard case .ec(_, let x, let y) = key.publicKey else { return "" }
    return #"{"kty":"EC","crv":"P-256","alg":"ES256","use":"sig","kid":"\#(name)","#
      + #""x":"\#(Base64URL.encode(x))","y":"\#(Base64URL.encode(y))"}"#
  }

  private func tokens(issuer: String) -> String {
    let behaviour = behaviour.withLock { $0 }
    let tokens = #"{"access_token":"AT","token_type":"Bearer","refresh_token":"RT""#
    return behaviour.hasIDToken
      ? tokens + #","id_token":"\#(idToken(issuer, behaviour))"}"# : tokens + "}"
  }

  func idToken(_ issuer: String, _ behaviour: Behaviour) -> String {
    let now = wallClockSeconds()
    var claims: [String: JSONValue] = [
      "iss": .string(issuer), "sub": "ada", "aud": "client", "iat": .number(JSONNumber(now)),
      "exp": .number(JSONNumber(now + 300)), "preferred_username": "ada@example.org",
    ]
    if let nonce = behaviour.nonce { claims["nonce"] = .string(nonce) }
    claims.merge(behaviour.claims) { $1 }
    let signer = behaviour.isForged ? stranger : key
    return JWS.compact(
      header: ["alg": "ES256", "kid": .string(behaviour.keyID)], payload: claims,
      sign: { (try? signer.sign($0, by: .es256)) ?? [] })
  }

  /// Signs in; the nonce is handed to the server, as a person's browser would.
  func signIn(
    _ settings: [String] = [], _ change: (inout Behaviour) -> Void = { _ in }
  ) throws -> (CourierRun.Block, Int32) {
    let run = try CourierRun(
      [
        "job=login", "account=work", "client_id=client", "issuer=\(issuer)",
        "redirect_uri=app:/cb",
      ] + settings)
    let authorize = try run.next("authorize")
    behaviour.withLock { behaviour in
      behaviour.nonce = authorize["url"]?.parameter("nonce")
      change(&behaviour)
    }
    run.send("callback=app:/cb?code=C&state=\(authorize["state"] ?? "")")
    return try run.end()
  }

  /// Refreshes with what a sign-in has left.
  func refresh(after signIn: CourierRun.Block, without keys: [String] = []) throws -> (
    CourierRun.Block, Int32
  ) {
    let session = signIn.keys.filter {
      ($0.hasPrefix("session.") || $0.hasPrefix("secret.")) && !keys.contains($0)
    }
    return try CourierRun(
      ["job=refresh", "account=work", "client_id=client", "refresh_token=RT"]
        + session.map { "\($0)=\(signIn[$0] ?? "")" }
    ).end()
  }
}
