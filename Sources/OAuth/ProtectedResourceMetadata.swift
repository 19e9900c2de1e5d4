/// Why a resource's metadata is refused.
package enum ProtectedResourceMetadataFault: Error, Equatable, CustomStringConvertible {
  case json(JSONFault)
  case resourceMissing
  case resourceWrong(PrintableText)
  case wrongType(String)
  case noAuthorizationServer
  case tooManyAuthorizationServers
  case badAuthorizationServer(AddressFault)
  case noHeaderTokens

  package var description: String {
    switch self {
    case .json(let fault): "the resource's metadata cannot be read: \(fault)"
    case .resourceMissing: "the resource's metadata does not name its resource"
    case .resourceWrong(let name):
      "the resource's metadata is that of \(name), which is not the address that was asked"
    case .wrongType(let name): "\(name) in the resource's metadata is of the wrong type"
    case .noAuthorizationServer: "the resource's metadata names no authorization server"
    case .tooManyAuthorizationServers:
      "the resource's metadata names more than 16 authorization servers"
    case .badAuthorizationServer(let fault):
      "an authorization server of the resource is refused: \(fault)"
    case .noHeaderTokens:
      "the resource takes no tokens in the authorization header (bearer_methods_supported)"
    }
  }
}

/// What a resource says about itself (RFC 9728 §2).
package struct ProtectedResourceMetadata: Sendable {
  /// The most authorization servers read.
  private static let maximumServers = 16

  /// `resource`: what is to be sent as the resource indicator (RFC 8707 §2).
  package let resource: ResourceIndicator
  /// Whose tokens it takes, in its order; at least one.
  package let authorizationServers: [Issuer]
  /// `scopes_supported`; `nil` where it says nothing.
  package let scopes: [String]?
  /// `resource_name`, for people.
  package let name: PrintableText?
  /// Whether it takes no token that is not bound to a key (RFC 9728 §2).
  package let requiresProofs: Bool

  /// Reads a document found at the challenge's address or at a well-known one.
  ///
  /// - Parameter resource: the address that was asked; a document about another resource would
  ///   send its token to whoever wrote it (§7.3).
  package init(
    validating body: [UInt8], of resource: ProtectedResource,
    rule: ProtectedResourceRule = .identical
  ) throws(ProtectedResourceMetadataFault) {
    let members: [String: JSONValue]
    do { members = try JSONValue.object(parsing: body) } catch { throw .json(error) }
    self.resource = try Self.resource(in: members, of: resource, rule)
    authorizationServers = try Self.servers(in: members)
    scopes = try Self.strings("scopes_supported", in: members)
    name = members["resource_name"]?.stringValue.map { PrintableText($0) }
    requiresProofs = try Self.flag("dpop_bound_access_tokens_required", in: members)
    if let methods = try Self.strings("bearer_methods_supported", in: members) {
      guard methods.contains("header") else { throw .noHeaderTokens }
    }
  }

  private static func resource(
    in members: [String: JSONValue], of asked: ProtectedResource, _ rule: ProtectedResourceRule
  ) throws(ProtectedResourceMetadataFault) -> ResourceIndicator {
    guard let text = members["resource"]?.stringValue else { throw .resourceMissing }
    let isRight = asked.isIdentical(to: text) || rule == .covering && asked.isCovered(by: text)
    guard isRight, let resource = try? ResourceIndicator(text) else {
      throw .resourceWrong(PrintableText(text))
    }
    return resource
  }

  private static func servers(
    in members: [String: JSONValue]
  ) throws(ProtectedResourceMetadataFault) -> [Issuer] {
    let texts = try strings("authorization_servers", in: members) ?? []
    guard !texts.isEmpty else { throw .noAuthorizationServer }
    guard texts.count <= maximumServers else { throw .tooManyAuthorizationServers }
    var servers: [Issuer] = []
    for text in texts {
      do { servers.append(try Issuer(text)) } catch { throw .badAuthorizationServer(error) }
    }
    return servers
  }

  private static func strings(
    _ name: String, in members: [String: JSONValue]
  ) throws(ProtectedResourceMetadataFault) -> [String]? {
    guard let value = members[name], value != .null else { return nil }
    guard let strings = value.stringsValue else { throw .wrongType(name) }
    return strings
  }

  private static func flag(
    _ name: String, in members: [String: JSONValue]
  ) throws(ProtectedResourceMetadataFault) -> Bool {
    guard let value = members[name], value != .null else { return false }
    guard let flag = value.boolValue else { throw .wrongType(name) }
    return flag
  }
}
