import OAuth

extension AuthorizationServer {
  /// The value of `client_assertion_type` (RFC 7523 §2.2).
  private static let assertionType = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
  /// Seconds an assertion may live, and as far apart as two honest clocks may be.
  private static let longestAssertion: Int64 = 600
  private static let leeway: Int64 = 60

  /// The client that an assertion speaks for, once everything about it is checked
  /// (RFC 7523 §3, OpenID Connect Core 1.0 §9).
  mutating func assertedClient(
    _ form: FormParameters, at now: Int64
  ) throws(Refusal) -> RegisteredClient {
    guard form.value(of: "client_assertion_type") == Self.assertionType else {
      throw .invalidRequest("the client_assertion_type is not the one for a jwt")
    }
    guard let text = form.value(of: "client_assertion"), let assertion = ClientJWS(text) else {
      throw Self.invalidClient("the client_assertion is not a jwt")
    }
    guard let id = assertion.claims["sub"]?.stringValue, assertion.claims["iss"] == .string(id)
    else { throw Self.invalidClient("iss and sub of the assertion are not one client") }
    if let named = form.value(of: "client_id"), !ConstantTime.equal(named, id) {
      throw .invalidRequest("client_id names another client than the assertion")
    }
    guard let client = client(named: id) else {
      throw Self.invalidClient("the client is not known")
    }
    try Self.checkSignature(of: assertion, client)
    try checkClaims(of: assertion, at: now)
    return client
  }

  private static func checkSignature(
    of assertion: ClientJWS, _ client: RegisteredClient
  ) throws(Refusal) {
    let isGenuine =
      switch client.credential {
      case .secret(let secret):
        client.allows(.secretJWT) && assertion.isAuthenticated(by: secret)
      case .keys(let keys): keys.contains(where: assertion.isSigned)
      case .none, .certificate: false
      }
    guard isGenuine else {
      throw invalidClient("the assertion is not signed by the client's key or secret")
    }
  }

  private mutating func checkClaims(of assertion: ClientJWS, at now: Int64) throws(Refusal) {
    let audience =
      assertion.claims["aud"]?.stringsValue ?? assertion.claims["aud"]?.stringValue.map { [$0] }
    guard let audience, audience.contains(where: assertionAudiences.contains) else {
      throw Self.invalidClient("the assertion is for another server")
    }
    guard let end = assertion.date("exp"), end > now - Self.leeway,
      end <= now + Self.longestAssertion + Self.leeway
    else { throw Self.invalidClient("the assertion has expired, or lives more than ten minutes") }
    for name in ["iat", "nbf"] {
      guard assertion.date(name) ?? now <= now + Self.leeway else {
        throw Self.invalidClient("the assertion is from the future")
      }
    }
    guard let identifier = assertion.claims["jti"]?.stringValue else {
      throw Self.invalidClient("the assertion has no jti")
    }
    guard seen.note("assertion \(identifier)", until: end + Self.leeway, at: now) else {
      throw Self.invalidClient("the assertion was used before")
    }
  }

  /// Whom an assertion may be for: this server, by its name or an address of it that takes one.
  private var assertionAudiences: [String] {
    let places: [Place] = [
      .token, .revocation, .introspection, .pushedAuthorization, .deviceAuthorization,
    ]
    return [settings.issuer] + places.map(settings.address(of:)) + places.map(settings.alias(of:))
  }
}
