import OAuth

extension AuthorizationServer {
  /// The scopes that mean something here; any other is granted just the same.
  static let knownScopes = ["openid", "profile", "email", "offline_access"]

  /// OpenID Connect Discovery 1.0 §4.1 appends to the issuer; RFC 8414 §3.1 puts its name between
  /// host and path, and there are clients that look for the OpenID name there.
  func isMetadataPath(_ path: String) -> Bool {
    [
      "\(settings.issuerPath)/.well-known/openid-configuration",
      "/.well-known/oauth-authorization-server\(settings.issuerPath)",
      "/.well-known/openid-configuration\(settings.issuerPath)",
    ].contains(path)
  }

  /// RFC 8414 §2, OpenID Connect Discovery 1.0 §3, RFC 9207 §3.
  func metadata() -> Reply {
    let clientAuthentication: JSONValue = ["none", "client_secret_basic", "client_secret_post"]
    var members: [String: JSONValue] = [
      "issuer": .string(settings.issuer),
      "response_types_supported": ["code"],
      "response_modes_supported": ["query"],
      "grant_types_supported": grantTypes,
      "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": [.string(settings.signer.algorithm.rawValue)],
      "scopes_supported": .array(Self.knownScopes.map { .string($0) }),
      "claims_supported": [
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name",
        "preferred_username", "email", "email_verified",
      ],
      "token_endpoint_auth_methods_supported": clientAuthentication,
      "revocation_endpoint_auth_methods_supported": clientAuthentication,
      "introspection_endpoint_auth_methods_supported": [
        "client_secret_basic", "client_secret_post",
      ],
      "code_challenge_methods_supported": ["S256"],
      "authorization_response_iss_parameter_supported": true,
      "request_parameter_supported": false,
      "request_uri_parameter_supported": false,
      "claims_parameter_supported": false,
    ]
    for (name, place) in Self.announced { members[name] = .string(settings.address(of: place)) }
    return .json(members)
  }

  /// The endpoints, by their names in the metadata.
  static let announced: [(name: String, place: Place)] = [
    ("authorization_endpoint", .authorization),
    ("token_endpoint", .token),
    ("revocation_endpoint", .revocation),
    ("introspection_endpoint", .introspection),
    ("userinfo_endpoint", .userInfo),
    ("jwks_uri", .keySet),
    ("end_session_endpoint", .endSession),
  ]

  private var grantTypes: JSONValue {
    settings.behaviour.refreshTokens == .none
      ? ["authorization_code"] : ["authorization_code", "refresh_token"]
  }

  /// RFC 7517 §5.
  func keySet() -> Reply { .json(["keys": [settings.signer.jsonWebKey]]) }
}
