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
      checked = try checkedRequest(parameters, at: surroundings.now)
    } catch {
      switch error {
      case .toPerson(let refusal): return Self.page(for: refusal)
      case .toClient(let refusal, let address):
        return try decline(refusal, to: address, at: surroundings.now)
      }
    }
    if case .automatic(let user) = settings.behaviour.approval {
      return try approve(checked, scope: checked.scope, as: user, in: &surroundings)
    }
    guard !checked.forbidsPages else {
      let refusal = Refusal(.loginRequired, "nobody is signed in, and prompt=none forbids to ask")
      return try decline(refusal, to: checked.returnAddress, at: surroundings.now)
    }
    guard let transaction = try openPage(for: .request(checked), in: &surroundings) else {
      let refusal = Refusal(.temporarilyUnavailable, "too many sign-in pages are open")
      return try decline(refusal, to: checked.returnAddress, at: surroundings.now)
    }
    return .page(
      SignInPage(
        checked, transaction: transaction, action: settings.address(of: .signIn)
      ).page)
  }

  /// The request that the parameters are, or that they name (RFC 9126 §4).
  private mutating func checkedRequest(
    _ parameters: FormParameters, at now: Int64
  ) throws(AuthorizationFault) -> CheckedAuthorizationRequest {
    if parameters.value(of: "request_uri")?.hasPrefix(Self.requestURIPrefix) == true {
      do { return try takePushed(parameters, at: now) } catch { throw .toPerson(error) }
    }
    let checked = try CheckedAuthorizationRequest(parameters) { client(named: $0) }
    guard settings.behaviour.pushedRequests == .offered else {
      throw .toClient(
        .invalidRequest("authorization requests have to be pushed"), checked.returnAddress)
    }
    return checked
  }

  /// Keeps what a page is to answer; `nil` where too many pages are open.
  mutating func openPage(
    for purpose: PendingAuthorization.Purpose, in surroundings: inout Surroundings
  ) throws(Refusal) -> String? {
    let now = surroundings.now
    if pending.count >= Self.maximumPending {
      pending = pending.filter { $0.value.expiresAt > now }
      guard pending.count < Self.maximumPending else { return nil }
    }
    let transaction = try surroundings.secret()
    pending[transaction] = PendingAuthorization(
      purpose: purpose, expiresAt: now + PendingAuthorization.lifetime)
    return transaction
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
        authenticatedAt: surroundings.now, resources: checked.resources,
        contextClass: checked.contextClass),
      redirectURI: checked.returnAddress.redirectURI, challenge: checked.challenge,
      expiresAt: surroundings.now + AuthorizationCode.lifetime,
      keyThumbprint: checked.keyThumbprint)
    return try answer(
      [FormParameter("code", code)], to: checked.returnAddress, at: surroundings.now)
  }

  /// Sends the browser back with an error (RFC 6749 §4.1.2.1).
  func decline(
    _ refusal: Refusal, to address: ReturnAddress, at now: Int64
  ) throws(Refusal) -> Reply {
    let parameters = [
      FormParameter("error", refusal.code.rawValue),
      FormParameter("error_description", refusal.description),
    ]
    return try answer(parameters, to: address, at: now, error: refusal.code)
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
