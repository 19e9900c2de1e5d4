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
    let methods = announcedMethods.map(\.rawValue)
    let confidentialMethods = methods.filter { $0 != ClientMethod.none.rawValue }
    let signatures: JSONValue = .strings(["HS256"] + Self.proofAlgorithms)
    var members: [String: JSONValue] = [
      "issuer": .string(settings.issuer),
      "response_types_supported": ["code"],
      "response_modes_supported": .strings(ResponseMode.names),
      "grant_types_supported": grantTypes,
      "subject_types_supported": ["public"],
      "id_token_signing_alg_values_supported": [.string(settings.signer.algorithm.rawValue)],
      "scopes_supported": .array(Self.knownScopes.map { .string($0) }),
      "claims_supported": [
        "iss", "sub", "aud", "exp", "iat", "auth_time", "nonce", "at_hash", "name",
        "preferred_username", "email", "email_verified",
      ],
      "token_endpoint_auth_methods_supported": .strings(methods),
      "token_endpoint_auth_signing_alg_values_supported": signatures,
      "revocation_endpoint_auth_methods_supported": .strings(methods),
      "revocation_endpoint_auth_signing_alg_values_supported": signatures,
      "introspection_endpoint_auth_methods_supported": .strings(confidentialMethods),
      "introspection_endpoint_auth_signing_alg_values_supported": signatures,
      "dpop_signing_alg_values_supported": .strings(Self.proofAlgorithms),
      "authorization_signing_alg_values_supported": [.string(settings.signer.algorithm.rawValue)],
      "acr_values_supported": [.string(Self.strongContext)],
      "client_id_metadata_document_supported": true,
      "require_pushed_authorization_requests": .bool(
        settings.behaviour.pushedRequests == .demanded),
      "code_challenge_methods_supported": ["S256"],
      "authorization_response_iss_parameter_supported": true,
      "request_parameter_supported": false,
      "request_uri_parameter_supported": false,
      "claims_parameter_supported": false,
    ]
    for (name, place) in Self.announced { members[name] = .string(settings.address(of: place)) }
    if settings.behaviour.userInfoForm == .signed {
      members["userinfo_signing_alg_values_supported"] = [
        .string(settings.signer.algorithm.rawValue)
      ]
    }
    if settings.behaviour.servesResource {
      members["protected_resources"] = .strings(
        Self.resourcePlaces.map { settings.address(of: $0) })
    }
    if settings.clientCertificates == .accepted { members["mtls_endpoint_aliases"] = aliases }
    return .json(members)
  }

  private var announcedMethods: [ClientMethod] {
    ClientMethod.allCases.filter { method in
      let needsCertificate = method == .certificate || method == .selfSignedCertificate
      return !needsCertificate || settings.clientCertificates == .accepted
    }
  }

  /// Where clients with a certificate are to ask (RFC 8705 §5).
  private var aliases: JSONValue {
    let names = [
      "token_endpoint", "revocation_endpoint", "introspection_endpoint",
      "pushed_authorization_request_endpoint", "device_authorization_endpoint",
    ]
    let members = Self.announced.filter { names.contains($0.name) }.map { name, place in
      (name, JSONValue.string(settings.alias(of: place)))
    }
    return .object(Dictionary(members) { first, _ in first })
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
    ("pushed_authorization_request_endpoint", .pushedAuthorization),
    ("device_authorization_endpoint", .deviceAuthorization),
    ("registration_endpoint", .registration),
  ]

  private var grantTypes: JSONValue {
    let refresh = settings.behaviour.refreshTokens == .none ? [] : ["refresh_token"]
    return .strings(
      ["authorization_code"] + refresh + [Self.deviceGrantType, Self.exchangeGrantType])
  }

  /// RFC 7517 §5.
  func keySet() -> Reply { .json(["keys": [settings.signer.jsonWebKey]]) }
}
