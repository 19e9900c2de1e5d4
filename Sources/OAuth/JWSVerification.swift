/// Why the signature of a token is not believed.
package enum SignatureFault: Error, Sendable, Equatable, CustomStringConvertible {
  case algorithmNotAgreed(JWSAlgorithm)
  case unknownKeyID(PrintableText)
  case noKey(for: JWSAlgorithm)
  case badSignature(isKeyNamed: Bool)

  /// Whether the keys may have changed since they were fetched, so that fetching them once more
  /// may help (OpenID Connect Core 1.0 §10.1.1).
  package var isCuredByFreshKeys: Bool {
    switch self {
    case .unknownKeyID, .noKey, .badSignature(isKeyNamed: false): true
    default: false
    }
  }

  package var description: String {
    switch self {
    case .algorithmNotAgreed(let algorithm):
      "it is signed with \(algorithm.rawValue), which the server's metadata does not list"
    case .unknownKeyID(let name):
      "it is signed with key \"\(name)\", which is not among the server's keys"
    case .noKey(let algorithm): "the server has no usable key for \(algorithm.rawValue)"
    case .badSignature: "its signature is wrong: no key of the server has made it"
    }
  }
}

extension JWS {
  /// Checks the signature by the keys of the server and by nothing the token brings along.
  ///
  /// - Parameter agreed: the algorithms the server lists; `nil` where it lists none.
  func verify(
    by keys: JSONWebKeySet, agreed: [String]?, _ cryptography: any Cryptography
  ) throws(SignatureFault) {
    let algorithm = header.algorithm
    if let agreed {
      guard agreed.contains(algorithm.rawValue) else { throw .algorithmNotAgreed(algorithm) }
    }
    let isSigned = try keys.candidates(for: header).contains { key in
      algorithm.accepts(signature, for: key.material)
        && cryptography.verify(
          algorithm: algorithm, key: key, signature: signature, over: signingInput)
    }
    guard isSigned else { throw .badSignature(isKeyNamed: header.keyID != nil) }
  }
}
