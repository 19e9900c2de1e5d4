import HTTP1
import OAuth

extension AuthorizationServer {
  /// The client a request comes from (RFC 6749 §2.3, §3.2.1).
  ///
  /// A confidential client authenticates by HTTP Basic or in the body, not by both; a public one
  /// names itself in the body, and has no secret it could be taken for another by.
  func authenticatedClient(
    _ request: Request, _ form: FormParameters
  ) throws(Refusal) -> RegisteredClient {
    guard let header = try request.authorization() else { return try client(named: form) }
    guard header.scheme == "basic", let pair = Self.basic(header.credentials) else {
      throw Self.invalidClient("the authorization header is not http basic", usedHeader: true)
    }
    guard form.value(of: "client_secret") == nil else {
      throw .invalidRequest("the client authenticates in two ways")
    }
    if let named = form.value(of: "client_id"), !ConstantTime.equal(named, pair.id) {
      throw .invalidRequest("client_id names another client than the authorization header")
    }
    return try check(pair.id, secret: pair.secret, usedHeader: true)
  }

  private func client(named form: FormParameters) throws(Refusal) -> RegisteredClient {
    guard let id = form.value(of: "client_id") else {
      throw Self.invalidClient("the request names no client", usedHeader: false)
    }
    return try check(id, secret: form.value(of: "client_secret"), usedHeader: false)
  }

  private func check(
    _ id: String, secret: String?, usedHeader: Bool
  ) throws(Refusal) -> RegisteredClient {
    guard let client = settings.clients[id] else {
      throw Self.invalidClient("the client is not known", usedHeader: usedHeader)
    }
    switch (client.secret, secret) {
    case (nil, nil): return client
    case (let expected?, let given?) where ConstantTime.equal(expected, given): return client
    case (nil, _):
      throw Self.invalidClient("the client is public and has no secret", usedHeader: usedHeader)
    case (_, nil):
      throw Self.invalidClient("the client has to authenticate", usedHeader: usedHeader)
    default: throw Self.invalidClient("the client secret is wrong", usedHeader: usedHeader)
    }
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
  private static func invalidClient(_ description: String, usedHeader: Bool) -> Refusal {
    Refusal(
      .invalidClient, description, status: 401,
      challenge: usedHeader ? "Basic realm=\"practice\"" : nil)
  }
}
