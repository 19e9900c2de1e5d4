/// 256 random bits that make one secret and are then gone.
///
/// It cannot be copied, so no two secrets of a sign-in can come from the same bits
/// (RFC 9700 §2.1.1, §4.7.1).
package struct Entropy: ~Copyable, Sendable {
  /// The length in bytes: 256 bits, as RFC 7636 §7.1 recommends.
  package static let length = 32

  private let bytes: [UInt8]

  /// Takes bytes fresh from the system's generator; `nil` unless there are exactly 32.
  package init?(_ bytes: [UInt8]) {
    guard bytes.count == Self.length else { return nil }
    self.bytes = bytes
  }

  /// The bits as 43 characters that need no encoding anywhere.
  consuming func spelled() -> String { Base64URL.encode(bytes) }
}

/// The value that binds an authorization response to its request (RFC 6749 §10.12).
package struct State: Sendable, Redacted {
  package let text: String

  package init(_ entropy: consuming Entropy) { text = entropy.spelled() }

  /// Whether the other value is this one, in a time that does not tell how much of it is right.
  package func matches(_ other: String) -> Bool { ConstantTime.equal(text, other) }
}

/// The value that binds an ID token to the request (OpenID Connect Core 1.0 §15.5.2).
package struct Nonce: Sendable, Redacted {
  package let text: String

  package init(_ entropy: consuming Entropy) { text = entropy.spelled() }

  /// Whether the other value is this one, in a time that does not tell how much of it is right.
  package func matches(_ other: String) -> Bool { ConstantTime.equal(text, other) }
}
