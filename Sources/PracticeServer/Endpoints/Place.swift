/// The places of this server, by what they are for.
enum Place: Sendable, CaseIterable {
  case home
  case metadata
  case authorization
  case signIn
  case token
  case revocation
  case introspection
  case keySet
  case userInfo
  case endSession
  case pushedAuthorization
  case deviceAuthorization
  case device
  case registration
  case registeredClient
  case clientDocument
  case resourceMetadata
  case resource
  case adminResource
  case strongResource

  /// Behind the issuer; of what stands at several paths the usual one, or how it begins.
  var path: String {
    switch self {
    case .home: "/"
    case .metadata: "/.well-known/openid-configuration"
    case .authorization: "/authorize"
    case .signIn: "/sign-in"
    case .token: "/token"
    case .revocation: "/revoke"
    case .introspection: "/introspect"
    case .keySet: "/jwks"
    case .userInfo: "/userinfo"
    case .endSession: "/logout"
    case .pushedAuthorization: "/par"
    case .deviceAuthorization: "/device_authorization"
    case .device: "/device"
    case .registration: "/register"
    case .registeredClient: "/register/"
    case .clientDocument: "/client.json"
    case .resourceMetadata: "/.well-known/oauth-protected-resource"
    case .resource: "/resource"
    case .adminResource: "/resource/admin"
    case .strongResource: "/resource/strong"
    }
  }

  /// The methods that mean something here; HEAD goes wherever GET goes.
  var methods: [String] {
    switch self {
    case .home, .metadata, .keySet, .clientDocument, .resourceMetadata: ["GET", "HEAD"]
    // OpenID Connect Core 1.0 §3.1.2.1 and §5.3 and RP-Initiated Logout §2 want both.
    case .authorization, .userInfo, .endSession, .device: ["GET", "HEAD", "POST"]
    case .registeredClient: ["GET", "PUT", "DELETE"]
    case .resource, .adminResource, .strongResource:
      ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    case .signIn, .token, .revocation, .introspection, .pushedAuthorization,
      .deviceAuthorization, .registration:
      ["POST"]
    }
  }

  /// Whether it is there only when the protected resource is served.
  var belongsToResource: Bool {
    switch self {
    case .resource, .adminResource, .strongResource, .resourceMetadata: true
    default: false
    }
  }
}
