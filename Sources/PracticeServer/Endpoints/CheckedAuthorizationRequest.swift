import OAuth

/// Why an authorization request is refused, and who hears it.
enum AuthorizationFault: Error {
  /// The person, on a page: without a known client and a redirect URI of its own there is nobody
  /// else to tell (RFC 6749 §4.1.2.1).
  case toPerson(Refusal)
  /// The client, by a redirect.
  case toClient(Refusal, ReturnAddress)
}

/// Where an authorization response goes.
struct ReturnAddress: Sendable, Equatable {
  /// Checked against the client's.
  let redirectURI: String
  /// As it came; absent is not the same as empty.
  let state: String?

  /// The redirect URI with the response added behind its own query (RFC 6749 §4.1.2).
  func address(with parameters: [FormParameter], issuer: String) -> String {
    var all = FormParameters(parameters)
    if let state { all.append("state", state) }
    // RFC 9207 §2: in successes and in errors.
    all.append("iss", issuer)
    let joint =
      !redirectURI.utf8.contains(UInt8(ascii: "?"))
      ? "?" : redirectURI.utf8.last == UInt8(ascii: "?") ? "" : "&"
    return redirectURI + joint + all.encoded()
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
  /// Whom the client expects; a hint and nothing more.
  let loginHint: String?
  /// Whether no page may be shown.
  let forbidsPages: Bool

  init(
    _ parameters: FormParameters, clients: [String: RegisteredClient]
  ) throws(AuthorizationFault) {
    (client, returnAddress) = try Self.addressee(parameters, clients: clients)
    do throws(Refusal) {
      try Self.checkForm(parameters)
      scope = try Self.scope(parameters)
      challenge = try Self.challenge(parameters, client: client)
      nonce = parameters.value(of: "nonce")
      guard (nonce?.utf8.count ?? 0) <= Self.maximumNonceLength else {
        throw .invalidRequest("the nonce is longer than 1024 bytes")
      }
    } catch { throw .toClient(error, returnAddress) }
    loginHint = parameters.value(of: "login_hint").flatMap { UserName.isValid($0) ? $0 : nil }
    forbidsPages = parameters.value(of: "prompt") == "none"
  }

  /// The client and its redirect URI come first: before both are known, nothing may be redirected,
  /// or the server would send browsers wherever a link says (RFC 9700 §4.11).
  private static func addressee(
    _ parameters: FormParameters, clients: [String: RegisteredClient]
  ) throws(AuthorizationFault) -> (RegisteredClient, ReturnAddress) {
    for name in ["client_id", "redirect_uri", "state"] where parameters.isRepeated(name) {
      throw .toPerson(.invalidRequest("\(name) stands more than once"))
    }
    guard let id = parameters.value(of: "client_id") else {
      throw .toPerson(.invalidRequest("client_id is missing"))
    }
    guard let client = clients[id] else {
      throw .toPerson(Refusal(.unauthorizedClient, "the client is not known here"))
    }
    guard let redirectURI = parameters.value(of: "redirect_uri") else {
      throw .toPerson(.invalidRequest("redirect_uri is missing"))
    }
    guard client.allows(redirectTo: redirectURI) else {
      throw .toPerson(.invalidRequest("the redirect_uri is not registered for this client"))
    }
    let state = parameters.values(of: "state").first
    return (client, ReturnAddress(redirectURI: redirectURI, state: state))
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
      throw Refusal(.requestURINotSupported, "request_uri is not supported")
    }
    guard let type = parameters.value(of: "response_type") else {
      throw .invalidRequest("response_type is missing")
    }
    guard type == "code" else {
      throw Refusal(.unsupportedResponseType, "only response_type=code is supported")
    }
    guard ["query", nil].contains(parameters.value(of: "response_mode")) else {
      throw .invalidRequest("only response_mode=query is supported")
    }
  }

  private static func scope(_ parameters: FormParameters) throws(Refusal) -> [String] {
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

extension [String] {
  /// Each element once, where it stands first.
  fileprivate var uniqued: [String] {
    var seen: Set<String> = []
    return filter { seen.insert($0).inserted }
  }
}
