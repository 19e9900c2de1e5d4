import Attributes
import OAuth
import Platform
import TLS

@testable import Courier

/// The parts of a client, made without a network.
enum ClientFixture {
  static func job(_ lines: [String]) throws -> Job {
    let block = Array((["job=refresh", "account=work"] + lines).joined(separator: "\n").utf8)
    return try block.withUnsafeBytes { try Job(AttributeBlock($0)) }
  }

  static let issuer = "https://as.example"

  /// A server's document with `members` besides what every server has.
  static func metadata(_ members: String = "", issuer: String = issuer) throws -> ServerMetadata {
    let document =
      #"{"issuer":"\#(issuer)","authorization_endpoint":"\#(issuer)/a","#
      + #""token_endpoint":"\#(issuer)/token"\#(members)}"#
    return try ServerMetadata(validating: Array(document.utf8), issuer: try Issuer(issuer))
  }

  /// Header and claims of a signed token, unchecked.
  static func parts(_ token: String) throws -> (header: [String: JSONValue], [String: JSONValue]) {
    let parts = token.split(separator: ".").compactMap { Base64URL.decode($0) }
    guard parts.count == 3 else { throw TestFault("not a signed token: \(token)") }
    return (try JSONValue.object(parsing: parts[0]), try JSONValue.object(parsing: parts[1]))
  }

  static func isSigned(_ token: String, by key: PublicKey, _ algorithm: JWSAlgorithm) throws -> Bool
  {
    let parts = token.split(separator: ".")
    guard parts.count == 3, let signature = Base64URL.decode(parts[2]) else { return false }
    return OpenSSLCryptography().verify(
      algorithm: algorithm, key: JSONWebKey(JSONWebKey.Material(key)), signature: signature,
      over: Array("\(parts[0]).\(parts[1])".utf8))
  }

  static func pem(_ key: SigningKey) throws -> String {
    String(decoding: try key.pem(), as: UTF8.self)
  }

  /// A certificate of a client with its key.
  static func certificate() throws -> CertificateAndKey {
    let now = wallClockSeconds()
    return try SelfSignedCertificate.make(
      names: ["client.example"], addresses: [], validFrom: now - 60, validUntil: now + 3600,
      purpose: .client)
  }
}
