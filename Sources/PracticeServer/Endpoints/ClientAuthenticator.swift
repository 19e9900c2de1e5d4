import HTTP1
import OAuth

extension AuthorizationServer {
  /// The client a request comes from (RFC 6749 §2.3, §3.2.1).
  ///
  /// A confidential client authenticates in one way; a public one names itself in the body, and has
  /// no secret it could be taken for another by.
  mutating func authenticatedClient(
    _ request: Request, _ form: FormParameters, in surroundings: Surroundings
  ) throws(Refusal) -> RegisteredClient {
    let header = try request.authorization()
    let hasAssertion =
      form.value(of: "client_assertion") != nil || form.value(of: "client_assertion_type") != nil
    let ways = [header != nil, form.value(of: "client_secret") != nil, hasAssertion]
    guard ways.filter({ $0 }).count <= 1 else {
      throw .invalidRequest("the client authenticates in two ways")
    }
    if hasAssertion { return try assertedClient(form, at: surroundings.now) }
    guard let header else { return try client(named: form, surroundings.clientCertificate) }
    guard header.scheme == "basic", let pair = Self.basic(header.credentials) else {
      throw Self.invalidClient("the authorization header is not http basic", usedHeader: true)
    }
    if let named = form.value(of: "client_id"), !ConstantTime.equal(named, pair.id) {
      throw .invalidRequest("client_id names another client than the authorization header")
    }
    return try check(pair.id, secret: pair.secret, by: .secretBasic, usedHeader: true)
  }

  private func client(
    named form: FormParameters, _ certificate: [UInt8]?
  ) throws(Refusal) -> RegisteredClient {
    guard let id = form.value(of: "client_id") else {
      throw Self.invalidClient("the request names no client")
    }
    if let client = client(named: id), case .certificate(let expected) = client.credential {
      guard form.value(of: "client_secret") == nil else {
        throw Self.invalidClient("the client has no secret")
      }
      return try Self.check(client, shown: certificate, expected)
    }
    let secret = form.value(of: "client_secret")
    return try check(id, secret: secret, by: secret == nil ? .none : .secretPost)
  }

  private func check(
    _ id: String, secret: String?, by method: ClientMethod, usedHeader: Bool = false
  ) throws(Refusal) -> RegisteredClient {
    guard let client = client(named: id) else {
      throw Self.invalidClient("the client is not known", usedHeader: usedHeader)
    }
    switch (client.credential, secret) {
    case (.none, nil): return client
    case (.secret(let expected), let given?) where ConstantTime.equal(expected, given):
      guard client.allows(method) else {
        throw Self.invalidClient(
          "the client is registered for another way to authenticate", usedHeader: usedHeader)
      }
      return client
    case (.none, _):
      throw Self.invalidClient("the client is public and has no secret", usedHeader: usedHeader)
    case (_, nil):
      throw Self.invalidClient("the client has to authenticate", usedHeader: usedHeader)
    case (.secret, _):
      throw Self.invalidClient("the client secret is wrong", usedHeader: usedHeader)
    default: throw Self.invalidClient("the client has no secret", usedHeader: usedHeader)
    }
  }

  /// The handshake has shown that the peer holds the certificate's key (RFC 8705 §2).
  private static func check(
    _ client: RegisteredClient, shown certificate: [UInt8]?, _ expected: [UInt8]
  ) throws(Refusal) -> RegisteredClient {
    guard let certificate else {
      throw invalidClient("the client has to show its certificate")
    }
    guard certificate == expected else {
      throw invalidClient("the certificate is not the client's")
    }
    return client
  }

  /// Both halves are form-encoded before they are joined (RFC 6749 §2.3.1, appendix B).
  private static func basic(_ credentials: String) -> (id: String, secret: String)? {
    guard let bytes = Base64.decode(credentials),
      let colon = bytes.firstIndex(of: UInt8(ascii: ":")),
      let id = FormParameters.decode(String(decoding: bytes[..<colon], as: UTF8.self)),
      let secret = FormParameters.decode(String(decoding: bytes[(colon + 1)...], as: UTF8.self))
    else { return nil }
    return (id, secret)
  }

  /// RFC 6749 §5.2: a client that tried the header is told so with a challenge.
  static func invalidClient(_ description: String, usedHeader: Bool = false) -> Refusal {
    Refusal(
      .invalidClient, description, status: 401,
      challenge: usedHeader ? "Basic realm=\"practice\"" : nil)
  }
}
