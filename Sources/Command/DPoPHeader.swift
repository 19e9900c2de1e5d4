import Attributes
import Platform

/// Tokens that are bound to a key: they are good only beside a proof (RFC 9449 §7.1).
extension TokenFormat {
  /// Whether a proof can be printed beside the token.
  var canHoldProof: Bool { self == .header || self == .headers || self == .json }

  /// What is to be said of a token that was printed without the proof it needs; nil where none is
  /// missing.
  func advice(for answer: AttributeBlock) -> String? {
    guard Self.isBound(answer), answer["dpop"] == nil, self != .idToken else { return nil }
    return "this token is good only with a proof for each request (DPoP): "
      + example(answer.string("account"))
  }

  /// The type as the `Authorization` field spells it, for a token that may stand there.
  ///
  /// - Throws: a usage error where the token needs a proof, and none was asked for.
  func authorizationScheme(_ answer: AttributeBlock) throws(Failure) -> StaticString {
    guard Self.isBound(answer) else {
      _ = try bearerToken(answer)
      return "Bearer"
    }
    guard answer["dpop"] == nil else { return "DPoP" }
    let account = answer.string("account")
    throw Failure(
      .invalidRequest,
      "the token\(account.map { " of \($0)" } ?? "") is of type DPoP: it needs a proof for the one"
        + " request it is sent with, so give that request", hint: example(account))
  }

  /// The proof, checked again: a signed token is printable ASCII.
  func proof(_ answer: AttributeBlock) throws(Failure) -> UnsafeRawBufferPointer? {
    guard Self.isBound(answer), let proof = answer["dpop"] else { return nil }
    guard !proof.isEmpty, proof.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else {
      throw Failure(.failed, "the proof holds something else than printable ASCII")
    }
    return proof
  }

  /// RFC 9449 §5: the type in any case, as all types are (RFC 6749 §5.1).
  private static func isBound(_ answer: AttributeBlock) -> Bool {
    answer.string("token_type")?.lowercased() == "dpop"
  }

  private func example(_ account: String?) -> String {
    let format = canHoldProof ? self : .header
    return "sallyport token \(account ?? "NAME") --format \(format.rawValue) --method GET --url URL"
  }
}
