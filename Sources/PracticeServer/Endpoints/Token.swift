import HTTP1
import OAuth

extension AuthorizationServer {
  /// The token endpoint (RFC 6749 §3.2).
  mutating func token(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    // RFC 6749 §2.3.1: what belongs in the body must not stand in an address, where logs keep it.
    guard request.query == nil else {
      throw .invalidRequest("the address of the token endpoint takes no query")
    }
    let form = try request.form(.allowed(["resource", "audience"]))
    let client = try authenticatedClient(request, form, in: surroundings)
    let key = try provenKey(of: request, in: &surroundings)
    var reply = try grant(form, from: client, key: key, in: &surroundings)
    if key != nil { try offerNonce(in: &reply, &surroundings) }
    return reply
  }

  private mutating func grant(
    _ form: FormParameters, from client: RegisteredClient, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    switch form.value(of: "grant_type") {
    case "authorization_code":
      return try exchange(form, from: client, key: key, in: &surroundings)
    case "refresh_token": return try refresh(form, from: client, key: key, in: &surroundings)
    case Self.deviceGrantType:
      return try pollDevice(form, from: client, key: key, in: &surroundings)
    case Self.exchangeGrantType:
      return try exchangeToken(form, from: client, key: key, in: &surroundings)
    case nil: throw .invalidRequest("grant_type is missing")
    default: throw Refusal(.unsupportedGrantType, "the grant_type is not supported")
    }
  }

  /// Tokens for a code (RFC 6749 §4.1.3).
  private mutating func exchange(
    _ form: FormParameters, from client: RegisteredClient, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    guard let text = form.value(of: "code") else { throw .invalidRequest("code is missing") }
    guard let code = codes[text], code.grant.clientID == client.id else {
      // A code of another client stays good for that one: who else holds it cannot spoil it.
      throw .invalidGrant("the code is not known")
    }
    if case .used(let grant) = code.state {
      // RFC 6749 §4.1.2: whoever has it twice, one of them stole it.
      if let grant { end(grant: grant) }
      throw .invalidGrant("the code was used before, and what it gave is revoked")
    }
    // One attempt, whatever comes of it: nobody can try verifiers on a code.
    codes[text]?.state = .used(grant: nil)
    try Self.check(form, against: code, at: surroundings.now)
    guard code.keyThumbprint == nil || code.keyThumbprint == key else {
      throw .invalidGrant("the code is bound to another key than the proof's")
    }
    let opened = try open(code.grant, from: client, form, key: key, in: &surroundings)
    codes[text]?.state = .used(grant: opened.grantID)
    return opened.reply
  }

  /// Begins the family of a grant and issues its first tokens.
  mutating func open(
    _ grant: Grant, from client: RegisteredClient, _ form: FormParameters, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> (reply: Reply, grantID: String) {
    let audience = try Resources.narrowed(form, within: grant)
    try makeRoom(at: surroundings.now)
    let grantID = try surroundings.secret()
    grants[grantID] = grant
    let order = TokenOrder(
      grant: grant, grantID: grantID, scope: grant.scope, audience: audience,
      refreshToken: .new(boundTo: client.isPublic ? key : nil), nonce: grant.nonce, key: key)
    return (try issue(order, in: &surroundings), grantID)
  }

  private static func check(
    _ form: FormParameters, against code: AuthorizationCode, at now: Int64
  ) throws(Refusal) {
    guard code.expiresAt > now else { throw .invalidGrant("the code has expired") }
    guard let redirectURI = form.value(of: "redirect_uri") else {
      throw .invalidRequest("redirect_uri is missing")
    }
    guard ConstantTime.equal(redirectURI, code.redirectURI) else {
      throw .invalidGrant("redirect_uri is not the one of the authorization request")
    }
    switch (code.challenge, form.value(of: "code_verifier")) {
    case (nil, nil): return
    // RFC 9700 §4.8.2: somebody took the challenge out of the authorization request.
    case (nil, _): throw .invalidGrant("there is a code_verifier, and there was no challenge")
    case (_, nil): throw .invalidRequest("code_verifier is missing")
    case (let challenge?, let text?):
      let verifier: CodeVerifier
      do { verifier = try CodeVerifier(text: text) } catch {
        throw .invalidRequest("the code_verifier is malformed")
      }
      let hash = try sha256(Array(verifier.text.utf8))
      guard ConstantTime.equal(Base64URL.encode(hash), challenge) else {
        throw .invalidGrant("the code_verifier does not fit the challenge")
      }
    }
  }

  /// Tokens for a refresh token (RFC 6749 §6).
  private mutating func refresh(
    _ form: FormParameters, from client: RegisteredClient, key: String?,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    guard let text = form.value(of: "refresh_token") else {
      throw .invalidRequest("refresh_token is missing")
    }
    guard let token = refreshTokens[text], let grant = grants[token.grantID],
      grant.clientID == client.id
    else { throw .invalidGrant("the refresh token is not known, or was revoked") }
    // Before anything changes: who has no proof is not the client.
    guard token.keyThumbprint == nil || token.keyThumbprint == key else {
      throw .invalidGrant("the refresh token is bound to another key than the proof's")
    }
    guard token.state == .fresh else {
      // RFC 9700 §4.14.2: two hold the same token, and nobody can tell which of them is right.
      end(grant: token.grantID)
      throw .invalidGrant("the refresh token was used before, and its grant is revoked")
    }
    guard token.expiresAt > surroundings.now else {
      throw .invalidGrant("the refresh token has expired")
    }
    let scope = try Self.narrowed(form, within: grant)
    let audience = try Resources.narrowed(form, within: grant)
    try makeRoom(at: surroundings.now)
    let rotates = settings.behaviour.refreshTokens == .rotated
    if rotates { refreshTokens[text]?.state = .used }
    // OpenID Connect Core 1.0 §12.2: an ID token of a refresh should have no nonce.
    return try issue(
      TokenOrder(
        grant: grant, grantID: token.grantID, scope: scope, audience: audience,
        refreshToken: rotates ? .new(boundTo: token.keyThumbprint) : .unchanged, nonce: nil,
        key: key),
      in: &surroundings)
  }

  /// RFC 6749 §6: no more than was granted; the grant itself stays as wide as it is.
  static func narrowed(
    _ form: FormParameters, within grant: Grant
  ) throws(Refusal) -> [String] {
    guard let text = form.value(of: "scope") else { return grant.scope }
    guard let scope = try? Scope(text), scope.tokens.allSatisfy(grant.scope.contains) else {
      throw Refusal(.invalidScope, "the scope is malformed or more than was granted")
    }
    return scope.tokens
  }
}
