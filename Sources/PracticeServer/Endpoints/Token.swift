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
    let form = try request.form(.allowed(["resource"]))
    let client = try authenticatedClient(request, form)
    switch form.value(of: "grant_type") {
    case "authorization_code": return try exchange(form, from: client, in: &surroundings)
    case "refresh_token": return try refresh(form, from: client, in: &surroundings)
    case nil: throw .invalidRequest("grant_type is missing")
    default:
      throw Refusal(
        .unsupportedGrantType, "only authorization_code and refresh_token are supported")
    }
  }

  /// Tokens for a code (RFC 6749 §4.1.3).
  private mutating func exchange(
    _ form: FormParameters, from client: RegisteredClient, in surroundings: inout Surroundings
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
    try makeRoom(at: surroundings.now)
    let grantID = try surroundings.secret()
    grants[grantID] = code.grant
    codes[text]?.state = .used(grant: grantID)
    return try issue(
      for: code.grant, grantID, scope: code.grant.scope, refreshToken: .new,
      nonce: code.grant.nonce, in: &surroundings)
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
    _ form: FormParameters, from client: RegisteredClient, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    guard let text = form.value(of: "refresh_token") else {
      throw .invalidRequest("refresh_token is missing")
    }
    guard let token = refreshTokens[text], let grant = grants[token.grantID],
      grant.clientID == client.id
    else { throw .invalidGrant("the refresh token is not known, or was revoked") }
    guard token.state == .fresh else {
      // RFC 9700 §4.14.2: two hold the same token, and nobody can tell which of them is right.
      end(grant: token.grantID)
      throw .invalidGrant("the refresh token was used before, and its grant is revoked")
    }
    guard token.expiresAt > surroundings.now else {
      throw .invalidGrant("the refresh token has expired")
    }
    let scope = try Self.narrowed(form, within: grant)
    try makeRoom(at: surroundings.now)
    let rotates = settings.behaviour.refreshTokens == .rotated
    if rotates { refreshTokens[text]?.state = .used }
    // OpenID Connect Core 1.0 §12.2: an ID token of a refresh should have no nonce.
    return try issue(
      for: grant, token.grantID, scope: scope, refreshToken: rotates ? .new : .unchanged,
      nonce: nil, in: &surroundings)
  }

  /// RFC 6749 §6: no more than was granted; the grant itself stays as wide as it is.
  private static func narrowed(
    _ form: FormParameters, within grant: Grant
  ) throws(Refusal) -> [String] {
    guard let text = form.value(of: "scope") else { return grant.scope }
    guard let scope = try? Scope(text), scope.tokens.allSatisfy(grant.scope.contains) else {
      throw Refusal(.invalidScope, "the scope is malformed or more than was granted")
    }
    return scope.tokens
  }
}
