import HTTP1
import OAuth

extension AuthorizationServer {
  /// The authentication context that `/resource/strong` wants (RFC 9470 §3).
  static let strongContext = "urn:practice:strong"
  static let resourcePlaces: [Place] = [.resource, .adminResource, .strongResource]

  /// The places that are protected resources of their own: each wants a valid access token that is
  /// for it or for nothing in particular, and tells the bearer what the token is good for.
  mutating func resource(
    _ place: Place, _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let demand = ResourceDemand(
      metadataAddress: settings.origin + resourceMetadataPath(of: place),
      scope: Self.scope(of: place))
    let presented = try presentedToken(request, demand, in: &surroundings)
    let (token, grant) = (presented.token, presented.grant)
    guard token.audience.isEmpty || token.audience.contains(where: { covers($0, place) }) else {
      throw Self.badToken("the access token is for another resource", demand)
    }
    let scheme = token.keyThumbprint == nil ? "Bearer" : "DPoP"
    if place == .adminResource, !token.scope.contains("admin") {
      throw Refusal(
        .insufficientScope, "the access token has no admin scope", status: 403,
        challenge: demand.challenge(scheme, error: .insufficientScope))
    }
    if place == .strongResource, grant.contextClass != Self.strongContext {
      // RFC 9470 §3.
      throw Refusal(
        .insufficientAuthentication, "a stronger authentication is needed", status: 401,
        challenge: demand.challenge(
          scheme, error: .insufficientAuthentication, [("acr_values", Self.strongContext)]))
    }
    return .json(Self.description(of: token, grant, at: surroundings.now))
  }

  private static func description(
    of token: AccessToken, _ grant: Grant, at now: Int64
  ) -> [String: JSONValue] {
    var members: [String: JSONValue] = [
      "message": .string("hello, \(UserName.display(grant.user))"), "sub": .string(grant.user),
      "client_id": .string(grant.clientID),
      "scope": .string(token.scope.joined(separator: " ")),
      "expires_in": .seconds(token.expiresAt - now),
    ]
    if !token.audience.isEmpty { members["aud"] = .strings(token.audience) }
    if let context = grant.contextClass { members["acr"] = .string(context) }
    return members
  }

  /// A token for a resource is good at what lies under it as well.
  private func covers(_ audience: String, _ place: Place) -> Bool {
    let address = settings.address(of: place)
    return audience == address || address.hasPrefix(audience + "/")
  }

  private static func scope(of place: Place) -> String {
    place == .adminResource ? "read admin" : "read"
  }

  // MARK: metadata (RFC 9728)

  /// The well-known name stands between host and path (RFC 9728 §3.1).
  func resourceMetadataPath(of place: Place) -> String {
    "/.well-known/oauth-protected-resource\(settings.issuerPath)\(place.path)"
  }

  /// The resource whose metadata is at a path.
  func describedResource(at path: String) -> Place? {
    Self.resourcePlaces.first { resourceMetadataPath(of: $0) == path }
  }

  /// RFC 9728 §2.
  func resourceMetadata(at path: String) -> Reply {
    guard let place = describedResource(at: path) else { return Self.nothingHere }
    return .json([
      "resource": .string(settings.address(of: place)),
      "authorization_servers": [.string(settings.issuer)],
      "scopes_supported": ["read", "admin"],
      "bearer_methods_supported": ["header"],
      "resource_name": "the practice server's own resource",
      "dpop_signing_alg_values_supported": .strings(Self.proofAlgorithms),
    ])
  }
}
