/// What a proof is made for: one request by its method and its address (RFC 9449 §4.2).
package struct DPoPTarget: Sendable, Hashable {
  /// Why no proof can be made for a request.
  package enum Fault: Error, Equatable, CustomStringConvertible {
    case badMethod
    case badAddress(AddressFault)

    package var description: String {
      switch self {
      case .badMethod: "the method is not the name of an http method"
      case .badAddress(let fault): fault.description
      }
    }
  }

  /// The longest method, in bytes: the longest registered one has 17.
  private static let maximumMethod = 32

  /// `htm`: as it is sent, which is in upper case for all the usual ones.
  package let method: String
  /// `htu`: without query and fragment, normalized (RFC 3986 §6.2.2, §6.2.3) because servers
  /// compare it with what they take their own address to be.
  package let address: String

  /// A form's way to one of the server's own endpoints.
  package init(post endpoint: Endpoint) {
    method = "POST"
    address = Self.address(of: endpoint)
  }

  /// Any request to a resource.
  ///
  /// - Parameter url: https, or http on this machine: elsewhere the token would be in the open.
  package init(method: String, url: String) throws(Fault) {
    guard method.utf8.count <= Self.maximumMethod, Grammar.isToken(method) else {
      throw .badMethod
    }
    self.method = method
    let whole = url.utf8.prefix { $0 != UInt8(ascii: "#") }
    do { address = Self.address(of: try Endpoint(String(whole) ?? "")) } catch {
      throw .badAddress(error)
    }
  }

  private static func address(of endpoint: Endpoint) -> String {
    "\(endpoint.scheme.rawValue)://\(endpoint.authority)\(endpoint.path)"
  }
}

/// A value the server wants to see in the next proof (RFC 9449 §8).
package struct DPoPNonce: Sendable, Hashable {
  /// The longest one kept, in bytes: it comes back in a header field with each request.
  private static let maximumLength = 1024

  package let text: String

  /// Takes the `DPoP-Nonce` field: `1*NQCHAR` (§8.1); `nil` for anything else.
  package init?(_ field: String?) {
    guard let field, field.utf8.count <= Self.maximumLength, Grammar.isScopeToken(field) else {
      return nil
    }
    text = field
  }
}

/// The hash that binds a proof to an access token: `ath` (RFC 9449 §4.2).
package struct AccessTokenHash: Sendable {
  package let text: String

  package init<Failure: Error>(
    of accessToken: String, sha256: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    text = Base64URL.encode(try sha256(Array(accessToken.utf8)))
  }
}

/// A proof that the sender has the key a token is bound to (RFC 9449 §4.2); for one request.
package struct DPoPProof: Sendable, Redacted {
  /// The header field it goes into, once (§4.1).
  package static let fieldName = "DPoP"

  package let text: String

  /// How far back `iat` is put, in seconds.
  ///
  /// A server whose clock runs a moment behind, and that allows for none, would see a proof from the
  /// future; an old one is taken for a while by every server (RFC 9449 §11.1).
  package static let backdating: Int64 = 1

  /// Makes a proof.
  ///
  /// - Parameters:
  ///   - key: the public half; nothing but what makes the key is shown of it.
  ///   - id: bits that serve nothing else.
  ///   - accessToken: the hash of the token that goes along; `nil` at the server's own endpoints.
  ///   - nonce: the latest one this server gave; `nil` where it gave none.
  ///   - now: seconds since 1970.
  ///   - sign: the signature over the bytes it is given, in the form of RFC 7518 §3.
  package init<Failure: Error>(
    for target: DPoPTarget, key: JSONWebKey, algorithm: JWSAlgorithm, id: consuming Entropy,
    accessToken: AccessTokenHash? = nil, nonce: DPoPNonce? = nil, now: Int64,
    sign: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) {
    var claims: [String: JSONValue] = [
      "jti": .string(id.spelled()), "htm": .string(target.method),
      "htu": .string(target.address), "iat": .number(JSONNumber(now - Self.backdating)),
    ]
    claims["ath"] = accessToken.map { .string($0.text) }
    claims["nonce"] = nonce.map { .string($0.text) }
    text = try JWS.compact(
      header: [
        "typ": "dpop+jwt", "alg": .string(algorithm.rawValue),
        "jwk": .object(key.requiredMembers),
      ], payload: claims, sign: sign)
  }
}
