/// Why no algorithm for a signature of our own can be chosen.
package enum SigningAlgorithmFault: Error, Equatable, CustomStringConvertible {
  case unknown(PrintableText)
  case doesNotFitKey(JWSAlgorithm)
  case noneInCommon(listed: PrintableText)

  package var description: String {
    switch self {
    case .unknown(let name): "the signature algorithm \(name) is not supported"
    case .doesNotFitKey(let algorithm):
      "the key is not of the kind that \(algorithm.rawValue) signs with"
    case .noneInCommon(let listed):
      "the server takes signatures by \(listed), and none of them can be made"
    }
  }
}

extension JWSAlgorithm {
  /// The algorithm an existing key signs client assertions with.
  ///
  /// - Parameters:
  ///   - configured: what the account says; it wins over the server's list.
  ///   - listed: the server's `token_endpoint_auth_signing_alg_values_supported`.
  package static func forAssertions(
    by key: JSONWebKey.Material, configured: String? = nil, listed: [String]?
  ) throws(SigningAlgorithmFault) -> JWSAlgorithm {
    if let configured {
      guard let algorithm = JWSAlgorithm(rawValue: configured) else {
        throw .unknown(PrintableText(configured))
      }
      guard algorithm.fits(key) else { throw .doesNotFitKey(algorithm) }
      return algorithm
    }
    // RS256 comes before PS256 in the order of the cases: every server knows it.
    return try first(of: allCases.filter { $0.fits(key) }, listed)
  }

  /// The algorithm the key of a new account is to be made for, to sign proofs with.
  ///
  /// - Parameter listed: the server's `dpop_signing_alg_values_supported` (RFC 9449 §5.1).
  package static func forProofs(
    listed: [String]?
  ) throws(SigningAlgorithmFault) -> JWSAlgorithm {
    try first(of: [.es256, .edDSA, .ps256, .rs256], listed)
  }

  private static func first(
    of candidates: [JWSAlgorithm], _ listed: [String]?
  ) throws(SigningAlgorithmFault) -> JWSAlgorithm {
    let common = candidates.first { listed?.contains($0.rawValue) ?? true }
    guard let common else {
      throw .noneInCommon(listed: PrintableText((listed ?? []).joined(separator: ", ")))
    }
    return common
  }
}
