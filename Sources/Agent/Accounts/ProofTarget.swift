import Attributes

/// The request a DPoP proof is for (RFC 9449 §4.2): its method, its URL, and the resource's nonce.
///
/// The courier judges them; here is only made sure that they are short text.
final class ProofTarget {
  /// Bytes of a method: those of HTTP have ten at most.
  private static let longestMethod = 32
  /// Bytes of a URL or a nonce: no server takes a longer request line or field.
  private static let longestValue = 8192

  let method: String
  let url: String
  let nonce: String?

  private init(method: String, url: String, nonce: String?) {
    self.method = method
    self.url = url
    self.nonce = nonce
  }

  /// Reads `method`, `url` and `dpop_nonce` of a request; nil when it has neither of the first two.
  static func read(_ request: AttributeBlock) throws(Failure) -> ProofTarget? {
    if request["method"] == nil, request["url"] == nil { return nil }
    guard let method = text(request["method"], longest: longestMethod),
      let url = text(request["url"], longest: longestValue)
    else {
      throw Failure(.invalidRequest, "a proof needs a method and a url, in printable ASCII")
    }
    guard let bytes = request["dpop_nonce"] else {
      return ProofTarget(method: method, url: url, nonce: nil)
    }
    guard let nonce = text(bytes, longest: longestValue) else {
      throw Failure(.invalidRequest, "the dpop_nonce is empty, or holds more than printable ASCII")
    }
    return ProofTarget(method: method, url: url, nonce: nonce)
  }

  private static func text(_ value: UnsafeRawBufferPointer?, longest: Int) -> String? {
    guard let value, (1...longest).contains(value.count),
      value.allSatisfy({ $0 > 0x20 && $0 < 0x7F })
    else { return nil }
    return String(decoding: value, as: UTF8.self)
  }
}
