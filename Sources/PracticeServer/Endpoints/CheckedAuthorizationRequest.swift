import OAuth

/// Why an authorization request is refused, and who hears it.
enum AuthorizationFault: Error {
  /// The person, on a page: without a known client and a redirect URI of its own there is nobody
  /// else to tell (RFC 6749 §4.1.2.1).
  case toPerson(Refusal)
  /// The client, by a redirect.
  case toClient(Refusal, ReturnAddress)

  var refusal: Refusal {
    switch self {
    case .toPerson(let refusal), .toClient(let refusal, _): refusal
    }
  }
}

/// An authorization request that has passed every check (RFC 6749 §4.1.1, RFC 7636 §4.3, OpenID
/// Connect Core 1.0 §3.1.2.1).
struct CheckedAuthorizationRequest: Sendable {
  /// Characters of a nonce: it comes back in every ID token of the sign-in.
  private static let maximumNonceLength = 1024

  let client: RegisteredClient
  let returnAddress: ReturnAddress
  let scope: [String]
  let nonce: String?
  /// `nil` where a confidential client sends none.
  let challenge: String?
  /// Where the tokens are to be used (RFC 8707 §2).
  let resources: [String]
  /// How the person is to be authenticated: the first of `acr_values` that is known here.
  let contextClass: String?
  /// The thumbprint of the key the code is bound to (`dpop_jkt`, RFC 9449 §10); that of a proof,
  /// where the request was pushed with one.
  var keyThumbprint: String?
  /// Whom the client expects; a hint and nothing more.
  let loginHint: String?
  /// Whether no page may be shown.
  let forbidsPages: Bool

  /// - Parameter client: finds a client by its identifier.
  init(
    _ parameters: FormParameters, client find: (String) -> RegisteredClient?
  ) throws(AuthorizationFault) {
    (client, returnAddress) = try Self.addressee(parameters, find)
    do throws(Refusal) {
      try Self.checkForm(parameters)
      scope = try Self.scope(parameters)
      challenge = try Self.challenge(parameters, client: client)
      resources = try Resources.checked(parameters)
      nonce = parameters.value(of: "nonce")
      guard (nonce?.utf8.count ?? 0) <= Self.maximumNonceLength else {
        throw .invalidRequest("the nonce is longer than 1024 bytes")
      }
    } catch { throw .toClient(error, returnAddress) }
    let contexts = parameters.value(of: "acr_values")?.split(separator: " ") ?? []
    contextClass = contexts.map(String.init).first { $0 == AuthorizationServer.strongContext }
    keyThumbprint = parameters.value(of: "dpop_jkt")
    loginHint = parameters.value(of: "login_hint").flatMap { UserName.isValid($0) ? $0 : nil }
    forbidsPages = parameters.value(of: "prompt") == "none"
  }

  /// The client and its redirect URI come first: before both are known, nothing may be redirected,
  /// or the server would send browsers wherever a link says (RFC 9700 §4.11).
  private static func addressee(
    _ parameters: FormParameters, _ find: (String) -> RegisteredClient?
  ) throws(AuthorizationFault) -> (RegisteredClient, ReturnAddress) {
    for name in ["client_id", "redirect_uri", "state"] where parameters.isRepeated(name) {
      throw .toPerson(.invalidRequest("\(name) stands more than once"))
    }
    guard let id = parameters.value(of: "client_id") else {
      throw .toPerson(.invalidRequest("client_id is missing"))
    }
    guard let client = find(id) else {
      throw .toPerson(Refusal(.unauthorizedClient, "the client is not known here"))
    }
    guard let redirectURI = parameters.value(of: "redirect_uri") else {
      throw .toPerson(.invalidRequest("redirect_uri is missing"))
    }
    guard client.allows(redirectTo: redirectURI) else {
      throw .toPerson(.invalidRequest("the redirect_uri is not registered for this client"))
    }
    let address = ReturnAddress(
      clientID: client.id, redirectURI: redirectURI, state: parameters.values(of: "state").first,
      // One that is not known is refused below, in the way that always works.
      mode: ResponseMode(parameters.value(of: "response_mode")) ?? .query)
    return (client, address)
  }

  private static func checkForm(_ parameters: FormParameters) throws(Refusal) {
    // RFC 6749 §3.1; only `resource` may be repeated (RFC 8707 §2).
    guard parameters.repeatedNames.isSubset(of: ["resource"]) else {
      throw .invalidRequest("a parameter stands more than once")
    }
    guard parameters.value(of: "request") == nil else {
      throw Refusal(.requestNotSupported, "request objects are not supported")
    }
    guard parameters.value(of: "request_uri") == nil else {
      throw Refusal(.requestURINotSupported, "only a request_uri of this server is supported")
    }
    guard let type = parameters.value(of: "response_type") else {
      throw .invalidRequest("response_type is missing")
    }
    guard type == "code" else {
      throw Refusal(.unsupportedResponseType, "only response_type=code is supported")
    }
    guard ResponseMode(parameters.value(of: "response_mode")) != nil else {
      throw .invalidRequest("the response_mode is not supported")
    }
  }

  static func scope(_ parameters: FormParameters) throws(Refusal) -> [String] {
    guard let text = parameters.value(of: "scope") else { return [] }
    do { return try Scope(text).tokens.uniqued } catch {
      throw Refusal(.invalidScope, "the scope is malformed")
    }
  }

  /// RFC 9700 §2.1.1: public clients must, and `plain` protects nobody.
  private static func challenge(
    _ parameters: FormParameters, client: RegisteredClient
  ) throws(Refusal) -> String? {
    guard let challenge = parameters.value(of: "code_challenge") else {
      guard !client.isPublic else {
        throw .invalidRequest("code_challenge is missing, and public clients must use pkce")
      }
      return nil
    }
    guard parameters.value(of: "code_challenge_method") == CodeChallenge.method else {
      throw .invalidRequest("only code_challenge_method=S256 is supported")
    }
    guard Base64URL.decode(challenge)?.count == 32 else {
      throw .invalidRequest("the code_challenge is not 43 characters of base64url")
    }
    return challenge
  }
}

/// Resource indicators (RFC 8707).
enum Resources {
  /// The most that are taken at once.
  private static let maximumCount = 16

  /// The `resource` parameters, each an absolute address without a fragment (§2).
  static func checked(_ parameters: FormParameters) throws(Refusal) -> [String] {
    let resources = parameters.values(of: "resource").filter { !$0.isEmpty }.uniqued
    guard resources.count <= maximumCount,
      resources.allSatisfy({ (try? Endpoint($0)) != nil })
    else {
      throw Refusal(.invalidTarget, "a resource is not an https or a loopback address")
    }
    return resources
  }

  /// Those of a token request, which may name no other than the grant's (§2.2).
  static func narrowed(
    _ parameters: FormParameters, within grant: Grant
  ) throws(Refusal) -> [String] {
    let wanted = try checked(parameters)
    guard !wanted.isEmpty else { return grant.resources }
    guard grant.resources.isEmpty || wanted.allSatisfy(grant.resources.contains) else {
      throw Refusal(.invalidTarget, "the grant is for other resources")
    }
    return wanted
  }
}

extension [String] {
  /// Each element once, where it stands first.
  var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
