import HTTP1
import OAuth

extension AuthorizationServer {
  /// The end session endpoint (OpenID Connect RP-Initiated Logout 1.0 §2).
  ///
  /// This server keeps no session in the browser. What an ID token's holder can end is what that
  /// user has allowed that client.
  mutating func endSession(_ request: Request) throws(Refusal) -> Reply {
    let parameters: FormParameters
    do { parameters = try request.parameters() } catch { return Self.page(for: error) }
    guard parameters.repeatedNames.isEmpty else {
      return Self.page(for: .invalidRequest("a parameter stands more than once"))
    }
    let hint = parameters.value(of: "id_token_hint")
    let claims = hint.flatMap(settings.signer.claims)
    let clientID = claims?["aud"]?.stringValue ?? parameters.value(of: "client_id")
    if let user = claims?["sub"]?.stringValue, let clientID {
      let ended = grants.filter { $0.value.user == user && $0.value.clientID == clientID }
      for id in ended.keys { end(grant: id) }
    }
    guard let address = parameters.value(of: "post_logout_redirect_uri") else {
      return .page(.notice("Signed out", "You can close this window."))
    }
    // §3: only where the client is known and the address is one of its own.
    guard let client = clientID.flatMap({ client(named: $0) }),
      client.allows(redirectTo: address)
    else {
      let refusal = Refusal.invalidRequest(
        "the post_logout_redirect_uri is not registered for this client")
      return Self.page(for: refusal)
    }
    return .redirect(to: Self.address(address, state: parameters.values(of: "state").first))
  }

  private static func address(_ redirect: String, state: String?) -> String {
    guard let state else { return redirect }
    let joint = redirect.utf8.contains(UInt8(ascii: "?")) ? "&" : "?"
    return redirect + joint + FormParameters([FormParameter("state", state)]).encoded()
  }
}
