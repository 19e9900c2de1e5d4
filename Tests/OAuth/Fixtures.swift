import TLS

@testable import OAuth

/// The calculations of the TLS target, as the target OAuth asks for them.
struct SystemCryptography: Cryptography {
  func hash(_ bytes: [UInt8], with algorithm: HashAlgorithm) -> [UInt8]? {
    Digest(rawValue: algorithm.rawValue).flatMap { try? $0.hash(bytes) }
  }

  func verify(
    algorithm: JWSAlgorithm, key: JSONWebKey, signature: [UInt8], over bytes: [UInt8]
  ) -> Bool {
    guard let algorithm = SignatureAlgorithm(rawValue: algorithm.rawValue),
      let key = publicKey(key), let verifier = try? VerificationKey(key)
    else { return false }
    return (try? verifier.verify(signature, of: bytes, by: algorithm)) != nil
  }

  private func publicKey(_ key: JSONWebKey) -> PublicKey? {
    switch key.material {
    case .rsa(let modulus, let exponent): .rsa(modulus: modulus, exponent: exponent)
    case .ec(let curve, let x, let y):
      TLS.Curve(rawValue: curve.rawValue).map { .ec($0, x: x, y: y) }
    case .ed25519(let bytes): .ed25519(bytes)
    }
  }
}

/// A moment for every test, seconds since 1970.
let now: Int64 = 1_700_000_100

struct NoEntropy: Error {}

func entropy(_ byte: UInt8) throws -> Entropy {
  guard let entropy = Entropy([UInt8](repeating: byte, count: 32)) else { throw NoEntropy() }
  return entropy
}

func anyState() throws -> State { State(try entropy(1)) }
func anyNonce() throws -> Nonce { Nonce(try entropy(2)) }
func anyVerifier() throws -> CodeVerifier { CodeVerifier(try entropy(3)) }

func bytes(_ text: String) -> [UInt8] { Array(text.utf8) }

func metadata(_ members: String = "") throws -> ServerMetadata {
  let issuer = try Issuer(Vectors.issuer)
  let document = """
    {"issuer": "\(Vectors.issuer)", "authorization_endpoint": "https://as.example/as/authorize",
    "token_endpoint": "https://as.example/as/token"\(members.isEmpty ? "" : ",")\(members)}
    """
  return try ServerMetadata(validating: bytes(document), issuer: issuer)
}

struct NotAuthorized: Error {}

/// A checked authorization response with this code.
func response(code: String) throws -> AuthorizationResponse {
  let state = try anyState()
  let query = "code=\(FormParameters.encode(code))&state=\(state.text)"
  let outcome = AuthorizationResponse.validate(query: query, state: state, issuer: .unknown)
  guard case .authorized(let response) = outcome else { throw NotAuthorized() }
  return response
}

let publicClient = Client(id: "native-app", authentication: .none)

func exchange(code: String = "code-of-the-sign-in", client: Client = publicClient) throws
  -> TokenRequest
{
  TokenRequest(
    exchanging: try response(code: code),
    redirectURI: try RedirectURI("http://localhost:3000/callback"), verifier: try anyVerifier(),
    client: client, endpoint: try Endpoint("https://as.example/as/token"))
}

func refresh(client: Client = publicClient) throws -> TokenRequest {
  TokenRequest(
    refreshing: "refresh-token-1", client: client,
    endpoint: try Endpoint("https://as.example/as/token"))
}

func anyAuthorizationRequest() throws -> AuthorizationRequest {
  try AuthorizationRequest(
    endpoint: Endpoint("https://as.example/authorize"), clientID: "native-app",
    redirectURI: RedirectURI("http://localhost:3000/callback"), scope: Scope("openid"),
    state: anyState(), nonce: anyNonce(), challenge: anyVerifier().challenge { $0 })
}

/// A server with one key that signs whatever it is asked to.
struct Issuing {
  let key: SigningKey
  let keys: JSONWebKeySet

  init(kid: String = "k1", others: String = "") throws {
    key = try SigningKey(generating: .p256)
    guard case .ec(_, let x, let y) = key.publicKey else { throw NoEntropy() }
    keys = try JSONWebKeySet(
      validating: bytes(
        #"{"keys": [\#(others)\#(Self.jwk(kid: kid, x: x, y: y))]}"#))
  }

  static func jwk(kid: String, x: [UInt8], y: [UInt8]) -> String {
    """
    {"kty": "EC", "crv": "P-256", "kid": "\(kid)", "x": "\(Base64URL.encode(x))",
    "y": "\(Base64URL.encode(y))"}
    """
  }

  func token(
    _ claims: [String: JSONValue], header: [String: JSONValue] = ["alg": "ES256", "kid": "k1"]
  ) -> String {
    JWS.compact(header: header, payload: claims) { (try? key.sign($0, by: .es256)) ?? [] }
  }
}
