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
  /// Where the same endpoints ask for the client's certificate (RFC 8705 §5).
  private var aliases: [EndpointName: Endpoint]
  /// The endpoints the account has given itself.
  private var configured: Set<EndpointName> = []
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
    aliases = try Self.aliases(in: members, of: issuer)
    lists = try Self.lists(in: members)
    flags = try Self.flags(in: members)
  }

  /// Takes the endpoints an account gives outright.
  package init(configured endpoints: [EndpointName: Endpoint], issuer: Issuer?) {
    self.issuer = issuer
    origin = .configured
    self.endpoints = endpoints
    aliases = [:]
    configured = Set(endpoints.keys)
    lists = [:]
    flags = []
  }

  /// The same server with the account's own endpoints in place of the discovered ones.
  package func overridden(by configured: [EndpointName: Endpoint]) -> ServerMetadata {
    var copy = self
    copy.endpoints.merge(configured) { $1 }
    copy.configured.formUnion(configured.keys)
    return copy
  }

  /// The same server with the endpoints that another document of its issuer has and its own lacks.
  package func supplemented(by other: ServerMetadata) -> ServerMetadata {
    guard issuer == other.issuer else { return self }
    var copy = self
    copy.endpoints.merge(other.endpoints) { own, _ in own }
    copy.aliases.merge(other.aliases.filter { endpoints[$0.key] == nil }) { own, _ in own }
    return copy
  }

  /// The same server as a client with a certificate calls it: by the aliases it has for that
  /// (RFC 8705 §5), except where the account says otherwise.
  package func withMutualTLS() -> ServerMetadata {
    var copy = self
    copy.endpoints.merge(aliases.filter { !configured.contains($0.key) }) { $1 }
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
      // A server elsewhere has no business with what listens on this machine.
      guard issuer.endpoint.isLoopback || !endpoint.isLoopback else {
        throw .endpointOnThisMachine(name)
      }
      endpoints[name] = endpoint
    }
    return endpoints
  }

  /// Only what the client calls itself has aliases; the browser has no certificate to show.
  private static func aliases(
    in members: [String: JSONValue], of issuer: Issuer
  ) throws(ServerMetadataFault) -> [EndpointName: Endpoint] {
    let name = "mtls_endpoint_aliases"
    guard let value = members[name], value != .null else { return [:] }
    guard let aliases = value.objectValue else { throw .wrongType(name) }
    let found: [EndpointName: Endpoint]
    do { found = try endpoints(in: aliases, of: issuer) } catch { throw .alias(error) }
    return found.filter { $0.key != .authorization && $0.key != .endSession }
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
