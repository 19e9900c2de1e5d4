import HTTP1
import OAuth
import Platform
import Synchronization

/// The keys a server signs its ID tokens with, fetched while there is time for it.
final class ServerKeys: Sendable {
  typealias Fetched = Result<JSONWebKeySet, CourierFailure>

  /// Bytes; larger sets are fetched again each time.
  static let maximumStoredLength = 32 * 1024

  private enum Source: Sendable {
    case stored(JSONWebKeySet)
    case fetching(Background<Fetched>)
    case unknown
  }

  private let endpoint: Endpoint?
  private let client: HTTPClient
  private let source: Source
  /// The last set that was fetched.
  private let fetched = Mutex<JSONWebKeySet?>(nil)

  /// Begins to fetch the keys beside whatever else is going on, where they are `expected` to be
  /// needed; otherwise they are fetched when they are.
  init(endpoint: Endpoint?, expected: Bool, client: HTTPClient, deadline: BootInstant) {
    self.endpoint = endpoint
    self.client = client
    let background = (expected ? endpoint : nil).flatMap { endpoint in
      try? Background { Self.fetch(endpoint, client, deadline) }
    }
    source = background.map { .fetching($0) } ?? .unknown
  }

  /// Begins with the keys kept at sign-in.
  init(stored text: String?, endpoint: Endpoint?, client: HTTPClient) {
    self.endpoint = endpoint
    self.client = client
    let keys = text.flatMap { try? JSONWebKeySet(validating: Array($0.utf8)) }
    source = keys.map { .stored($0) } ?? .unknown
  }

  /// The keys as they are known; fetched now where they are not.
  func known(deadline: BootInstant) throws(CourierFailure) -> JSONWebKeySet {
    if let keys = fetched.withLock({ $0 }) { return keys }
    switch source {
    case .stored(let keys): return keys
    case .unknown: return try fresh(deadline: deadline)
    case .fetching(let background):
      guard case .success(let keys) = background.value(by: deadline) else {
        return try fresh(deadline: deadline)
      }
      fetched.withLock { $0 = keys }
      return keys
    }
  }

  /// The keys as they are at the server now.
  func fresh(deadline: BootInstant) throws(CourierFailure) -> JSONWebKeySet {
    guard let endpoint else {
      throw CourierFailure(
        .failed, "the server names no jwks_uri, so that its id token cannot be checked",
        remedy: .address(.jwks))
    }
    let keys = try Self.fetch(endpoint, client, deadline).get()
    fetched.withLock { $0 = keys }
    return keys
  }

  /// The fetched keys as one line to be kept; nil when none were fetched or they are too many.
  var storable: String? {
    guard let keys = fetched.withLock({ $0 }) else { return nil }
    let document = JSONValue.object(["keys": .array(keys.keys.map(\.document))])
    let bytes = document.serialized()
    return bytes.count <= Self.maximumStoredLength ? String(decoding: bytes, as: UTF8.self) : nil
  }

  private static func fetch(
    _ endpoint: Endpoint, _ client: HTTPClient, _ deadline: BootInstant
  ) -> Fetched {
    let response: Response
    do { response = try client.get(endpoint, deadline: deadline) } catch {
      return .failure(error.failure)
    }
    guard response.status == 200 else {
      return .failure(CourierFailure(server: response, at: endpoint, saying: "its keys"))
    }
    do { return .success(try JSONWebKeySet(validating: response.body)) } catch {
      return .failure(
        CourierFailure(
          .failed, "\(shown(endpoint.host)): \(error)", remedy: .administrator))
    }
  }
}

extension JSONWebKey {
  /// The key as a JWK again, with nothing but what checking needs (RFC 7518 §6).
  fileprivate var document: JSONValue {
    var members: [String: JSONValue] =
      switch material {
      case .rsa(let modulus, let exponent):
        ["kty": "RSA", "n": .base64URL(modulus), "e": .base64URL(exponent)]
      case .ec(let curve, let x, let y):
        ["kty": "EC", "crv": .string(curve.rawValue), "x": .base64URL(x), "y": .base64URL(y)]
      case .ed25519(let publicKey):
        ["kty": "OKP", "crv": "Ed25519", "x": .base64URL(publicKey)]
      }
    if let keyID { members["kid"] = .string(keyID) }
    if let algorithm { members["alg"] = .string(algorithm) }
    return .object(members)
  }
}

extension JSONValue {
  fileprivate static func base64URL(_ bytes: [UInt8]) -> JSONValue {
    .string(Base64URL.encode(bytes))
  }
}
