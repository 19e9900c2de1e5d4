/// A signed statement of who the client is (RFC 7523 §2.2, §3; OpenID Connect Core 1.0 §9).
///
/// It is good for one request: its identifier is not to be seen twice.
package struct ClientAssertion: Sendable, Redacted {
  /// How long one is valid, in seconds: time for one request and for clocks a little apart; five
  /// minutes would be the most.
  package static let lifetime: Int64 = 120

  /// The registered name of this kind of assertion (RFC 7523 §2.2).
  package static let type = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"

  /// Whom the assertion is for, always one alone.
  package enum Audience: Sendable {
    /// The server itself: what newer rules ask for, since no other server can have it relayed.
    case issuer(Issuer)
    /// Its token endpoint: what OpenID Connect Core 1.0 §9 says and some servers insist on.
    case tokenEndpoint(Endpoint)
    /// The endpoint that is asked, whichever it is: what some servers demand of each of theirs.
    case asked(Endpoint)

    var text: String {
      switch self {
      case .issuer(let issuer): issuer.text
      case .tokenEndpoint(let endpoint), .asked(let endpoint): endpoint.text
      }
    }
  }

  package let text: String
  package let method: ClientAuthenticationMethod

  /// Makes a `private_key_jwt`.
  ///
  /// - Parameters:
  ///   - id: bits that serve nothing else.
  ///   - keyID: the name the server knows the key by, where it has one.
  ///   - now: seconds since 1970.
  ///   - sign: the signature over the bytes it is given, in the form of RFC 7518 §3.
  package init<Failure: Error>(
    clientID: String, audience: Audience, id: consuming Entropy, algorithm: JWSAlgorithm,
    keyID: String? = nil, now: Int64, sign: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    var header: [String: JSONValue] = ["alg": .string(algorithm.rawValue), "typ": "JWT"]
    header["kid"] = keyID.map { .string($0) }
    let claims = Self.claims(clientID, audience, id, now)
    text = try JWS.compact(header: header, payload: claims, sign: sign)
    method = .privateKeyJWT
  }

  /// Makes a `client_secret_jwt`; `ClientAuthenticationMethod.choose` has looked at the secret.
  ///
  /// - Parameters:
  ///   - id: bits that serve nothing else.
  ///   - now: seconds since 1970.
  ///   - hmac: the HMAC with SHA-256 over the bytes it is given, keyed by the secret's UTF-8.
  package init<Failure: Error>(
    clientID: String, audience: Audience, id: consuming Entropy, now: Int64,
    hmac: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    let claims = Self.claims(clientID, audience, id, now)
    text = try JWS.compact(
      header: ["alg": "HS256", "typ": "JWT"], payload: claims, sign: hmac)
    method = .secretJWT
  }

  private static func claims(
    _ clientID: String, _ audience: Audience, _ id: consuming Entropy, _ now: Int64
  ) -> [String: JSONValue] {
    [
      "iss": .string(clientID), "sub": .string(clientID), "aud": .string(audience.text),
      "jti": .string(id.spelled()), "iat": .number(JSONNumber(now)),
      "exp": .number(JSONNumber(now + lifetime)),
    ]
  }

  var parameters: [FormParameter] {
    [FormParameter("client_assertion_type", Self.type), FormParameter("client_assertion", text)]
  }
}
