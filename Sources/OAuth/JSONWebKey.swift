/// Why a key of a set is not used.
package enum JSONWebKeyFault: Error, Sendable, Equatable, CustomStringConvertible {
  case malformed
  case unknownType(PrintableText)
  case notForVerifying
  case weakRSA(bits: Int)
  case oversizeRSA

  package var description: String {
    switch self {
    case .malformed: "the key has a part that is missing or misspelled"
    case .unknownType(let type): "keys of type \(type) are not used"
    case .notForVerifying: "the key is not meant for checking signatures"
    case .weakRSA(let bits): "the rsa key has \(bits) bits, and fewer than 2048 are refused"
    case .oversizeRSA: "the rsa key is larger than 8192 bits or has an unusual exponent"
    }
  }
}

/// A public key for checking signatures (RFC 7517 §4, RFC 7518 §6, RFC 8037 §2).
package struct JSONWebKey: Sendable, Hashable {
  /// The fewest bits of an RSA key (RFC 7518 §3.3).
  private static let minimumBits = 2048
  /// The most bits of an RSA key: the time of a check grows with their square.
  private static let maximumBits = 8192
  /// The longest RSA exponent, in bytes, for the same reason; 65537 has three.
  private static let maximumExponent = 8

  package enum Curve: String, Sendable {
    case p256 = "P-256"
    case p384 = "P-384"
    case p521 = "P-521"

    /// The length of a coordinate in bytes (RFC 7518 §6.2.1.2).
    package var coordinateLength: Int {
      switch self {
      case .p256: 32
      case .p384: 48
      case .p521: 66
      }
    }
  }

  /// The numbers of a key, big-endian; those of RSA without leading zeros.
  package enum Material: Sendable, Hashable {
    case rsa(modulus: [UInt8], exponent: [UInt8])
    case ec(curve: Curve, x: [UInt8], y: [UInt8])
    case ed25519(publicKey: [UInt8])
  }

  /// `kid`: it selects a key and is nothing else (RFC 8725 §3.10).
  package let keyID: String?
  /// `alg`: the one algorithm the key is for; `nil` where it does not say.
  package let algorithm: String?
  package let material: Material

  /// Takes the public half of a key of our own.
  package init(_ material: Material, keyID: String? = nil, algorithm: JWSAlgorithm? = nil) {
    self.keyID = keyID
    self.algorithm = algorithm?.rawValue
    self.material = material
  }

  /// Reads one key; private parts are not looked at.
  package init(_ value: JSONValue) throws(JSONWebKeyFault) {
    guard let members = value.objectValue, let type = members["kty"]?.stringValue else {
      throw .malformed
    }
    guard members["use"]?.stringValue ?? "sig" == "sig" else { throw .notForVerifying }
    if let operations = members["key_ops"] {
      guard operations.stringsValue?.contains("verify") == true else { throw .notForVerifying }
    }
    keyID = members["kid"]?.stringValue
    algorithm = members["alg"]?.stringValue
    material =
      switch type {
      case "RSA": try Self.rsa(members)
      case "EC": try Self.ec(members)
      case "OKP": try Self.okp(members)
      default: throw .unknownType(PrintableText(type))
      }
  }

  /// Whether the key may check signatures of the algorithm (RFC 8725 §3.1).
  func fits(_ algorithm: JWSAlgorithm) -> Bool {
    (self.algorithm ?? algorithm.rawValue) == algorithm.rawValue && algorithm.fits(material)
  }

  private static func rsa(_ members: [String: JSONValue]) throws(JSONWebKeyFault) -> Material {
    let modulus = try bytes("n", in: members).drop { $0 == 0 }
    let exponent = try bytes("e", in: members).drop { $0 == 0 }
    let bits = modulus.count * 8 - (modulus.first?.leadingZeroBitCount ?? 0)
    guard bits >= minimumBits else { throw .weakRSA(bits: bits) }
    guard bits <= maximumBits, exponent.count <= maximumExponent else { throw .oversizeRSA }
    // An even number is no modulus and no exponent; an exponent of 1 lets everything pass.
    guard let last = modulus.last, !last.isMultiple(of: 2), let end = exponent.last,
      !end.isMultiple(of: 2), exponent.count > 1 || end > 1
    else { throw .malformed }
    return .rsa(modulus: Array(modulus), exponent: Array(exponent))
  }

  private static func ec(_ members: [String: JSONValue]) throws(JSONWebKeyFault) -> Material {
    let name = members["crv"]?.stringValue ?? ""
    guard let curve = Curve(rawValue: name) else {
      throw .unknownType(PrintableText("EC \(name)"))
    }
    let x = try bytes("x", in: members)
    let y = try bytes("y", in: members)
    guard x.count == curve.coordinateLength, y.count == curve.coordinateLength else {
      throw .malformed
    }
    return .ec(curve: curve, x: x, y: y)
  }

  private static func okp(_ members: [String: JSONValue]) throws(JSONWebKeyFault) -> Material {
    let name = members["crv"]?.stringValue ?? ""
    guard name == "Ed25519" else { throw .unknownType(PrintableText("OKP \(name)")) }
    let publicKey = try bytes("x", in: members)
    guard publicKey.count == 32 else { throw .malformed }
    return .ed25519(publicKey: publicKey)
  }

  private static func bytes(
    _ name: String, in members: [String: JSONValue]
  ) throws(JSONWebKeyFault) -> [UInt8] {
    guard let text = members[name]?.stringValue, !text.isEmpty,
      let bytes = Base64URL.decode(text)
    else { throw .malformed }
    return bytes
  }
}
