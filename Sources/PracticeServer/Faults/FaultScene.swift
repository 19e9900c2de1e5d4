import HTTP1
import OAuth
import TLS

/// A fault with the keys it may need: the one thing wrong with a server.
struct Misbehaviour: Sendable {
  let fault: Fault
  /// A key of the same kind that nobody has announced.
  let stranger: Stranger

  /// Makes the keys; throws where libcrypto does.
  init(_ fault: Fault, beside algorithm: SignatureAlgorithm) throws(CryptographyError) {
    self.fault = fault
    stranger = Stranger(
      signer: try TokenSigner(algorithm),
      ofAnotherKind: try TokenSigner(algorithm == .es256 ? .edDSA : .es256))
  }
}

/// Keys that are not the server's.
struct Stranger: Sendable {
  let signer: TokenSigner
  /// For another algorithm than the server's.
  let ofAnotherKind: TokenSigner
}

/// What a fault can look at when it changes a reply.
struct FaultScene: Sendable {
  let request: Request
  let place: Place
  /// How often this place was asked, this time included.
  let visit: Int
  /// Seconds since 1970.
  let now: Int64
  let settings: Settings
  let stranger: Stranger

  var grantType: String? {
    (try? FormParameters(decoding: request.body))?.value(of: "grant_type")
  }

  /// A parameter of the form in the request's body.
  func formValue(_ name: String) -> String? {
    (try? FormParameters(decoding: request.body))?.value(of: name)
  }
}

/// Where a fault strikes.
enum Spot: Sendable, Equatable {
  case metadata
  case keys
  /// The authorization response on its way through the browser.
  case authorization
  /// The token endpoint, for everything but a refresh.
  case tokens
  case refresh
  /// The token endpoint, for one token in place of another (RFC 8693).
  case exchange
  case revocation
  case userInfo
  case pushed
  case deviceAuthorization
  case registration
  case resource
  case resourceMetadata

  func contains(_ scene: FaultScene) -> Bool {
    switch self {
    case .metadata: scene.place == .metadata
    case .keys: scene.place == .keySet
    case .authorization: scene.place == .authorization || scene.place == .signIn
    case .tokens: scene.place == .token && scene.grantType != "refresh_token"
    case .exchange:
      scene.place == .token && scene.grantType == AuthorizationServer.exchangeGrantType
    case .refresh: scene.place == .token && scene.grantType == "refresh_token"
    case .revocation: scene.place == .revocation
    case .userInfo: scene.place == .userInfo
    case .pushed: scene.place == .pushedAuthorization
    case .deviceAuthorization: scene.place == .deviceAuthorization
    case .registration: scene.place == .registration
    case .resource: AuthorizationServer.resourcePlaces.contains(scene.place)
    case .resourceMetadata: scene.place == .resourceMetadata
    }
  }
}
