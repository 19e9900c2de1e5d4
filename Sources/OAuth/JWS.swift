/// Why a text is not a signed token that can be checked.
package enum JWSFault: Error, Sendable, Equatable, CustomStringConvertible {
  case tooLong
  case encrypted
  case malformed
  case header(JSONFault)
  case headerMember(String)
  case unknownAlgorithm(PrintableText)
  case critical

  package var description: String {
    switch self {
    case .tooLong: "the token is longer than 65000 bytes"
    case .encrypted: "the token is encrypted, which was not agreed on"
    case .malformed: "the token is not three parts in base64url"
    case .header(let fault): "the token's header cannot be read: \(fault)"
    case .headerMember(let name):
      "the token's header does not say in a form that can be used \(Self.meaning(of: name))"
    case .unknownAlgorithm(let name):
      "the token is signed with \"\(name)\", which is not an accepted algorithm"
    case .critical: "the token's header has extensions that must be understood and are not"
    }
  }

  private static func meaning(of member: String) -> String {
    member == "alg" ? "how it is signed (alg)" : "which key it is signed with (\(member))"
  }
}

/// A JSON Web Signature in its compact form (RFC 7515 §7.1), taken apart and not yet checked.
package struct JWS: Sendable {
  /// The part of the header that is believed.
  ///
  /// `jwk`, `jku`, `x5u` and `x5c` would let a token bring its own key and are not looked at
  /// (RFC 8725 §3.10).
  package struct Header: Sendable, Hashable {
    package let algorithm: JWSAlgorithm
    package let keyID: String?
  }

  package let header: Header
  package let payload: [UInt8]
  package let signature: [UInt8]
  /// The bytes the signature is over.
  package let signingInput: [UInt8]

  package init(compact text: String) throws(JWSFault) {
    guard text.utf8.count <= TokenResponse.maximumLength else { throw .tooLong }
    let parts = Array(text.utf8).split(
      separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    // Five parts are a JWE (RFC 7516 §9).
    guard parts.count != 5 else { throw .encrypted }
    guard parts.count == 3 else { throw .malformed }
    let decoded = parts.compactMap { Base64URL.decode(String(decoding: $0, as: UTF8.self)) }
    guard decoded.count == 3 else { throw .malformed }
    header = try Self.header(decoded[0])
    payload = decoded[1]
    signature = decoded[2]
    signingInput = Array(text.utf8.prefix(parts[0].count + 1 + parts[1].count))
  }

  private static func header(_ bytes: [UInt8]) throws(JWSFault) -> Header {
    let members: [String: JSONValue]
    do { members = try JSONValue.object(parsing: bytes) } catch { throw .header(error) }
    // No extension is understood here, so that none may be critical (RFC 7515 §4.1.11).
    guard members["crit"] == nil else { throw .critical }
    guard let name = members["alg"]?.stringValue else { throw .headerMember("alg") }
    guard let algorithm = JWSAlgorithm(rawValue: name) else {
      throw .unknownAlgorithm(PrintableText(name))
    }
    let keyID = members["kid"]
    guard keyID == nil || keyID?.stringValue != nil else { throw .headerMember("kid") }
    return Header(algorithm: algorithm, keyID: keyID?.stringValue)
  }

  /// Signs a token, as a server does, and as a client does for its assertions and proofs.
  ///
  /// - Parameter sign: the signature over the bytes it is given, in the form RFC 7518 §3 wants.
  /// - Throws: what `sign` throws.
  package static func compact<Failure: Error>(
    header: [String: JSONValue], payload: [String: JSONValue],
    sign: ([UInt8]) throws(Failure) -> [UInt8]
  ) throws(Failure) -> String {
    let parts = [header, payload].map { Base64URL.encode(JSONValue.object($0).serialized()) }
    let input = parts.joined(separator: ".")
    return "\(input).\(Base64URL.encode(try sign(Array(input.utf8))))"
  }
}
