import HTTP1
import OAuth

extension AuthorizationServer {
  /// The authorization endpoint (RFC 6749 §3.1).
  mutating func authorize(
    _ request: Request, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let checked: CheckedAuthorizationRequest
    do throws(AuthorizationFault) {
      let parameters: FormParameters
      do { parameters = try request.parameters() } catch { throw .toPerson(error) }
      checked = try CheckedAuthorizationRequest(parameters, clients: settings.clients)
    } catch {
      switch error {
      case .toPerson(let refusal): return Self.page(for: refusal)
      case .toClient(let refusal, let address): return decline(refusal, to: address)
      }
    }
    if case .automatic(let user) = settings.behaviour.approval {
      return try approve(checked, scope: checked.scope, as: user, in: &surroundings)
    }
    guard !checked.forbidsPages else {
      let refusal = Refusal(.loginRequired, "nobody is signed in, and prompt=none forbids to ask")
      return decline(refusal, to: checked.returnAddress)
    }
    return try openSignIn(for: checked, in: &surroundings)
  }

  /// Keeps the request and shows the page that answers it.
  private mutating func openSignIn(
    for checked: CheckedAuthorizationRequest, in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    let now = surroundings.now
    if pending.count >= Self.maximumPending {
      pending = pending.filter { $0.value.expiresAt > now }
      guard pending.count < Self.maximumPending else {
        let refusal = Refusal(.temporarilyUnavailable, "too many sign-in pages are open")
        return decline(refusal, to: checked.returnAddress)
      }
    }
    let transaction = try surroundings.secret()
    pending[transaction] = PendingAuthorization(
      request: checked, expiresAt: now + PendingAuthorization.lifetime)
    return .page(
      SignInPage(request: checked, transaction: transaction, action: settings.address(of: .signIn))
        .page)
  }

  /// Issues a code and sends the browser back with it (RFC 6749 §4.1.2).
  mutating func approve(
    _ checked: CheckedAuthorizationRequest, scope: [String], as user: String,
    in surroundings: inout Surroundings
  ) throws(Refusal) -> Reply {
    try makeRoom(at: surroundings.now)
    let code = try surroundings.secret()
    codes[code] = AuthorizationCode(
      grant: Grant(
        clientID: checked.client.id, user: user, scope: scope, nonce: checked.nonce,
        authenticatedAt: surroundings.now),
      redirectURI: checked.returnAddress.redirectURI, challenge: checked.challenge,
      expiresAt: surroundings.now + AuthorizationCode.lifetime)
    return .redirect(
      to: checked.returnAddress.address(
        with: [FormParameter("code", code)], issuer: settings.issuer))
  }

  /// Sends the browser back with an error (RFC 6749 §4.1.2.1).
  func decline(_ refusal: Refusal, to address: ReturnAddress) -> Reply {
    let parameters = [
      FormParameter("error", refusal.code.rawValue),
      FormParameter("error_description", refusal.description),
    ]
    return .redirect(
      to: address.address(with: parameters, issuer: settings.issuer), error: refusal.code)
  }

  /// Tells the person what the client got wrong.
  static func page(for refusal: Refusal) -> Reply {
    .page(
      .notice(
        "This sign-in cannot begin",
        "The program that sent you here made a request this server refuses: "
          + "\(refusal.description) (\(refusal.code.rawValue))."),
      status: refusal.status, error: refusal.code)
  }
}
