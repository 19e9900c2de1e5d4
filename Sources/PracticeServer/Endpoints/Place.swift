/// The places of this server, by what they are for.
enum Place: Sendable, CaseIterable {
  case home
  case authorization
  case signIn
  case token
  case revocation
  case introspection
  case keySet
  case userInfo
  case endSession
  case resource

  /// Behind the issuer.
  var path: String {
    switch self {
    case .home: "/"
    case .authorization: "/authorize"
    case .signIn: "/sign-in"
    case .token: "/token"
    case .revocation: "/revoke"
    case .introspection: "/introspect"
    case .keySet: "/jwks"
    case .userInfo: "/userinfo"
    case .endSession: "/logout"
    case .resource: "/resource"
    }
  }

  /// The methods that mean something here; HEAD goes wherever GET goes.
  var methods: [String] {
    switch self {
    case .home, .keySet: ["GET", "HEAD"]
    // OpenID Connect Core 1.0 §3.1.2.1 and §5.3 and RP-Initiated Logout §2 want both.
    case .authorization, .userInfo, .endSession: ["GET", "HEAD", "POST"]
    case .resource: ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]
    case .signIn, .token, .revocation, .introspection: ["POST"]
    }
  }
}
