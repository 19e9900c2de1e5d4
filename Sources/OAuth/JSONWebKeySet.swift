/// Why a set of keys cannot be read.
package enum JSONWebKeySetFault: Error, Sendable, Equatable, CustomStringConvertible {
  case json(JSONFault)
  case keysMissing
  case tooManyKeys

  package var description: String {
    switch self {
    case .json(let fault): "the server's keys cannot be read: \(fault)"
    case .keysMissing: "the server's key document has no list of keys"
    case .tooManyKeys: "the server's key document has more than 256 keys"
    }
  }
}

/// The keys of a server (RFC 7517 §5).
package struct JSONWebKeySet: Sendable {
  /// The most keys read; servers have a handful.
  private static let maximumKeys = 256
  /// The most keys tried for a token that names none: each try costs a calculation.
  private static let maximumTries = 16

  package let keys: [JSONWebKey]
  /// Why the other members of the list are not used; they spoil nothing (RFC 7517 §5).
  package let skipped: [JSONWebKeyFault]

  /// No keys: by these nothing is signed.
  package static let none = JSONWebKeySet()

  private init() {
    keys = []
    skipped = []
  }

  package init(validating body: [UInt8]) throws(JSONWebKeySetFault) {
    let members: [String: JSONValue]
    do { members = try JSONValue.object(parsing: body) } catch { throw .json(error) }
    guard let values = members["keys"]?.arrayValue else { throw .keysMissing }
    guard values.count <= Self.maximumKeys else { throw .tooManyKeys }
    var keys: [JSONWebKey] = []
    var skipped: [JSONWebKeyFault] = []
    for value in values {
      do { keys.append(try JSONWebKey(value)) } catch { skipped.append(error) }
    }
    self.keys = keys
    self.skipped = skipped
  }

  /// The keys that may have signed a token with this header.
  ///
  /// A named key must be there; without a name every fitting key may be it, although a server with
  /// several is to name one (OpenID Connect Core 1.0 §10.1).
  func candidates(for header: JWS.Header) throws(SignatureFault) -> [JSONWebKey] {
    var candidates = keys
    if let keyID = header.keyID {
      candidates.removeAll { $0.keyID?.isIdentical(to: keyID) != true }
      guard !candidates.isEmpty else { throw .unknownKeyID(PrintableText(keyID)) }
    }
    candidates.removeAll { !$0.fits(header.algorithm) }
    guard !candidates.isEmpty else { throw .noKey(for: header.algorithm) }
    return Array(candidates.prefix(Self.maximumTries))
  }
}
