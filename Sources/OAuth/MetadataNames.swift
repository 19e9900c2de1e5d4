/// The endpoints of a server, by their names in its metadata (RFC 8414 §2 and what extends it).
package enum EndpointName: String, Sendable, CaseIterable {
  case authorization = "authorization_endpoint"
  case token = "token_endpoint"
  case revocation = "revocation_endpoint"
  case introspection = "introspection_endpoint"
  case registration = "registration_endpoint"
  case jwks = "jwks_uri"
  case userinfo = "userinfo_endpoint"
  case endSession = "end_session_endpoint"
  case deviceAuthorization = "device_authorization_endpoint"
  case pushedAuthorizationRequest = "pushed_authorization_request_endpoint"
}

/// The lists of a server's metadata.
package enum MetadataList: String, Sendable, CaseIterable {
  case tokenEndpointAuthMethods = "token_endpoint_auth_methods_supported"
  case revocationEndpointAuthMethods = "revocation_endpoint_auth_methods_supported"
  case codeChallengeMethods = "code_challenge_methods_supported"
  case idTokenSigningAlgorithms = "id_token_signing_alg_values_supported"
  case scopes = "scopes_supported"
  case responseModes = "response_modes_supported"
  case grantTypes = "grant_types_supported"
  case proofAlgorithms = "dpop_signing_alg_values_supported"
  case assertionAlgorithms = "token_endpoint_auth_signing_alg_values_supported"
  case authorizationResponseAlgorithms = "authorization_signing_alg_values_supported"
  case userinfoAlgorithms = "userinfo_signing_alg_values_supported"
}

/// The yes-or-no statements of a server's metadata; each is no where it is absent.
package enum MetadataFlag: String, Sendable, CaseIterable {
  case sendsIssuer = "authorization_response_iss_parameter_supported"
  case requiresPushedRequests = "require_pushed_authorization_requests"
  case takesClientIDMetadataDocuments = "client_id_metadata_document_supported"
}

/// Why a server's metadata is refused.
package enum ServerMetadataFault: Error, Equatable, CustomStringConvertible {
  case json(JSONFault)
  case issuerMissing
  case issuerWrong(PrintableText)
  case badEndpoint(EndpointName, AddressFault)
  case endpointWithoutTLS(EndpointName)
  case endpointOnThisMachine(EndpointName)
  case wrongType(String)
  /// What is wrong with one of the addresses for clients that show a certificate.
  indirect case alias(ServerMetadataFault)
  case endpointMissing(EndpointName)

  package var description: String {
    switch self {
    case .json(let fault): "the server's metadata cannot be read: \(fault)"
    case .issuerMissing: "the server's metadata does not name its issuer"
    case .issuerWrong(let issuer):
      "the server's metadata is that of issuer \(issuer), which is not the configured one"
    case .badEndpoint(let name, let fault): "the server's \(name.rawValue) is refused: \(fault)"
    case .endpointWithoutTLS(let name):
      "the server's \(name.rawValue) is refused: it uses http although the issuer uses https"
    case .endpointOnThisMachine(let name):
      "the server's \(name.rawValue) is refused: it leads to this machine, where the issuer is not"
    case .wrongType(let name): "\(name) in the server's metadata is of the wrong type"
    case .alias(let fault): "in mtls_endpoint_aliases, \(fault)"
    case .endpointMissing(let name): "the server has no \(name.rawValue), and none is configured"
    }
  }
}
