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
}

/// The yes-or-no statements of a server's metadata; each is no where it is absent.
package enum MetadataFlag: String, Sendable, CaseIterable {
  case sendsIssuer = "authorization_response_iss_parameter_supported"
  case requiresPushedRequests = "require_pushed_authorization_requests"
}

/// Why a server's metadata is refused.
package enum ServerMetadataFault: Error, Equatable, CustomStringConvertible {
  case json(JSONFault)
  case issuerMissing
  case issuerWrong(PrintableText)
  case badEndpoint(EndpointName, AddressFault)
  case endpointWithoutTLS(EndpointName)
  case wrongType(String)
  case endpointMissing(EndpointName)

  package var description: String {
    switch self {
    case .json(let fault): "the server's metadata cannot be read: \(fault)"
    case .issuerMissing: "the server's metadata does not name its issuer"
    case .issuerWrong(let issuer):
      "the server's metadata is that of issuer \(issuer), which is not the configured one"
    case .badEndpoint(let name, let fault): "\(name.rawValue) is refused: \(fault)"
    case .endpointWithoutTLS(let name):
      "\(name.rawValue) uses http although the issuer uses https"
    case .wrongType(let name): "the server's metadata has a \(name) of the wrong type"
    case .endpointMissing(let name): "the server has no \(name.rawValue), and none is configured"
    }
  }
}

/// What is known about an authorization server (RFC 8414 §2, OpenID Connect Discovery 1.0 §3).
package struct ServerMetadata: Sendable {
  package enum Origin: Sendable {
    /// Read from the server's own document.
    case discovered
    /// Put together from addresses given outright: the server has said nothing about itself.
    case configured
  }

  package let issuer: Issuer?
  package let origin: Origin
  private var endpoints: [EndpointName: Endpoint]
  private let lists: [MetadataList: [String]]
  private let flags: Set<MetadataFlag>

  /// Reads a document found at one of the issuer's well-known addresses.
  ///
  /// Its `issuer` must be the configured one byte for byte (RFC 8414 §3.3, OpenID Connect
  /// Discovery 1.0 §4.3), or another server could stand in for it.
  package init(validating body: [UInt8], issuer: Issuer) throws(ServerMetadataFault) {
    let members: [String: JSONValue]
    do { members = try JSONValue.object(parsing: body) } catch { throw .json(error) }
    guard let named = members["issuer"]?.stringValue else { throw .issuerMissing }
    guard issuer.isIdentical(to: named) else { throw .issuerWrong(PrintableText(named)) }
    self.issuer = issuer
    origin = .discovered
    endpoints = try Self.endpoints(in: members, of: issuer)
    lists = try Self.lists(in: members)
    flags = try Self.flags(in: members)
  }

  /// Takes the endpoints an account gives outright.
  package init(configured endpoints: [EndpointName: Endpoint], issuer: Issuer?) {
    self.issuer = issuer
    origin = .configured
    self.endpoints = endpoints
    lists = [:]
    flags = []
  }

  /// The same server with the account's own endpoints in place of the discovered ones.
  package func overridden(by configured: [EndpointName: Endpoint]) -> ServerMetadata {
    var copy = self
    copy.endpoints.merge(configured) { $1 }
    return copy
  }

  package func endpoint(_ name: EndpointName) -> Endpoint? { endpoints[name] }

  /// The endpoint, or the fault that says it is missing.
  package func require(_ name: EndpointName) throws(ServerMetadataFault) -> Endpoint {
    guard let endpoint = endpoints[name] else { throw .endpointMissing(name) }
    return endpoint
  }

  /// A list of the metadata; `nil` where the server says nothing.
  package func list(_ name: MetadataList) -> [String]? { lists[name] }

  package func has(_ flag: MetadataFlag) -> Bool { flags.contains(flag) }

  /// How the `iss` of this server's authorization responses is to be checked (RFC 9207 §2.4).
  package var issuerRule: IssuerRule {
    guard let issuer else { return .unknown }
    return has(.sendsIssuer) ? .demanded(issuer) : .compared(issuer)
  }

  private static func endpoints(
    in members: [String: JSONValue], of issuer: Issuer
  ) throws(ServerMetadataFault) -> [EndpointName: Endpoint] {
    var endpoints: [EndpointName: Endpoint] = [:]
    for name in EndpointName.allCases {
      guard let value = members[name.rawValue], value != .null else { continue }
      guard let text = value.stringValue else { throw .wrongType(name.rawValue) }
      let endpoint: Endpoint
      do { endpoint = try Endpoint(text) } catch { throw .badEndpoint(name, error) }
      guard issuer.endpoint.scheme == .http || endpoint.scheme == .https else {
        throw .endpointWithoutTLS(name)
      }
      endpoints[name] = endpoint
    }
    return endpoints
  }

  private static func lists(
    in members: [String: JSONValue]
  ) throws(ServerMetadataFault) -> [MetadataList: [String]] {
    var lists: [MetadataList: [String]] = [:]
    for name in MetadataList.allCases {
      guard let value = members[name.rawValue], value != .null else { continue }
      guard let strings = value.stringsValue else { throw .wrongType(name.rawValue) }
      lists[name] = strings
    }
    return lists
  }

  private static func flags(
    in members: [String: JSONValue]
  ) throws(ServerMetadataFault) -> Set<MetadataFlag> {
    var flags: Set<MetadataFlag> = []
    for name in MetadataFlag.allCases {
      guard let value = members[name.rawValue], value != .null else { continue }
      guard let isSet = value.boolValue else { throw .wrongType(name.rawValue) }
      if isSet { flags.insert(name) }
    }
    return flags
  }
}
