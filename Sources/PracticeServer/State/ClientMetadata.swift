import OAuth

/// What a client says about itself, to a registration endpoint (RFC 7591 §2) or in a document of
/// its own (OAuth Client ID Metadata Document).
struct ClientMetadata: Sendable {
  /// The most redirect URIs of one client.
  private static let maximumRedirects = 16

  let redirectURIs: [String]
  let method: ClientMethod
  /// The keys of `private_key_jwt`.
  let keys: [JSONWebKey]
  /// Every member that is understood, as it is told back (RFC 7591 §3.2.1).
  let members: [String: JSONValue]

  /// Reads the members of a document.
  ///
  /// - Parameter usual: the method where the client names none.
  init(
    _ document: [String: JSONValue], usual: ClientMethod
  ) throws(Refusal) {
    redirectURIs = try Self.redirects(document["redirect_uris"])
    method = try Self.method(document["token_endpoint_auth_method"], usual)
    keys = try Self.keys(document, method)
    let grants = try Self.strings("grant_types", in: document) ?? ["authorization_code"]
    let responses = try Self.strings("response_types", in: document) ?? ["code"]
    guard grants.contains("authorization_code"), responses.contains("code") else {
      throw Self.bad("only the grant type authorization_code with the response type code is used")
    }
    var members: [String: JSONValue] = [
      "redirect_uris": .strings(redirectURIs),
      "token_endpoint_auth_method": .string(method.rawValue),
      "grant_types": .strings(grants), "response_types": .strings(responses),
    ]
    for name in ["client_name", "client_uri", "scope", "software_id", "software_version"] {
      guard let value = document[name] else { continue }
      guard let text = value.stringValue, text.utf8.count <= 1024 else {
        throw Self.bad("\(name) is not a short text")
      }
      members[name] = .string(text)
    }
    if let set = document["jwks"] { members["jwks"] = set }
    self.members = members
  }

  private static func redirects(_ value: JSONValue?) throws(Refusal) -> [String] {
    guard let uris = value?.stringsValue, (1...maximumRedirects).contains(uris.count),
      uris.allSatisfy({ (try? RedirectURI($0)) != nil })
    else {
      throw Refusal(
        .invalidRedirectURI, "redirect_uris is not a list of addresses a client may come back to")
    }
    return uris
  }

  private static func method(
    _ value: JSONValue?, _ usual: ClientMethod
  ) throws(Refusal) -> ClientMethod {
    guard let value else { return usual }
    let offered: [ClientMethod] = [.none, .secretBasic, .secretPost, .secretJWT, .privateKeyJWT]
    guard let method = value.stringValue.flatMap(ClientMethod.init(rawValue:)),
      offered.contains(method)
    else { throw bad("the token_endpoint_auth_method is not supported") }
    return method
  }

  private static func keys(
    _ document: [String: JSONValue], _ method: ClientMethod
  ) throws(Refusal) -> [JSONWebKey] {
    guard method == .privateKeyJWT else { return [] }
    guard let set = document["jwks"],
      let keys = try? JSONWebKeySet(validating: set.serialized()).keys, !keys.isEmpty
    else { throw bad("private_key_jwt needs jwks with a usable key; jwks_uri is not fetched") }
    return keys
  }

  private static func strings(
    _ name: String, in document: [String: JSONValue]
  ) throws(Refusal) -> [String]? {
    guard let value = document[name] else { return nil }
    guard let strings = value.stringsValue else { throw bad("\(name) is not a list of texts") }
    return strings
  }

  static func bad(_ description: String) -> Refusal {
    Refusal(.invalidClientMetadata, description)
  }
}
